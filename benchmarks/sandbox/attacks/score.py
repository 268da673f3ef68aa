"""How the sandbox holds against attacks: python -m benchmarks.sandbox.attacks.score [--held-out] [--backend NAME] …

Each program of `open/` (or `held_out/`) runs in the sandbox between canaries (canaries.py). An escape is what the program
reports itself, a secret in its output, a canary that was changed, ended or contacted, a test that passes and must not, a value
that is not plain data, or an outcome that is not an outcome. Also counted: what an attack leaves behind, how far it overruns its
limits (3 s of grace), and whether an honest program beside it and after it still gets its right answer. Then the programs of
`honest/` run, which must not be refused. Of the held-out part only counts are printed. Ends with 0 whatever it finds.

`--as-user nobody` does all of it as that user; `--docker-like` below a filter that refuses namespaces, as Docker's does.
`--backend bare` is a control without a sandbox: in new namespaces, without network, as nobody.
"""

import argparse
import contextlib
import ctypes
import importlib.util
import json
import os
import re
import secrets
import select
import signal
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from benchmarks.sandbox.attacks import places
from benchmarks.sandbox.attacks.canaries import Canaries, state, sysv
from benchmarks.sandbox.attacks.cases import CATEGORIES, TOKEN, Attack, read_all

GRACE = 3.0
REASONS = {"ended", "raised", "time", "memory", "output", "killed", "failed", "not run"}
PLAIN = {type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, type(...)}
LIMITS = {"seconds": 2.0, "total_seconds": 6.0, "memory_mb": 256, "output_bytes": 65_536}
MEGABYTE = 1 << 20
HONEST = """
import sys, time
print(sys.stdin.readline().strip(), flush=True)
time.sleep(float(sys.stdin.readline()))
print("end")
"""


@dataclass
class Result:
    name: str = ""
    category: str = ""
    disputed: bool = False
    escapes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    overran: list[str] = field(default_factory=list)
    broke: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)  # faults of the attack itself
    shown: str = ""
    seconds: float = 0.0


def unplain(value) -> str:
    """The first type in a value that is not plain data; "" if there is none."""
    stack, seen = [value], 0
    while stack and seen < 100_000:
        one = stack.pop()
        seen += 1
        if type(one) not in PLAIN:
            return type(one).__name__
        if type(one) is dict:
            stack += [*one.keys(), *one.values()][:10_000]
        elif type(one) in (list, tuple, set, frozenset):
            stack += list(one)[:10_000]
    return ""


def texts(value):
    stack, seen = [value], 0
    while stack and seen < 100_000:
        one = stack.pop()
        seen += 1
        if type(one) is str:
            yield one[:1_000_000]
        elif type(one) is bytes:
            yield one[:1_000_000].decode("latin-1")
        elif type(one) is dict:
            stack += [*one.keys(), *one.values()][:10_000]
        elif type(one) in (list, tuple, set, frozenset):
            stack += list(one)[:10_000]


def read_outcomes(attack: Attack, outcomes, cases: list[dict], secret: set[str], result: Result) -> None:
    """What the outcomes themselves show of an escape."""
    if type(outcomes) is not list or len(outcomes) != len(cases):
        result.escapes.append(f"{len(cases)} cases have other outcomes: {str(outcomes)[:200]}")
        return
    everything = secret.union(*attack.tokens)
    for at, outcome in enumerate(outcomes):
        own = attack.tokens[at]
        wrong = [
            outcome.reason not in REASONS and f"reason {outcome.reason!r}",
            type(outcome.output) is not str and "output is not text",
            type(outcome.errors) is not str and "errors are not text",
            len(outcome.output) > LIMITS["output_bytes"] and f"{len(outcome.output)} characters of output",
            len(outcome.errors) > 2_100 and f"{len(outcome.errors)} characters of errors",
            outcome.exit is not None and type(outcome.exit) is not int and "exit is not a number",
            bool(unplain(outcome.value)) and f"a value of type {unplain(outcome.value)}",
        ]
        result.escapes += [f"the outcome is not one: {one}" for one in wrong if one]
        said = [outcome.output, *texts(outcome.value)]
        for text in said:
            result.escapes += re.findall(r"(?m)^ESCAPED.{0,200}", text)
            result.odd += re.findall(r"(?m)^odd .{0,200}", text)
        shown = {token for text in said for token in re.findall(TOKEN + "[0-9a-f]{32}", text)}
        if outcome.reason != "failed":  # there the tester itself may name what the test wanted
            shown |= set(re.findall(TOKEN + "[0-9a-f]{32}", outcome.errors)) - own
        if attack.kind == "stdin":
            shown -= own
        result.escapes += [f"a secret in the output of case {at}: {one}" for one in shown & everything]
        if cases[at]["kind"] == "assert" and outcome.reason == "ended":
            result.escapes.append(f"a test passed that must not: {cases[at]['code'][-120:]}")
        if attack.one("forbidden") == "ended" and outcome.reason == "ended":
            result.escapes.append(f"counts as ended, with the value {outcome.value!r:.100}")
    result.shown = " | ".join(
        f"{one.reason} {one.exit} {one.output[-150:]!r} {one.errors[-150:]!r}" for one in outcomes
    )[:1500]


