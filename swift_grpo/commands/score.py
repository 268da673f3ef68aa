"""`swift-grpo score` and `swift-grpo accuracy`: grade existing completions. Imports nothing but typer."""

from pathlib import Path
from typing import Annotated

import typer

from swift_grpo.commands.options import PLUGIN, TOKENIZER
from swift_grpo.commands.terminal import JSON, console, print_json, say


def score(
    file: Annotated[Path, typer.Argument(help="JSONL: a data set with completions, or ms-swift's completions.jsonl.")],
    rewards: Annotated[str, typer.Option(help="Names of rewards; `all` for all.")] = "math_accuracy",
    plugin: PLUGIN = None,
    flag: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="A flag of ms-swift, such as cosine_max_len=2048. Overrides the log's args.json."
        ),
    ] = None,
    tokenizer: TOKENIZER = "",
    config: Annotated[
        Path | None, typer.Option(help="YAML file of parameters. Default: the one that GRPO_REWARDS names.")
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Count the grader's reasons: wrong, no answer, …")] = False,
    as_json: JSON = False,
) -> None:
    """Score existing completions with rewards.

    Prints a table with the time each reward takes, and the oddest scores. Parameters come from the flags of the run
    that wrote the log and from a YAML file, as in training. --json gives each row's values and verdict. Exit code 2 if
    no row can be scored.

    Example: swift-grpo score --rewards math_accuracy,r1_format \\
        output/demo/grpo/v0-*/completions.jsonl
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
    """Print the accuracy of answers from `swift infer`.

    It has a 95% interval. Answers whose gold cannot be read are counted apart.

    Example: swift-grpo accuracy answers.jsonl held_out.jsonl
    """
    import dataclasses

    from swift_grpo.evaluation.infer_accuracy import accuracy as grade_all

    measured = grade_all(results, questions)
    if as_json:
        print_json(dataclasses.asdict(measured))
    else:
        print(measured)
