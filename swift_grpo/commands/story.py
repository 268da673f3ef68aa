"""`swift-grpo story` and `swift-grpo report-card`: the result of a run. Imports nothing but typer."""

from pathlib import Path
from typing import Annotated

import typer

from swift_grpo.commands.terminal import print_json


def story(
    output_dir: Annotated[Path, typer.Argument(help="OUTPUT_DIR of the GRPO run.")],
    questions: Annotated[Path, typer.Argument(help="The held-out questions, with the golds in `solution`.")],
    stages: Annotated[list[str], typer.Argument(metavar="NAME=RESULTS", help="Results of `swift infer`, in order.")],
    watched: Annotated[Path | None, typer.Option(help="A --val_dataset of one row: show its answers by step.")] = None,
) -> None:
    """Show a run: accuracy before and after, reward curve.

    Rewards and completions are shown by step. The accuracies are saved in OUTPUT_DIR/story.json, which `inspect report`
    shows.

    Example:
      swift-grpo story output/demo/grpo held_out.jsonl base=a.jsonl grpo=b.jsonl
    """
    from swift_grpo.evaluation import run_story
    from swift_grpo.evaluation.infer_accuracy import accuracy as grade_all
    from swift_grpo.formats import evaluations

    named = dict(stage.split("=", 1) for stage in stages)
    measured = {name: grade_all(Path(file), questions) for name, file in named.items()}
    print(run_story.accuracy_table(measured), end="\n\n")
    run = run_story.newest_run(output_dir)
    evaluations.keep(run, questions.stem, {name: vars(one.estimate) for name, one in measured.items()})
    print("mean reward by step\n" + run_story.reward_curve(run), end="\n\n")
    if watched:
        print("\n".join(run_story.followed(run, watched)))
    else:
        for step, samples in run_story.first_and_last(run).items():
            print("\n  ".join([step, *samples]))
    print(f"\nall completions: {run / 'completions.jsonl'}")


def report_card(
    run: Annotated[Path, typer.Argument(help="A vN folder, or OUTPUT_DIR of a recipe (its newest run).")],
    before: Annotated[Path | None, typer.Option(help="`swift-grpo eval` folder of the model before.")] = None,
    after: Annotated[Path | None, typer.Option(help="The same of the trained model, on the same questions.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File name without .md or .html. Default: RUN/report_card.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the card as JSON; write nothing.")] = False,
) -> None:
    """Write one page about a run: training, cost, result.

    Writes HTML, and Markdown for the model's README. --before and --after default to the first and the last checkpoint
    that `swift-grpo eval watch` evaluated.

    Example: swift-grpo report-card output/train_single_gpu \\
        --before output/eval/before --after output/eval/after
    """
    from swift_grpo.evaluation import report_card_views, run_story
    from swift_grpo.evaluation.report_card import card
    from swift_grpo.rollouts.index import open_index

    with open_index(run) as index:
        values = card(index, before, after)
        if as_json:
            print_json(values)
            return
        stem = output or index.run.root / "report_card"
        text = report_card_views.markdown(values, run_story.reward_curve(index.run.root, colour=False))
        stem.parent.mkdir(parents=True, exist_ok=True)
        for kind, content in (("md", text), ("html", report_card_views.page(values))):
            path = stem.with_name(f"{stem.name}.{kind}")
            path.write_text(content, encoding="utf-8")
            print(path)
