"""The command `swift-grpo`. Each subcommand imports what it needs when it runs, so that `--help` answers at once."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from swift_grpo import __version__
from swift_grpo.commands import sampled
from swift_grpo.commands.data import app as data_app
from swift_grpo.commands.eval import app as eval_app
from swift_grpo.commands.inspect import app as inspect_app
from swift_grpo.commands.sampling_options import PASS_ON as PASS_ON_ALL
from swift_grpo.commands.scripts import PASS_ON
from swift_grpo.commands.scripts import app as plumbing_app
from swift_grpo.commands.terminal import line, or_exit

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich boxes take 0.15 s to import
)
app.add_typer(inspect_app, name="inspect")
app.add_typer(data_app, name="data")
app.add_typer(eval_app, name="eval")
app.command(context_settings=PASS_ON_ALL)(sampled.sample)
app.add_typer(plumbing_app)


Plugin = Literal["plugin", "weight_sync"]
NoCheck = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RULE", help="Leave out a rule (ranges/beta) or a subject (ranges): `swift-grpo check --list`."
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings and advice stop as errors do.")]


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
    """GRPO training with ms-swift: check, launch, evaluate, inspect."""


@app.command(context_settings=PASS_ON)
def launch(
    context: typer.Context,
    logs: Annotated[Path, typer.Option(help="Folder that gets a sub-folder of logs for this start.")],
    device: Annotated[str, typer.Option(help="gpu, or cpu for the CPU backend.")] = "gpu",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the commands, check them, and exit.")] = False,
    compact: Annotated[
        bool, typer.Option("--compact", help="One short line every few seconds; the log has all.")
    ] = False,
    no_check: NoCheck = None,
    strict: Strict = False,
    restarts: Annotated[
        int, typer.Option(min=0, help="After a crash go on from the last complete checkpoint, at most so often.")
    ] = 0,
    stall_timeout: Annotated[
        float, typer.Option(min=1, help="Seconds without progress that end the run, if 10 median steps are not longer.")
    ] = 600,
    nodes: Annotated[
        str, typer.Option(help="Addresses of all machines, comma-separated; all meet at the first before they begin.")
    ] = "",
    node: Annotated[int, typer.Option(min=0, help="Which of them this one is.")] = 0,
    meet_at: Annotated[int, typer.Option(min=1, max=65535, help="The port of the first that they meet at.")] = 29501,
    meet_within: Annotated[float, typer.Option(min=1, help="Seconds to wait for the others.")] = 600,
) -> None:
    """Check and run a trainer, and before it the rollout server it needs.

    A last command that is empty (`swift rollout ... ::`) is a machine that serves for the trainers on the others.

    Example: swift-grpo launch --logs output/launches -- swift rollout ... --host 127.0.0.1 --port 8000 :: swift rlhf ...
    """
    from swift_grpo.commands import checking
    from swift_grpo.launch.command import show, split_commands

    commands = split_commands(context.args)
    present = [command for command in commands if command]
    if dry_run:
        print("\n\n".join(show(command) for command in present))
    checking.check_or_exit(present, device, checking.Asked(no_check or [], strict, dry=dry_run, facts=dry_run))
    if not dry_run:
        from swift_grpo.launch import run

        place, suffix = _place(nodes, node, meet_at, meet_within) if nodes else None, f"-node{node}" if node else ""
        folder = run.new_folder(logs, suffix)
        sys.exit(run.launch(commands, folder, compact, restarts, place, stall_timeout=stall_timeout))


def _place(nodes: str, node: int, port: int, patience: float):
    """Where this machine is among those of the run; the key keeps two runs apart."""
    import os

    from swift_grpo.launch.interfaces import this_node
    from swift_grpo.launch.nodes import Place

    addresses = nodes.split(",")
    or_exit(this_node, addresses, node)
    return Place(addresses, node, port, os.environ.get("SWIFT_GRPO_RUN", ""), patience)


@app.command(context_settings=PASS_ON)
def check(
    context: typer.Context,
    device: Annotated[str, typer.Option(help="gpu, or cpu for the CPU backend.")] = "gpu",
    no_check: NoCheck = None,
    strict: Strict = False,
    full: Annotated[
        bool, typer.Option("--full", help="Also build ms-swift's own arguments, without a network (10 to 40 s).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: problems and estimates.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the rules and exit.")] = False,
    explain: Annotated[
        str, typer.Option(metavar="RULE", help="Print what a rule says, its fix and its reason; exit.")
    ] = "",
) -> None:
    """Check `swift ...` commands without running them: all mistakes at once, each with its fix; exit code 2.

    Each problem ends with the id of its rule: --explain has its reason, --no-check leaves it out.

    Example: swift-grpo check -- swift rlhf configs/train_single_gpu.yaml --rlhf_type grpo --model Qwen/Qwen2.5-7B-Instruct

    Example: swift-grpo check --explain ranges/beta
    """
    from swift_grpo.commands import checking
    from swift_grpo.launch.command import split_commands

    if listed:
        print(checking.listed())
        return
    if explain:
        print(or_exit(checking.explained, explain))
        return
    asked = checking.Asked(no_check or [], strict, full=full, as_json=as_json, facts=True)
    checking.check_or_exit(split_commands(context.args), device, asked)


@app.command()
def last_checkpoint(
    output_dir: Annotated[Path, typer.Argument(help="OUTPUT_DIR of a recipe.")],
    to_resume: Annotated[
        bool, typer.Option("--to-resume", help="Only one that has the optimizer's and the random state too.")
    ] = False,
) -> None:
    """Print the newest complete checkpoint below an output folder, whichever vN-<time> folder holds it.

    One that was cut off while it was written is passed over; exit code 2 and nothing printed if none is complete.

    Example: RESUME=$(swift-grpo last-checkpoint --to-resume output/train_single_gpu) bash scripts/train_single_gpu.sh
    """
    from swift_grpo.launch.checkpoints import last_checkpoint as newest

    print(or_exit(newest, output_dir, to_resume))


@app.command()
def score(
    file: Annotated[Path, typer.Argument(help="JSONL: a data set with completions, or ms-swift's completions.jsonl.")],
    rewards: Annotated[str, typer.Option(help="Names, separated by commas; `all` for every one.")] = "math_accuracy",
    plugin: Annotated[list[Path] | None, typer.Option(help="Python file that registers rewards of your own.")] = None,
    flag: Annotated[
        list[str] | None,
        typer.Option(help="A flag of ms-swift: cosine_max_len=2048. Comes before the log's own args.json."),
    ] = None,
    tokenizer: Annotated[str, typer.Option(help="Folder or hub id of the model, to count tokens by.")] = "",
    config: Annotated[
        Path | None, typer.Option(help="YAML of parameters; without it, what GRPO_REWARDS names.")
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Count the grader's reasons: wrong, no answer, gold unreadable, …")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Run rewards over completions: a table, the time each takes, and the completions that scored oddest.

    Parameters come from the flags of the run that wrote the log and from a YAML file, as in training. --json gives each row's
    values and the grader's verdict on it. Exit code 2 where no row can be scored.

    Example: swift-grpo score --rewards math_accuracy,r1_format output/demo/grpo/v0-*/completions.jsonl
    """
    import json
    import os

    from swift_grpo.commands import extras
    from swift_grpo.evaluation import score as scoring

    extras.need("rewards")
    if config:
        os.environ["GRPO_REWARDS"] = str(config)
    try:
        for path in plugin or []:
            scoring.load_plugin(path)
        rows, unreadable = scoring.read(file)
        if tokenizer:
            scoring.count_tokens(rows, tokenizer)
        flags = scoring.read_flags(file) | dict(map(scoring.flag_of, flag or []))
        scores = scoring.score(rows, scoring.names_of(rewards), flags)
    except (OSError, ValueError) as error:
        print(f"swift-grpo: {line(error)}", file=sys.stderr)
        sys.exit(2)
    if unreadable:
        print(f"swift-grpo: {unreadable} lines of {file} could not be read", file=sys.stderr)
    if as_json:
        print(json.dumps(scoring.for_a_program(scores, scoring.verdicts(rows))))
    else:
        from rich.console import Console

        scoring.show(scores, rows, Console())
        if why:
            scoring.show_reasons(scoring.reasons(scoring.verdicts(rows)), rows, Console())
    if problem := scoring.unscored(scores):
        print(f"swift-grpo: {problem}", file=sys.stderr)
        sys.exit(2)