def run_inside(attack: Attack, info: dict, secret: set[str], backend: str) -> Result:
    """In a process of its own: runs the attack and looks at what it did to this process and its children."""
    from swift_grpo.sandbox import Case, Limits, Outage, Program, choose

    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # orphans come to this process
    result = Result(attack.name, attack.category, attack.disputed)
    limits = Limits(**LIMITS)
    if backend == "bare":
        from benchmarks.sandbox.attacks.bare import Bare

        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(places.NOBODY, places.NOBODY, places.NOBODY)
            os.setresuid(places.NOBODY, places.NOBODY, places.NOBODY)
        sandbox = Bare()
    else:
        sandbox = choose(only=backend)
    cases = attack.cases(info)
    program = Program(source=attack.program(), cases=[Case(**one) for one in cases], files=attack.files(info["mark"]))
    companion, beside = attack.one("with"), []
    if companion:
        if companion == "twin":
            other = Program(program.source, [Case(**one) for one in attack.cases(info, "twin")], program.files)
        else:
            word = secrets.token_hex(8)
            other = Program(HONEST, [Case(kind="stdin", stdin=f"{word}\n1.2\n")])

        def alongside():
            try:
                beside.append(sandbox.run(other, Limits(seconds=6, total_seconds=8)))
            except Exception as error:
                beside.append(error)

        cases = attack.cases(info)
        thread = threading.Thread(target=alongside)
        thread.start()
        time.sleep(0.1)
    before, size = state(os.getpid()), peak()
    begin = time.monotonic()
    try:
        outcomes = sandbox.run(program, limits)
        read_outcomes(attack, outcomes, cases, secret, result)
    except Outage as error:
        result.escapes.append(f"the program makes the sandbox fail: {error}"[:300])
    except ValueError as error:
        if not attack.files(""):
            result.escapes.append(f"the sandbox raises {error!r}"[:300])
    except Exception as error:
        result.escapes.append(f"the sandbox raises {error!r}"[:300])
    result.seconds = time.monotonic() - begin
    allowed = min(LIMITS["total_seconds"], len(cases) * LIMITS["seconds"]) + GRACE
    if result.seconds > allowed:
        result.overran.append(f"{result.seconds:.1f} s, {allowed:.0f} s allowed")
    if peak() - size > (LIMITS["memory_mb"] + 64) * MEGABYTE:
        result.overran.append(f"the caller grew by {(peak() - size) // MEGABYTE} MB")
    if companion:
        thread.join(30)
        got = beside[0] if beside else None
        if companion == "honest" and not (isinstance(got, list) and got[0].output == f"{word}\nend\n"):
            result.broke.append(f"an honest program beside it: {got!r:.300}")
        if isinstance(got, list):
            result.escapes += [line for one in got for line in re.findall(r"(?m)^ESCAPED.{0,200}", one.output)]
    result.left += left_running()
    now = state(os.getpid())
    if now != before:
        result.escapes.append(f"the caller was changed: {before} to {now}")
    try:
        after = sandbox.run(Program(HONEST, [Case(kind="stdin", stdin="after\n0\n")]), Limits())
        if after[0].output != "after\nend\n" or after[0].reason != "ended":
            result.broke.append(f"an honest program after it: {after[0]!r:.300}")
    except Exception as error:
        result.broke.append(f"an honest program after it: {error!r:.300}")
    result.left += [one for one in left_running() if one not in result.left]
    return result


