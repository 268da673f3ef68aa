"""Runs a trainer and its servers until the trainer ends or a stop signal arrives."""

import contextlib
import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from swift_grpo.launch import guard, record
from swift_grpo.launch.alerts import Alerts
from swift_grpo.launch.causes import Cause, explain, killed_for_memory, tail
from swift_grpo.launch.checkpoints import last_checkpoint
from swift_grpo.launch.command import output_dir, title
from swift_grpo.launch.end import End, Stopped, failed_call
from swift_grpo.launch.nodes import Nodes, NodesFailed, Place
from swift_grpo.launch.process import Part, start
from swift_grpo.launch.progress import CompactOutput
from swift_grpo.launch.saving import SECONDS, can_save, save
from swift_grpo.launch.scratch import Scratch
from swift_grpo.launch.server import Answers, ServerFailed, wait_until_free, wait_until_healthy
from swift_grpo.launch.supervision import Supervision

LOOK_EVERY_SECONDS = 1.0
OTHERS_SECONDS = 3.0
LAST_SECONDS, SECONDS_TO_SEND = 2.0, 25.0  # for alerts: before the run is stopped, and after
REFUSED = re.compile(r"Server \d+ failed: 500")
Following = Callable[[], list[str] | None] | None
GUARD_SECONDS = guard.GRACE_SECONDS + 3  # after this long a guard itself is killed


def launch(
    commands: list[list[str]],
    folder: Path,
    compact: bool = False,
    restarts: int = 0,
    place: Place | None = None,
    alert: str = "",
    following: Following = None,
    stop_critical: bool = False,
    **how: Any,
) -> int:
    """Start every command but the last as a server (of rollouts, or a teacher: `swift deploy`), wait until it is healthy,
    then run the last, the trainer.

    The trainer's output goes to the terminal, with `compact` as one short line every few seconds. `how`: see
    Supervision. Logs, the exact commands, versions and the cause of the end go to `folder`. Returns the trainer's exit
    code, 1 if a server or a guard failed first, 128 + n after signal n. No process and no temporary file is left.

    After a crash everything restarts from the last complete checkpoint of this launch, at most `restarts` times, with
    logs in `folder`-restart1 and so on. Not after a stop signal, or if the cause would remain (causes.py).

    With a `place` this is one of several machines. They meet first, start training when all servers are healthy, and
    end together; the first decides whether all restart. An empty last command means that this machine only serves.

    `following`: the trainer's command of the next stage after one that ended well, None at the end of the run. Its logs
    get a new folder next to `folder`.

    With `stop_critical` a critical finding of the diagnosis ends the run with exit code 3.

    `alert`: see alerts.py. Of several machines the first one sends, and the others that they lost the first.
    """
    first = place is None or place.index == 0
    alerts = Alerts(alert, output_dir(commands[-1]) if first else None, folder, stop_critical)
    signal.pthread_sigmask(signal.SIG_BLOCK, guard.stop_signals())
    guard.adopt_orphans()  # of a killed guard
    begun = time.time()
    number = 0
    while True:
        into = folder.with_name(f"{folder.name}-restart{number}") if number else folder
        nodes = Nodes(place, commands, _pause) if place else None
        alerts.folder = into
        end, why = _once(commands, into, compact, nodes, alerts, following, **how)
        again = number < restarts and end.code != 0 and not end.stopped and (why is None or why.again)
        again = nodes.part(end, again) if nodes else again
        if end.stage:
            commands, folder = [*commands[:-1], end.stage], new_folder(folder.parent)
        elif first or (place and end.what.startswith(f"lost {place.name(0)}")):
            alerts.end(end, why, again)
        if not again and not end.stage:
            with contextlib.suppress(Stopped):
                alerts.settle(SECONDS_TO_SEND, _pause)
            return end.code
        if again:
            number += 1
            commands, since = resumed(commands, begun)
            if following and (stage := _of_stage(end, following).stage):  # it crashed behind a stage's last checkpoint
                commands = [*commands[:-1], stage]
            print(f"swift-grpo: restart {number} of {restarts}, from {since}", file=sys.stderr, flush=True)
        try:
            for server in commands[:-1]:
                wait_until_free(server, _pause)
        except Stopped as stop:
            return 128 + stop.number
        except ServerFailed as failure:
            print(f"swift-grpo: {failure}", file=sys.stderr)
            return 1


