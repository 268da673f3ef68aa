"""What the command `sweep` does: the plan with its cost, the preflight, the runs, and the comparison at the end."""

import functools
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from swift_grpo.check.command import read_command
from swift_grpo.check.estimate import checkpoint_bytes, gigabytes
from swift_grpo.check.known_flags import known
from swift_grpo.check.output import kept_at_once
from swift_grpo.commands.terminal import mistake, say
from swift_grpo.launch.end import Stopped
from swift_grpo.launch.guard import OUT_OF_TIME, adopt_orphans
from swift_grpo.launch.sweep import Run, Sweep, read
from swift_grpo.launch.sweep_runs import (
    DONE,
    differences,
    environ,
    held,
    newest,
    perform,
    seconds_a_step,
    state,
)

STEPS = re.compile(r"^# ([\d,]+) steps;", re.MULTILINE)  # check/estimate.py workload
SHOWN = 3  # differing flags of a run that was begun otherwise
Costs = dict[str, tuple[int | None, float]]  # setting -> steps (None: not known) and bytes of the checkpoints of a run


def run(file: Path, dry_run: bool, stop_critical: bool, slurm: bool, only: int | None, words: list[str]) -> int:
    """The exit code of `swift-grpo sweep`. Raises OSError or ValueError for a mistake in the file or the options."""
    plan = read(file)
    if only is not None and only >= len(plan.runs):
        raise ValueError(f"--only {only}: {file} has {len(plan.runs)} runs, numbered from 0")
    if words and not slurm:
        raise ValueError(f"{words[0]}: words after -- are for sbatch, with --slurm")
    chosen, flags = plan.runs if only is None else [plan.runs[only]], ["--stop-critical"] * stop_critical
    busy = (
        f"{plan.output} is in use by another `swift-grpo sweep`, here or in a Slurm job; wait for its end, or stop it"
    )
    with held(plan.output / ".lock", shared=only is not None, refuse=busy):
        costs = _checked(plan, chosen)
        _show(plan, chosen, costs)
        if dry_run:
            return 0
        failed = [] if slurm else _run_all(plan, chosen, costs, flags)
    if slurm:  # after the lock, which a task takes at once
        return _submit(file, plan, flags, words)
    if only is None:
        _compare(plan)
    return 1 if failed else 0


def _checked(plan: Sweep, chosen: list[Run]) -> Costs:
    """What the runs cost. Ends with code 2 if the preflight refuses a setting, or a run was begun with another one."""
    costs: Costs = {}
    said: dict[str, list[str]] = {}  # a line of the preflight -> the settings that have it
    wrong: list[str] = []
    settings = {one.setting or one.name: one for one in reversed(chosen)}
    for number, (name, first) in enumerate(reversed(settings.items()), start=1):
        say(f"preflight {number} of {len(settings)}: {name}")
        words = ["bash", str(plan.recipe), "--dry-run", *first.flags]
        dry = subprocess.run(words, env=environ(first), capture_output=True, text=True)
        for line in dry.stderr.splitlines():
            if line.strip() and not line.startswith("# "):
                said.setdefault(line.removeprefix("swift-grpo: "), []).append(name)
        trainer = shlex.split(dry.stdout.strip().rpartition("\n\n")[2])
        command, _ = read_command(trainer, dict(os.environ), "gpu", known())
        if dry.returncode or not command:
            wrong.append(f"nothing was started: the preflight refuses {name}, see above")
            continue
        found = STEPS.search(dry.stderr)
        steps = int(found[1].replace(",", "")) if found else command.whole("max_steps")
        costs[first.setting] = steps, kept_at_once(command, steps) * checkpoint_bytes(command)
        for one in (one for one in chosen if one.setting == first.setting):
            if (then := state(one.folder).trainer) and (other := differences(then, trainer)):
                more = f" and {len(other) - SHOWN} more" * (len(other) > SHOWN)
                was = ", ".join(other[:SHOWN]) + more
                wrong.append(f"{one.folder} was begun with {was}; remove it, or name another output")
    for line, names in said.items():
        say(f"{'each run' if len(names) == len(settings) > 1 else ', '.join(names)}: {line}")
    for line in wrong:
        say(line)
    if wrong:
        sys.exit(2)
    return costs


