"""The command `swift-grpo`. Each subcommand imports what it needs when it runs, so that `--help` answers at once."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from swift_grpo import __version__
from swift_grpo.commands import data, inspect, runs, sample, score, scripts, story, sweep, terminal
from swift_grpo.commands import eval as eval_
from swift_grpo.commands.options import DEVICE, SERVER_FLAGS
from swift_grpo.commands.scripts import PASS_ON

JOBS = {
    "Prepare data": "data sample",
    "Train": "check launch sweep plugin last-checkpoint",
    "Evaluate": "eval score accuracy",
    "Look at a run": "inspect runs story report-card",
}
app = terminal.group("Train with GRPO in ms-swift: prepare data, check, launch, evaluate, inspect.", jobs=JOBS)
Plugin = Literal["plugin", "weight_sync", "tools", "environments"]
NoCheck = Annotated[list[str] | None, typer.Option(help="Skip a rule (ranges/beta) or subject (ranges). Repeatable.")]
Strict = Annotated[bool, typer.Option("--strict", help="Treat warnings and advice as errors.")]


def _version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def swift_grpo(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(context_settings=PASS_ON)
def launch(
    context: typer.Context,
    logs: Annotated[Path, typer.Option(help="Folder for logs; each start makes its own sub-folder.")],
    device: DEVICE = "gpu",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the commands, check them, and exit.")] = False,
    compact: Annotated[bool, typer.Option("--compact", help="Print a short line every few seconds.")] = False,
    no_check: NoCheck = None,
    strict: Strict = False,
    restarts: Annotated[int, typer.Option(min=0, help="Restarts after a crash, from the last checkpoint.")] = 0,
    stall_timeout: Annotated[
        float, typer.Option(min=1, help="End after this time and 10 median steps without progress.")
    ] = 600,
    curriculum: Annotated[
        int | None, typer.Option(min=1, help="Choose the rows again after each of this many steps.")
    ] = None,
    alert: Annotated[
        str, typer.Option(envvar="SWIFT_GRPO_ALERT", help="Gets JSON at the end and for each critical finding.")
    ] = "",
    stop_critical: Annotated[
        bool, typer.Option("--stop-critical", help="End at a critical finding of the diagnosis, with exit code 3.")
    ] = False,
    nodes: Annotated[str, typer.Option(help="Addresses of all machines; they meet at the first one, then start.")] = "",
    node: Annotated[int, typer.Option(min=0, help="Index of this machine in --nodes, from 0.")] = 0,
    meet_at: Annotated[int, typer.Option(min=1, max=65535, help="Port on the first machine where they meet.")] = 29501,
    meet_within: Annotated[float, typer.Option(min=1, help="Time to wait for the other machines.")] = 600,
) -> None:
    """Check and run a trainer and its rollout server.

    `::` separates the commands; the trainer is last. An empty last command (`swift rollout ... ::`) makes this a
    machine that only serves the trainers on the others.

    Example: swift-grpo launch --logs output/launches -- \\
        swift rollout --model MODEL --host 127.0.0.1 --port 8000 :: \\
        swift rlhf configs/train_single_gpu.yaml --rlhf_type grpo --model MODEL
    """
    import os

    from swift_grpo.commands import checking
    from swift_grpo.launch.alerts import target
    from swift_grpo.launch.command import show, split_commands

    os.environ.pop("SWIFT_GRPO_ALERT", None)  # it may hold a token, and the run's processes inherit the others
    if alert:
        target(alert)
    commands = split_commands(context.args)
    following = None
    if curriculum:
        from swift_grpo.data.stages import Stages

        stages = Stages(curriculum, commands[-1], nodes)
        first, following = stages.trainer if dry_run else stages.first(), stages.following
        if not first:
            terminal.say(f"no step is left to train in {stages.folder}")
            return
        commands[-1] = first
    present = [command for command in commands if command]
    if dry_run:
        print("\n\n".join(show(command) for command in present))
    checking.check_or_exit(present, device, no_check or (), strict, dry=dry_run, facts=dry_run)
    if not dry_run:
        from swift_grpo.launch import run

        place, suffix = _place(nodes, node, meet_at, meet_within) if nodes else None, f"-node{node}" if node else ""
        folder = run.new_folder(logs, suffix)
        code = run.launch(
            commands, folder, compact, restarts, place, alert, following, stop_critical, stall_timeout=stall_timeout
        )
        sys.exit(code)


def _place(nodes: str, node: int, port: int, patience: float):
    """This machine's place among those of the run; the key keeps two runs apart."""
    import os

    from swift_grpo.launch.interfaces import this_node
    from swift_grpo.launch.nodes import Place

    addresses = nodes.split(",")
    this_node(addresses, node)  # raises ValueError if this machine is not that one
    return Place(addresses, node, port, os.environ.get("SWIFT_GRPO_RUN", ""), patience)