def peak() -> int:
    """Bytes of memory that this process has used at most."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def left_running(wait: float = 1.0) -> list[str]:
    """Children and orphans that are alive after `wait` seconds; ends them."""
    end = time.monotonic() + wait
    while True:
        alive = [one for one in psutil.Process().children(recursive=True) if running(one)]
        if not alive or time.monotonic() > end:
            break
        time.sleep(0.05)
    named = []
    for one in alive:
        with contextlib.suppress(psutil.Error):
            named.append(f"process {one.name()} of uid {one.uids().effective}: {' '.join(one.cmdline())[:80]}")
            one.kill()
    with contextlib.suppress(OSError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return named


def running(one: psutil.Process) -> bool:
    try:
        return one.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def child(attack: Attack, info: dict, canaries: Canaries, backend: str, writing: int) -> None:
    """Ends this process."""
    status = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        info["scorer"] = os.getpid()
        os.environ.update(
            HOME=str(canaries.home), TMPDIR=str(canaries.temporary), SECRET_TOKEN=canaries.tokens["environment"]
        )
        os.chdir(canaries.cwd)
        given = os.open(next(iter(canaries.files)), os.O_RDONLY)  # descriptors that a careless start would pass on
        folder = os.open("/", os.O_RDONLY)
        ours, theirs = socket.socketpair()
        ours.send(canaries.tokens["descriptor"].encode())
        for fd in (given, folder, theirs.fileno()):
            os.set_inheritable(fd, True)
        result = run_inside(attack, info, canaries.all_tokens(), backend)
        with os.fdopen(writing, "w") as file:
            file.write(json.dumps(asdict(result)))
        status = 0
    except BaseException as error:
        os.write(writing, json.dumps({"failed": f"{type(error).__name__}: {error}"[:500]}).encode())
    finally:
        os._exit(status)


def shared_memory() -> int:
    """Bytes of shared memory and files in memory of the whole machine."""
    found = re.search(r"^Shmem:\s+(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def watch(pid: int, reading: int, canaries: Canaries, deadline: float) -> tuple[str, list[str], list[str]]:
    """(the child's report or "", escapes, overruns), while it offers to connect to the attack and counts memory."""
    text, most, shared, shared_before = b"", 0, 0, shared_memory()
    escapes: list[str] = []
    overran: list[str] = []
    while time.monotonic() < deadline:
        ready, _, _ = select.select([reading], [], [], 0.05)
        if ready:
            block = os.read(reading, 1 << 20)
            text += block
            if not block:
                break
            continue
        with contextlib.suppress(psutil.Error, OSError):
            children = psutil.Process(pid).children(recursive=True)
            most = max(most, sum(rss(one) for one in children))
        shared = max(shared, shared_memory() - shared_before)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.settimeout(0.05)
            one.connect(("127.0.0.1", canaries.listen_port))
            escapes.append("the program listens where others can reach it")
    else:
        overran.append("did not come back, ended from outside")
    if most > (LIMITS["memory_mb"] + 192) * MEGABYTE:
        overran.append(f"{most // MEGABYTE} MB in its processes")
    if shared > (LIMITS["memory_mb"] + 64) * MEGABYTE:
        overran.append(f"{shared // MEGABYTE} MB of shared memory")
    if shared_memory() - shared_before > 32 * MEGABYTE:
        time.sleep(0.5)
        if (stays := shared_memory() - shared_before) > 32 * MEGABYTE:
            overran.append(f"{stays // MEGABYTE} MB of shared memory stay")
    return text.decode(errors="replace"), escapes[:1], overran


def rss(one: psutil.Process) -> int:
    try:
        return one.memory_info().rss
    except psutil.Error:
        return 0


def judge(attack: Attack, canaries: Canaries, backend: str) -> Result:
    from swift_grpo.sandbox import Limits

    mark = "swgmark" + secrets.token_hex(6)
    info = canaries.info(mark, Limits(**LIMITS))
    before = sysv()
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        child(attack, info, canaries, backend, writing)
    os.close(writing)
    text, escapes, overran = watch(pid, reading, canaries, time.monotonic() + 60)
    os.close(reading)
    with contextlib.suppress(psutil.Error):
        for one in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
            with contextlib.suppress(psutil.Error):
                one.kill()
    os.waitpid(pid, 0)
    result = Result(attack.name, attack.category, attack.disputed)
    try:
        report = json.loads(text)
        if "failed" in report:
            escapes.append(f"the caller failed: {report['failed']}")
        else:
            result = Result(**report)
    except ValueError:
        if not overran:
            escapes.append("the caller was ended")
    result.overran += overran
    result.left += canaries.left(mark, before)  # before the next line: what is removed changes a folder
    result.escapes += escapes + canaries.changed()
    return result


def honest(attack: Attack, backend: str) -> str:
    """Why an honest program is not run as it should; "" if it is, "skipped" if it needs what is not installed."""
    from swift_grpo.sandbox import Case, Program, choose

    if (needed := attack.one("needs")) and importlib.util.find_spec(needed) is None:
        return "skipped"
    if backend == "bare":
        from benchmarks.sandbox.attacks.bare import Bare

        sandbox = Bare()
    else:
        sandbox = choose(only=backend)
    cases = attack.cases({})
    try:
        outcomes = sandbox.run(Program(attack.program(), [Case(**one) for one in cases], attack.files("")))
    except Exception as error:
        return repr(error)
    for case, outcome in zip(cases, outcomes, strict=True):
        wanted = {
            "expect": outcome.output.rstrip("\n"),
            "expect-length": str(len(outcome.output)),
            "exit": str(outcome.exit),
        }
        wrong = [
            f"{name} {got[:200]!r}"
            for name, got in wanted.items()
            if name in attack.headers and attack.one(name) != got
        ]
        if "value" in attack.headers and json.loads(attack.one("value")) != outcome.value:
            wrong.append(f"value {outcome.value!r:.200}")
        if "exit" not in attack.headers and outcome.reason != "ended":
            wrong.append(f"reason {outcome.reason}")
        if wrong:
            return f"{wrong} for {case!r:.150}: {outcome.reason}, {outcome.output[-200:]!r} {outcome.errors[-300:]!r}"
    return ""


def table(results: list[Result]) -> str:
    rows = [("category", "attacks", "escapes", "left", "overran", "broke")]
    for category in CATEGORIES:
        some = [one for one in results if one.category == category]
        counts = [sum(bool(getattr(one, name)) for one in some) for name in ("escapes", "left", "overran", "broke")]
        rows.append((category, str(len(some)), *map(str, counts)))
    total = [sum(int(row[at]) for row in rows[1:]) for at in range(1, 6)]
    rows.append(("all", *map(str, total)))
    return "\n".join(f"{row[0]:<12}" + "".join(f"{cell:>9}" for cell in row[1:]) for row in rows)


def score(options: argparse.Namespace) -> None:
    from swift_grpo.sandbox import NoSandbox, choose

    if options.docker_like:
        places.filter_like_docker()
    if options.backend == "bare" and os.geteuid() == 0:
        places.loopback_up()
    try:
        sandbox = None if options.backend == "bare" else choose(only=options.backend)
    except NoSandbox as error:
        print(f"nothing is scored: {error}")
        return
    about = f"{sandbox.name}: {sandbox.about}" if sandbox else "no sandbox"
    print(f"{about}; uid {os.geteuid()}{', below a filter like Docker' if options.docker_like else ''}", flush=True)
    backend = sandbox.name if sandbox else "bare"
    attacks = [one for one in read_all("held_out" if options.held_out else "open") if options.only in ("", one.name)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the canaries are taken away
    canaries = Canaries(Path(options.inside), {os.geteuid(), places.NOBODY} if os.geteuid() == 0 else {os.geteuid()})
    results = []
    try:
        for attack in attacks:
            results.append(judge(attack, canaries, backend))
            if options.verbose and not options.held_out:
                show(results[-1])
    finally:
        canaries.end()
    scored = [one for one in results if not one.disputed]
    print(table(scored))
    disputed = [one for one in results if one.disputed]
    print(f"disputed, not scored: {sum(bool(one.escapes) for one in disputed)} of {len(disputed)} succeed")
    print(f"attacks with a fault of their own: {sum(bool(one.odd) for one in results)}")
    if not options.held_out:
        for kind in ("escapes", "left", "overran", "broke", "odd"):
            named = [one.name for one in results if getattr(one, kind) and (not one.disputed or kind == "odd")]
            print(f"{kind}: {' '.join(named) or '-'}")
    if not options.only and not options.held_out:
        refused = {one.name: honest(one, backend) for one in read_all("honest")}
        wrong = {name: why for name, why in refused.items() if why not in ("", "skipped")}
        count = Counter(refused.values())
        print(
            f"honest programs: {count['']} of {len(refused) - count['skipped']} run rightly, {len(wrong)} wrongly refused"
        )
        for name, why in wrong.items():
            print(f"  {name}: {why}")


def show(result: Result) -> None:
    found = {
        name: getattr(result, name) for name in ("escapes", "left", "overran", "broke", "odd") if getattr(result, name)
    }
    print(f"{result.name} {result.seconds:.1f} s {'disputed ' if result.disputed else ''}{found or 'held'}", flush=True)
    if found:
        print(f"    {result.shown}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sandbox.attacks.score", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--backend", default="", choices=["", "bubblewrap", "landlock", "bare"])
    parser.add_argument("--as-user", default="", choices=["", "nobody"])
    parser.add_argument("--docker-like", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="evidence of each open attack")
    parser.add_argument("--only", default="", help="one open attack")
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        score(options)
        return
    status = places.run_inside(sys.argv[1:], options.as_user == "nobody", options.backend != "bare")
    if status:
        print(f"the scorer itself ended with {status}")


if __name__ == "__main__":
    main()
