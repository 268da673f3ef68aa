"""`swift-grpo score` and `swift-grpo accuracy`: completions that are there already, graded. Imports nothing but typer."""

from pathlib import Path
from typing import Annotated

import typer

from swift_grpo.commands.options import PLUGIN
from swift_grpo.commands.terminal import JSON, console, print_json, say


def score(
    file: Annotated[Path, typer.Argument(help="JSONL: a data set with completions, or ms-swift's completions.jsonl.")],
    rewards: Annotated[str, typer.Option(help="Names, separated by commas; `all` for every one.")] = "math_accuracy",
    plugin: PLUGIN = None,
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
    as_json: JSON = False,
) -> None:
    """Run rewards over completions that are there.

    A table, the time each takes, and the completions that scored oddest. Parameters come from the flags of the run that wrote
    the log and from a YAML file, as in training. --json gives each row's values and the grader's verdict on it. Exit code 2
    where no row can be scored.

    Example: swift-grpo score --rewards math_accuracy,r1_format output/demo/grpo/v0-*/completions.jsonl
    """
    import os

    from swift_grpo.commands import extras
    from swift_grpo.evaluation import completions, score_views, user_rewards
    from swift_grpo.evaluation import score as scoring

    extras.need("rewards")
    if config:
        os.environ["GRPO_REWARDS"] = str(config)
    user_rewards.load_plugins(plugin or [])
    rows, unreadable = completions.read(file)
    if tokenizer:
        completions.count_tokens(rows, tokenizer)
    flags = scoring.read_flags(file) | dict(map(scoring.flag_of, flag or []))
    scores = scoring.score(rows, scoring.names_of(rewards), flags)
    if unreadable:
        say(f"{unreadable} lines of {file} could not be read")
    if as_json:
        print_json(score_views.for_a_program(scores, scoring.verdicts(rows)))
    else:
        score_views.show(scores, rows, console())
        if why:
            score_views.show_reasons(score_views.reasons(scoring.verdicts(rows)), rows, console())
    if problem := score_views.unscored(scores):
        raise ValueError(problem)


def accuracy(
    results: Annotated[Path, typer.Argument(help="What `swift infer --result_path` wrote.")],
    questions: Annotated[Path, typer.Argument(help="The questions, with the golds in `solution`.")],
    as_json: JSON = False,
) -> None:
    """Grade generated answers: accuracy with its 95% interval.

    Example: swift-grpo accuracy answers.jsonl held_out.jsonl
    """
    import dataclasses

    from swift_grpo.evaluation.infer_accuracy import accuracy as grade_all

    measured = grade_all(results, questions)
    if as_json:
        print_json(dataclasses.asdict(measured))
    else:
        print(measured)