@app.command(context_settings=PASS_ON)
def check(
    context: typer.Context,
    device: DEVICE = "gpu",
    no_check: NoCheck = None,
    strict: Strict = False,
    full: Annotated[
        bool, typer.Option("--full", help="Also build ms-swift's arguments, offline (10 to 40 s).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object: problems and estimates.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the rules and exit.")] = False,
    explain: Annotated[str, typer.Option(help="Print what a rule says, its fix and its reason, and exit.")] = "",
) -> None:
    """Check `swift ...` commands without running them.

    Reports all mistakes at once, each with its fix. An error gives exit code 2.

    Each problem ends with the id of its rule: --explain prints the reason, --no-check skips the rule.

    Examples:
      swift-grpo check -- swift rlhf configs/train_single_gpu.yaml \\
        --rlhf_type grpo --model MODEL
      swift-grpo check --explain ranges/beta
    """
    from swift_grpo.commands import checking
    from swift_grpo.launch.command import split_commands

    if listed:
        print(checking.listed())
        return
    if explain:
        print(checking.explained(explain))
        return
    checking.check_or_exit(split_commands(context.args), device, no_check or (), strict, full=full, as_json=as_json)


@app.command()
def last_checkpoint(
    output_dir: Annotated[Path, typer.Argument(help="OUTPUT_DIR of a recipe.")],
    to_resume: Annotated[
        bool, typer.Option("--to-resume", help="Only one that also has the optimizer's and the random state.")
    ] = False,
) -> None:
    """Print the newest complete checkpoint below a folder.

    Looks in every vN-<time> folder and skips a checkpoint that was only partly written. Exit code 2 if none is
    complete.

    Example:
      RESUME=$(swift-grpo last-checkpoint --to-resume output/train_single_gpu) \\
        bash scripts/train_single_gpu.sh
    """
    from swift_grpo.launch.checkpoints import last_checkpoint as newest

    print(newest(output_dir, to_resume))


@app.command()
def plugin(name: Annotated[Plugin, typer.Argument(help="For the trainer, the server, or both.")] = "plugin") -> None:
    """Print the path for ms-swift's --external_plugins.

    `plugin` has the rewards, `weight_sync` a rollout server's verified weight sync. `tools` has the tools that a policy
    calls, `environments` games; both are for both sides.

    Example:
      swift rlhf --rlhf_type grpo --model MODEL --dataset data/gsm8k.jsonl \\
        --external_plugins "$(swift-grpo plugin)" --reward_funcs math_accuracy
    """
    from swift_grpo.shipped import PLUGINS

    print(PLUGINS / f"{name}.py")


app.command(context_settings=SERVER_FLAGS)(sample.sample)
app.command(context_settings=SERVER_FLAGS)(sweep.sweep)
for command in (score.score, score.accuracy, story.story, story.report_card):
    app.command()(command)
for name, part in (
    ("data", data.app),
    ("eval", eval_.app),
    ("inspect", inspect.app),
    ("runs", runs.app),
    (None, scripts.app),
):
    app.add_typer(part, name=name)


def main() -> None:
    app()