# ---- the plan
def _show(plan: Sweep, chosen: list[Run], costs: Costs) -> None:
    left = [one for one in chosen if not state(one.folder).over]
    print(f"{len(chosen)} {'run' if len(chosen) == 1 else 'runs'} of {plan.recipe} in {plan.output}, {len(left)} to do")
    wide = max(len(one.name) for one in chosen)
    for one in chosen:
        steps, _ = costs[one.setting]
        print(f"  {one.name:<{wide}}  {steps or 'unknown':>7} steps  {state(one.folder).kind}")
    if not left:
        return
    need, free = sum(costs[one.setting][1] for one in left), shutil.disk_usage(plan.output).free
    print(f"time: {_time(plan, left, costs)}")
    size = f"at most {gigabytes(need)}" if need else "not known"
    print(f"disk: {size} for checkpoints to come, {gigabytes(free)} free", flush=True)
    if need > free:
        say("warning: the disk will be full before the last run; --save_total_limit and --save_only_model take less")


def _time(plan: Sweep, left: list[Run], costs: Costs) -> str:
    """The time of the runs that are left, from those of this sweep that are done, else from the recipe's own output."""
    own = Path("output", plan.recipe.stem)
    steps = [costs[one.setting][0] or 0 for one in left]
    for folders, source in (([one.folder for one in plan.runs], "done"), ([own], f"in {own}")):
        seconds = [found for folder in folders if (found := seconds_a_step(folder))]
        if seconds and all(steps):
            return f"about {_words(statistics.mean(seconds) * sum(steps))} (as {len(seconds)} {source})"
    return "known after the first run"


def _words(seconds: float) -> str:
    minutes = seconds / 60
    return f"{seconds:.0f} s" if minutes < 2 else f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


# ---- the runs
def _run_all(plan: Sweep, chosen: list[Run], costs: Costs, flags: list[str]) -> list[str]:
    """Perform the runs that are not over, one after another. Returns the names of those that failed."""
    adopt_orphans()  # what evaluates a run's checkpoints outlives the run
    failed: list[str] = []
    for number, one in enumerate(chosen, start=1):
        if state(one.folder).over:
            continue
        title = f"{number}/{len(chosen)} {one.name}"
        print(f"{title}: log {one.folder}/sweep.log", flush=True)
        try:
            end = perform(plan.recipe, one, flags, functools.partial(_progress, title))
        except Stopped as stop:
            done = sum(state(one.folder).over for one in chosen)
            say(f"stopped; {done} of {len(chosen)} runs are done, and the same command goes on")
            if stop.number == OUT_OF_TIME and newest(one.folder):
                subprocess.run(["scontrol", "requeue", _job()])
            sys.exit(128 + stop.number)
        _progress("", "")
        left = [later for later in chosen[number:] if not state(later.folder).over]
        told = f"{end.kind} after {_words(end.seconds)}" + (f": {end.cause}" if end.kind != DONE else "")
        print(f"{title}: {told}" + (f"; {len(left)} left: {_time(plan, left, costs)}" if left else ""), flush=True)
        failed += [] if end.over else [one.name]
    if failed:
        say(f"{len(failed)} of {len(chosen)} runs failed ({', '.join(failed)}); the same command tries them again")
    return failed


def _progress(title: str, line: str) -> None:
    """The run's newest line, in place of the one before; nothing where stdout is a file."""
    if sys.stdout.isatty():
        print("\r\033[K" + f"{title} {line}"[: shutil.get_terminal_size().columns - 1], end="", flush=True)


def _submit(file: Path, plan: Sweep, flags: list[str], words: list[str]) -> int:
    """One job array with a task for each run that is not over. Returns sbatch's exit code."""
    left = [str(index) for index, one in enumerate(plan.runs) if not state(one.folder).over]
    if not left:
        return 0
    program = shlex.join([str(Path(sys.executable).with_name("swift-grpo")), "sweep", str(file), *flags])
    array = ["--job-name=sweep", f"--array={','.join(left)}", f"--output={plan.output}/slurm-%a.log"]
    array += ["--requeue", "--open-mode=append", "--signal=B:USR1@300"]
    task = f"--wrap=exec {program} --only $SLURM_ARRAY_TASK_ID"
    return subprocess.run(["sbatch", *array, *words, task]).returncode


def _job() -> str:
    """This job's id. One task of an array has the array's own SLURM_JOB_ID, which names all of its tasks."""
    array, task = (os.environ.get(f"SLURM_ARRAY_{name}_ID") for name in ("JOB", "TASK"))
    return f"{array}_{task}" if task else os.environ["SLURM_JOB_ID"]


def _compare(plan: Sweep) -> None:
    """The table of the runs, and each setting against the best; a line if they cannot be compared."""
    from swift_grpo.commands import runs

    try:
        runs.list_([plan.output])
        if len({one.setting for one in plan.runs}) > 1:
            runs.diff([plan.output])
    except (ModuleNotFoundError, ValueError) as error:
        say(f"not compared: {mistake(error)}")