@app.command()
def accuracy(
    results: Annotated[Path, typer.Argument(help="What `swift infer --result_path` wrote.")],
    questions: Annotated[Path, typer.Argument(help="The questions, with the golds in `solution`.")],
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Grade generated answers: accuracy with its 95% interval.

    Example: swift-grpo accuracy answers.jsonl held_out.jsonl
    """
    import dataclasses
    import json

    from swift_grpo.evaluation.infer_accuracy import accuracy as grade_all

    measured = or_exit(grade_all, results, questions)
    print(json.dumps(dataclasses.asdict(measured)) if as_json else measured)


@app.command()
def story(
    output_dir: Annotated[Path, typer.Argument(help="OUTPUT_DIR of the GRPO run.")],
    questions: Annotated[Path, typer.Argument(help="The held-out questions, with the golds in `solution`.")],
    stages: Annotated[
        list[str], typer.Argument(help="NAME=RESULTS, in order: what `swift infer` wrote at each stage.")
    ],
    watched: Annotated[
        Path | None, typer.Option(help="A row that was the run's --val_dataset: what was written to it, by step.")
    ] = None,
) -> None:
    """Tell a run's story: accuracy before and after, the reward curve, and completions by step.

    The accuracies are kept in OUTPUT_DIR/story.json, which `inspect report` shows.

    Example: swift-grpo story output/demo/grpo held_out.jsonl before=a.jsonl after=b.jsonl
    """
    from swift_grpo.evaluation import report
    from swift_grpo.evaluation.infer_accuracy import accuracy as grade_all
    from swift_grpo.formats import evaluations

    named = dict(stage.split("=", 1) for stage in stages)
    measured = {name: or_exit(grade_all, Path(file), questions) for name, file in named.items()}
    print(report.accuracy_table(measured), end="\n\n")
    run = or_exit(report.newest_run, output_dir)
    evaluations.keep(run, questions.stem, {name: vars(one.estimate) for name, one in measured.items()})
    print("mean reward by step\n" + report.reward_curve(run), end="\n\n")
    if watched:
        print("\n".join(or_exit(report.followed, run, watched)))
    else:
        for step, samples in report.first_and_last(run).items():
            print("\n  ".join([step, *samples]))
    print(f"\nall completions: {run / 'completions.jsonl'}")


@app.command()
def report_card(
    run: Annotated[Path, typer.Argument(help="A vN folder, or OUTPUT_DIR of a recipe (its newest run).")],
    before: Annotated[Path | None, typer.Option(help="What `swift-grpo eval` wrote of the model before.")] = None,
    after: Annotated[Path | None, typer.Option(help="The same of the trained model, on the same questions.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Written with .md and .html. Default: RUN/report_card.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the card for a program to read; write nothing.")
    ] = False,
) -> None:
    """What was trained on what, at what cost, and what became of it: one page, and Markdown for the model's README.

    Without --before and --after: the first and the last checkpoint that `swift-grpo eval watch` evaluated.

    Example: swift-grpo report-card output/train_single_gpu --before output/evaluate/before --after output/evaluate/after
    """
    import json

    from swift_grpo.evaluation import report, report_card_views
    from swift_grpo.evaluation.report_card import card
    from swift_grpo.rollouts.index import open_index

    with or_exit(open_index, run) as index:
        found = or_exit(card, index, before, after)
        if as_json:
            print(json.dumps(found, ensure_ascii=False, allow_nan=False))
            return
        stem = output or index.run.root / "report_card"
        text = report_card_views.markdown(found, report.reward_curve(index.run.root, colour=False))
        stem.parent.mkdir(parents=True, exist_ok=True)
        for kind, content in (("md", text), ("html", report_card_views.page(found))):
            path = stem.with_name(f"{stem.name}.{kind}")
            path.write_text(content, encoding="utf-8")
            print(path)


@app.command()
def plugin(
    name: Annotated[Plugin, typer.Argument(help="plugin for a trainer, weight_sync for a rollout server.")] = "plugin",
) -> None:
    """Print the path of what ms-swift's --external_plugins loads: the rewards, or the verified weight sync of a server.

    Example: swift rlhf --rlhf_type grpo --external_plugins "$(swift-grpo plugin)" --reward_funcs math_accuracy r1_format ...
    """
    from swift_grpo.shipped import PLUGINS

    print(PLUGINS / f"{name}.py")


def main() -> None:
    try:
        app()
    except ModuleNotFoundError as error:
        from swift_grpo.commands.extras import advice

        said = advice(error, sys.argv)
        if said is None:
            raise
        print(f"swift-grpo: {said}", file=sys.stderr)
        sys.exit(2)
