"""The scorer of attacks notices what gets through: benchmarks/sandbox/attacks."""

import os
import socket
import time
from pathlib import Path

import pytest

from benchmarks.sandbox.attacks import score
from benchmarks.sandbox.attacks.canaries import Canaries, sysv
from benchmarks.sandbox.attacks.cases import CATEGORIES, Attack, new_token, read_all
from swift_grpo.sandbox import Outcome

PARTS = {part: read_all(part) for part in ("open", "held_out", "honest")}


def test_the_set_is_whole():
    """Two thirds open, one third held out, none in both, all categories."""
    counts = {part: len(attacks) for part, attacks in PARTS.items()}
    assert counts["open"] + counts["held_out"] >= 130 and counts["honest"] >= 20
    assert abs(counts["open"] - 2 * counts["held_out"]) <= 2
    names = [one.name for part in ("open", "held_out") for one in PARTS[part]]
    assert len(names) == len(set(names))
    assert {one.category for one in PARTS["open"]} == {one.category for one in PARTS["held_out"]} == set(CATEGORIES)
    assert {one.kind for one in PARTS["open"]} == {"stdin", "call", "assert"}
    assert all(one.one("attack") for part in ("open", "held_out") for one in PARTS[part])


def found(kind: str, outcome: Outcome, secret: str = "", **headers: list[str]) -> list[str]:
    attack = Attack("x", "", {"kind": [kind], "test": ["assert f() == '{token}'"], **headers})
    cases = attack.cases({"a": 1})
    result = score.Result()
    score.read_outcomes(attack, [outcome], cases, {secret} - {""}, result)
    return result.escapes


@pytest.mark.parametrize(
    ("kind", "outcome", "count"),
    [
        ("stdin", Outcome("ended", 0, "held\n"), 0),
        ("stdin", Outcome("ended", 0, "xESCAPED in the middle of a line"), 0),
        ("stdin", Outcome("ended", 0, "a\nESCAPED read /etc/passwd: root"), 1),
        ("stdin", Outcome("ended", 0, "x" * 70_000), 1),
        ("stdin", Outcome("done", 0, ""), 1),
        ("stdin", Outcome("ended", 0, "", "e" * 3_000), 1),
        ("call", Outcome("ended", 0, value=[1, {"a": (2.5, None)}]), 0),
        ("call", Outcome("ended", 0, value=[1, {"a": object()}]), 1),
        ("call", Outcome("ended", 0, value={"a": ["ESCAPED by a value"]}), 1),
        ("assert", Outcome("failed", 1), 0),
        ("assert", Outcome("raised"), 0),
        ("assert", Outcome("ended", 0), 1),
    ],
)
def test_what_an_outcome_shows(kind, outcome, count):
    assert len(found(kind, outcome)) == count


def test_a_secret_in_the_output_is_an_escape_and_the_own_input_is_not():
    secret = new_token()
    assert found("stdin", Outcome("ended", 0, f"a {secret} b"), secret)
    assert found("call", Outcome("ended", 0, value=[secret.encode()]), secret)
    assert not found("stdin", Outcome("ended", 0, new_token()), secret)
    attack = Attack("x", "", {"kind": ["stdin"], "stdin": ["{token}", "other"]})
    cases = attack.cases({})
    own = cases[0]["stdin"].strip()
    for outputs, count in (((own, ""), 0), (("", own), 1)):
        result = score.Result()
        score.read_outcomes(attack, [Outcome("ended", 0, text) for text in outputs], cases, set(), result)
        assert len(result.escapes) == count


def test_a_lost_outcome_and_a_status_that_must_not_be():
    attack = Attack("x", "", {"kind": ["call"], "calls": ["2"], "forbidden": ["ended"]})
    cases = attack.cases({})
    for outcomes, count in (([Outcome("ended", 0)] * 2, 2), ([Outcome("killed")] * 2, 0), ([Outcome("killed")], 1)):
        result = score.Result()
        score.read_outcomes(attack, outcomes, cases, set(), result)
        assert len(result.escapes) == count


@pytest.fixture
def canaries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    planted = Canaries(Path(__file__).parents[2], {os.geteuid()})
    yield planted
    planted.end()


@pytest.mark.slow
def test_canaries_notice_what_is_done_to_them(canaries):
    assert canaries.changed() == []
    secret, *_, module = canaries.files
    os.utime(secret, (1, 1))
    module.chmod(0o600)
    canaries.victims[0].process.kill()
    canaries.victims[0].process.wait()
    socket.create_connection(("127.0.0.1", canaries.facts["port"])).close()
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", canaries.facts["udp_port"]))
    socket.socket(socket.AF_UNIX).connect("\0" + canaries.facts["abstract"])
    time.sleep(0.05)
    faults = canaries.changed()
    assert len(faults) == 6, faults
    assert canaries.changed() == []  # all of it is put back
    os.setpriority(os.PRIO_PROCESS, canaries.victims[0].process.pid, 5)
    assert "was changed" in canaries.changed()[0]
    before = sysv()
    (canaries.home / "swgmarktest-left").write_text("x")
    (canaries.temporary / "of-the-sandbox").mkdir()
    assert len(canaries.left("swgmarktest", before)) == 2
    assert canaries.left("swgmarktest", before) == []


ATTACKS = {
    "quiet": ("say('nothing')", []),
    "reads": ("attempts('read', read, INFO['secrets'][:1])", ["escapes"]),
    "leaves": ("open('/tmp/' + INFO['mark'], 'w').close()", ["left"]),
    "daemon": ("os.fork() or __import__('time').sleep(30)", ["left"]),
    "late": ("os.fork() or (os.setsid(), __import__('time').sleep(4)); __import__('time').sleep(9)", ["left"]),
    "faulty": ("attempt('x', lambda: undefined_name)", ["odd"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_without_a_sandbox_are_counted(canaries, name):
    """Harmless ones, on the runner that holds nothing back."""
    body, wanted = ATTACKS[name]
    result = score.judge(Attack(name, body, {"category": ["files"], "kind": ["stdin"]}), canaries, "bare")
    assert [kind for kind in ("escapes", "left", "overran", "broke", "odd") if getattr(result, kind)] == wanted
    files = score.table([result]).splitlines()[1].split()
    assert files == ["files", "1", *(str(int(kind in wanted)) for kind in ("escapes", "left", "overran", "broke"))]


@pytest.mark.slow
def test_an_honest_program_that_is_refused_is_named():
    good = Attack("good", "print(input())", {"category": ["honest"], "stdin": ["x"], "expect": ["x"]})
    bad = Attack("bad", "print(1); raise OSError", {"category": ["honest"], "expect": ["1"]})
    wrong = Attack("wrong", "print(2)", {"category": ["honest"], "expect": ["1"]})
    assert [bool(score.honest(one, "bare")) for one in (good, bad, wrong)] == [False, True, True]