def resumed(commands: list[list[str]], begun: float) -> tuple[list[list[str]], str]:
    """The commands with the last complete checkpoint written since `begun` (seconds since 1970) to resume from, and its
    name. Without one the commands are unchanged, since an older checkpoint may be another run's."""
    *servers, trainer = commands
    if not trainer:
        return commands, "where the trainers go on"
    folder = output_dir(trainer)
    try:
        checkpoint = last_checkpoint(folder, to_resume=True, since=begun) if folder else None
    except ValueError:
        checkpoint = None
    if not checkpoint:
        return commands, "the beginning: no complete checkpoint yet"
    return [*servers, [*trainer, "--resume_from_checkpoint", str(checkpoint)]], str(checkpoint)


def _once(
    commands: list[list[str]],
    folder: Path,
    compact: bool,
    nodes: Nodes | None,
    alerts: Alerts,
    following: Following,
    **how: Any,
) -> tuple[End, Cause | None]:
    parts: list[Part] = []
    record.begin(folder, commands)
    end, scratch, killed = End(1, "the launcher failed"), Scratch(), killed_for_memory()
    try:
        end = _run(commands, folder, compact, parts, scratch, nodes, how | {"alerts": alerts})
        if following and end.code == 0:
            end = _of_stage(end, following)
    except Stopped as stop:
        if nodes:
            nodes.stop(stop.number)
        saved = _save(commands[-1], parts) if commands[-1] else _serve_on(nodes)
        end = End(128 + stop.number, f"stopped by {signal.Signals(stop.number).name}{saved}")
    except (ServerFailed, NodesFailed) as failure:
        end = End(getattr(failure, "code", 1), str(failure))
    finally:
        if nodes:
            nodes.tell(end)
        alerts.settle(LAST_SECONDS, time.sleep)  # what is on its way would be stopped below
        scratch.look(process for part in parts for process in part.family())
        _stop_all(parts)
        scratch.clear()
        why = explain(end.cause(), end.log) if end.code and not end.stopped else None
        more = {"why": why.words, "advice": why.advice} if why else {}
        record.end(folder, None if end.stage else end.code, end.cause(), **more)
    if end.code:
        summary = [f"{end.cause()}; logs in {folder}"]
        if killed_for_memory() > killed:
            summary.append("the kernel killed a process on this machine during the run because memory ran out")
        if why:
            summary += [f"which means: {why.words}", f"how to fix it: {why.advice}"]
        print("\n".join(f"swift-grpo: {line}" for line in summary + _where_it_got(commands[-1])), file=sys.stderr)
    return end, why


def _of_stage(end: End, following: Callable[[], list[str] | None]) -> End:
    """The end with the next stage's command, if one follows."""
    try:
        stage = following()
    except (ValueError, OSError) as error:
        return End(2, f"the next stage cannot begin: {error}")
    return replace(end, what="the stage ended, the next one begins", stage=stage) if stage else end


def _save(trainer: list[str], parts: list[Part]) -> str:
    """Save a checkpoint if the trainer can; a second stop signal ends at once. Returns the result in words."""
    if len(parts) == 0 or parts[-1].copier is None or not can_save(trainer):
        return ""
    print("swift-grpo: saving a checkpoint after this step; a second signal stops at once", file=sys.stderr, flush=True)
    try:
        return ", a checkpoint saved" if save(parts[-1], _pause) else ", no checkpoint saved"
    except Stopped:
        return " twice"


def _serve_on(nodes: Nodes | None) -> str:
    """On a machine that only serves: let the trainers finish their step and save; a second stop signal ends at once."""
    deadline = time.monotonic() + SECONDS
    try:
        while nodes and not nodes.look() and time.monotonic() < deadline:
            _pause(0.5)
    except Stopped:
        return " twice"
    return ""


def _where_it_got(trainer: list[str]) -> list[str]:
    """The last checkpoint of a run that did not finish, and how to resume."""
    folder = output_dir(trainer)
    if not folder:
        return []
    try:
        return [f"last complete checkpoint: {last_checkpoint(folder, to_resume=True)}; RESUME=auto resumes from it"]
    except ValueError:
        return []


def _run(
    commands: list[list[str]],
    folder: Path,
    compact: bool,
    parts: list[Part],
    scratch: Scratch,
    nodes: Nodes | None,
    how: dict[str, Any],
) -> End:
    """Start the commands, adding each to `parts`, then watch them."""
    if nodes:
        nodes.meet()
    answers: list[Answers] = []
    for command in commands[:-1]:
        kind = "teacher" if title(command) == "swift deploy" else "rollout"
        log = folder / f"{kind}{sum(part.log.name.startswith(kind) for part in parts) or ''}.log"
        server = start(
            "the teacher" if kind == "teacher" else "the rollout server", command, log, environ=scratch.environ
        )
        parts.append(server)
        if not wait_until_healthy(server, command, _pause):
            return _ended(server)
        answers.append(Answers(command))
    if nodes:
        nodes.served()
    if compact and len(commands) > 1:
        print("swift-grpo: the trainer is loading (usually half a minute, more for a large model)", flush=True)
    show = CompactOutput(lambda: [one.state for one in answers]).feed if compact else bytes
    trainer = commands[-1]
    if trainer:
        parts.append(start(title(trainer), trainer, folder / "train.log", show, scratch.environ))
    watches = nodes is None or nodes.first  # steps and checkpoints are written there
    supervision = Supervision(parts, answers, scratch, output_dir(trainer) if watches else None, **how)
    return _watch(parts, bool(trainer), supervision, nodes)


def _watch(parts: list[Part], trains: bool, supervision: Supervision, nodes: Nodes | None) -> End:
    """Wait until the trainer (the last part, if `trains`) ends, or a part or another node fails."""
    servers, trainer = (parts[:-1], parts[-1]) if trains else (parts, None)
    while trainer is None or trainer.process.poll() is None:
        for part in parts:
            if part.fault() and (trainer is None or trainer.process.poll() is None):
                return _ended(part)
        if nodes and (end := nodes.look()):
            return end
        if fault := supervision.look():
            return End(fault.code, fault.what, fault.log)
        _pause(LOOK_EVERY_SECONDS)
    # A failed server or node makes the trainer fail too, often before the next look.
    if not trainer.process.returncode:
        return _ended(trainer)
    broken = [server for server in servers if server.fault()]
    if not broken and (end := _refused(servers, trainer)):
        return end
    if not broken and nodes and (end := nodes.hear(OTHERS_SECONDS)):
        return End(end.code, f"{end.what}; after that, here: {_ended(trainer).cause()}")
    return _ended(broken[0] if broken else trainer)


def _refused(servers: list[Part], trainer: Part) -> End | None:
    """The end of a trainer to which one of the servers here answered 500 (rlhf_trainers/vllm_client.py), with the
    exception in that server's log: the trainer's has only "Internal Server Error"."""
    if REFUSED.search(tail(trainer.log)):
        for server in servers:
            if said := failed_call(server.log):
                return End(_ended(trainer).code, f"{server.title} failed: {said} ({server.log.name})")
    return None


def _ended(part: Part) -> End:
    code = part.process.poll()
    if code == 0 and part.copier:  # only the trainer's output is copied
        return End(0, "finished")
    if part.copier is None or code is None:
        code = 1
    return End(code if code > 0 else 128 - code, f"{part.title} {part.fault()}", part.log)


def _pause(seconds: float) -> None:
    """Sleep, unless a stop signal arrives."""
    if number := guard.received(guard.stop_signals(), seconds):
        raise Stopped(number)


def _stop_all(parts: list[Part]) -> None:
    """Stop the trainer first, so that it does not report a lost server. A second Ctrl-C is passed on and kills."""
    for part in reversed(parts):
        part.stop()
        deadline = time.monotonic() + GUARD_SECONDS
        while part.process.poll() is None:
            if guard.received(guard.stop_signals(), 0.1):
                part.process.terminate()
            if time.monotonic() > deadline or guard.standing_still(psutil.Process(part.process.pid)):
                part.process.kill()
    guard.stop_descendants()  # what a killed guard left
    for part in parts:
        if part.copier:
            part.copier.join(timeout=5)  # its pipe has no writer left


def new_folder(parent: Path, suffix: str = "") -> Path:
    """A new folder in `parent`, named after the time; a second start in the same second gets `-2`."""
    name, number = time.strftime("%Y%m%d-%H%M%S") + suffix, 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder
