"""`swift-grpo data …`. Imports nothing but typer, so that `--help` answers at once."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from swift_grpo.commands.options import TOKENIZER
from swift_grpo.commands.terminal import JSON, console, ending, group, print_json, say
from swift_grpo.printable import printable

app = group("Prepare, audit, filter and distill data sets.")
NOTHING = "stopped; nothing was written under its final name"
OUTPUT = Annotated[Path, typer.Option("-o", "--output", help="The JSONL file; its manifest is written next to it.")]
COLUMNS = Annotated[
    str,
    typer.Option(
        metavar="JSON",
        help='New names of columns, or of paths into them: \'{"reward_model.ground_truth": "solution"}\'.',
    ),
]


@app.command()
@ending(NOTHING)
def prepare(
    source: Annotated[
        str,
        typer.Argument(
            help="A preset, a hub id ([hf::|ms::]OWNER/NAME[:SUBSET]), gym:TASK[:WEIGHT],…, "
            "env:guess_number, or a JSONL, JSON, CSV or parquet file; JSON may be in gzip."
        ),
    ],
    output: OUTPUT,
    file: Annotated[Path | None, typer.Option("--from", help="Read a preset from this file, not from the hub.")] = None,
    hub_split: Annotated[str | None, typer.Option(help="Split of a hub's set: train, test, …")] = None,
    config: Annotated[
        str,
        typer.Option(
            metavar="JSON",
            help="Settings of gym:TASK or env:NAME: '{\"max_terms\": 2}'; for several tasks, one object per name.",
        ),
    ] = "",
    columns: COLUMNS = "",
    gold: Annotated[
        str | None, typer.Option(help="How to read `solution`: auto, hashes, boxed, integer, plain.")
    ] = None,
    system: Annotated[
        str | None, typer.Option(help="System turn for each row: a file, or a name in prompts/. Default: the recipe's.")
    ] = None,
    suffix: Annotated[str, typer.Option(help="A line to add after each question.")] = "",
    sft: Annotated[bool, typer.Option("--sft", help="Add the worked solution as the assistant's turn.")] = False,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            help="Rows to move to NAME.dropped.jsonl: unreadable, told, proofs, duplicates, near. Repeatable."
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n", min=1, help="Keep the first N rows, after the shuffle. Default: all; 500 of gym:TASK and env:NAME."
        ),
    ] = None,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="Shuffle the rows by --seed.")] = False,
    split: Annotated[
        float | None, typer.Option(help="Share of rows in OUTPUT, such as 0.9; the rest go to NAME.held_out.jsonl.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of --shuffle, --split, gym:TASK and env:NAME.")] = 42,
    as_json: JSON = False,
) -> None:
    """Turn a raw data set into rows that ms-swift reads.

    The rows {messages, solution, …} fit `--dataset` of every recipe. Presets: gsm8k, math, math500, aime24,
    numinamath-tir, openr1-math, deepscaler, dapo-math, aimo; of code: verifiable-coding, apps, taco, livecodebench,
    humaneval, mbpp, mbpp-sanitized, whose rows have `tests` in place of a gold. They come from ModelScope, or from
    Hugging Face with USE_HF=1. Rows without a question, or without a gold or tests, are counted and go to
    NAME.dropped.jsonl. gym:TASK generates questions with reasoning-gym (pip install 'swift-grpo[gym]'); the reward
    reasoning_gym scores them. env:guess_number generates rows of a game for plugin/environments.py.

    Examples:
      swift-grpo data prepare gsm8k -o data/gsm8k.jsonl
      swift-grpo data prepare aimo --from numina.parquet -n 5000 -o aimo.jsonl
      swift-grpo data prepare gym:chain_sum:2,countdown -n 2000 -o gym.jsonl
      swift-grpo data prepare mine.csv -o data/mine.jsonl \\
        --columns '{"q": "question", "a": "solution"}'
    """
    from swift_grpo.data import prepare as stages

    plan = stages.plan_for(
        source,
        columns=_columns(columns),
        config=_json_object("--config", config, '{"max_terms": 2}'),
        gold=gold,
        system=system,
        suffix=suffix,
        sft=sft,
        drop=tuple(drop or ()),
        n=n,
        shuffle=shuffle,
        share=split,
        seed=seed,
    )
    done = stages.prepare(source, output, plan, file, hub_split)
    if done.complaint:
        say(done.complaint)
    if as_json:
        print_json({"counts": done.counts, "dropped": done.dropped, "files": [str(path) for path in done.files]})
        return
    print(", ".join(f"{stage} {count:,}" for stage, count in done.counts.items() if count or stage == "output"))
    for reason, count in sorted(done.dropped.items(), key=lambda one: -one[1]):
        print(f"  dropped {count:,}: {printable(reason)}")
    for path in done.files:
        print(printable(str(path)))


@app.command()
@ending(NOTHING)
def audit(
    file: Annotated[Path, typer.Argument(help="Rows {messages, solution}: JSONL, JSON, CSV or parquet.")],
    rewards: Annotated[
        str | None,
        typer.Option(
            help="The recipe's rewards. Default: math_accuracy,r1_format; code_tests,code_format for `tests`."
        ),
    ] = None,
    system: Annotated[
        str | None,
        typer.Option(
            help="The recipe's --system: a file, a name in prompts/, or ''. Default: r1; r1_code for `tests`."
        ),
    ] = None,
    max_length: Annotated[int, typer.Option(min=1, help="The recipe's --max_length: tokens of a prompt.")] = 2048,
    tokenizer: TOKENIZER = "",
    near: Annotated[bool, typer.Option(help="Look for near duplicates; takes 0.1 ms per row and more.")] = True,
    run: Annotated[bool, typer.Option(help="Run reference programs against their `tests`, in a sandbox.")] = True,
    page: Annotated[Path | None, typer.Option(help="Also write one HTML page that needs no network.")] = None,
    as_json: JSON = False,
) -> None:
    """Report what is wrong with a data set and how to fix it.

    Finds golds that the grader cannot read, tests that the row's own program fails, and prompts that are repeated,
    contain their gold, are too long or fit no reward. Also shows kinds of answers, lengths, scripts and columns.

    Example: swift-grpo data audit data/gsm8k.jsonl --page audit.html \\
        --tokenizer Qwen/Qwen2.5-7B-Instruct
    """
    from swift_grpo.check.reward_needs import needs
    from swift_grpo.data.audit import Settings
    from swift_grpo.data.audit import audit as observe
    from swift_grpo.data.presets import prompt_text
    from swift_grpo.formats.rows import read_rows

    coded = bool(next(iter(read_rows(file)), {}).get("tests"))
    rewards = rewards or ("code_tests,code_format" if coded else "math_accuracy,r1_format")
    system = ("r1_code" if coded else "r1") if system is None else system
    names = tuple(name.strip() for name in rewards.split(",") if name.strip())
    for name in names:
        needs(name)
    facts = observe(file, Settings(names, prompt_text(system), max_length, tokenizer, near, run))
    if page:
        from swift_grpo.data.audit_page import page as build
        from swift_grpo.formats.outputs import whole_files

        with whole_files([page]) as (target,):
            target.write(build(facts).encode())
    if as_json:
        from swift_grpo.data.advice import as_json as everything

        print_json(everything(facts))
        return
    from swift_grpo.data.audit_screen import show

    show(facts, console())
    if page:
        print(printable(str(page)))


@app.command()
@ending(NOTHING)
def decontaminate(
    file: Annotated[Path, typer.Argument(help="The training set: JSONL, JSON, CSV or parquet.")],
    against: Annotated[
        list[str], typer.Option(help="Test set: file, preset (math500), PRESET=FILE, hub id. Repeatable.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File for clean rows; the others go to NAME.removed.jsonl.")
    ] = None,
    threshold: Annotated[float, typer.Option(help="Remove a row that repeats this share of a test question.")] = 0.5,
    most: Annotated[int, typer.Option("--show", min=0, help="Pairs to show side by side, the most certain first.")] = 5,
    as_json: JSON = False,
) -> None:
    """Find rows that repeat test questions.

    Compares runs of 8 and 13 words. Punctuation and LaTeX spellings do not count; a question that differs only in its
    numbers is found too. Without -o nothing is written.

    Example: swift-grpo data decontaminate train.jsonl -o clean.jsonl \\
        --against math500 --against aime24
    """
    from dataclasses import asdict

    from swift_grpo.data import decontaminate as search

    found = search.decontaminate(file, against, output, threshold)
    if found.complaint:
        say(found.complaint)
    if as_json:
        print_json(found.summary() | {"pairs": [asdict(pair) for pair in found.pairs]})
        return
    search.show(found, most, console())
    if output:
        print(printable(str(output)))


def _columns(text: str) -> dict[str, str] | None:
    columns = _json_object("--columns", text, '{"problem": "question"}')
    if columns and not all(isinstance(name, str) for name in columns.values()):
        raise ValueError(f"--columns {text}: a column's new name must be text")
    if columns and len(set(columns.values())) < len(columns):
        raise ValueError(f"--columns {text}: two columns get the same name")
    return columns


def _json_object(flag: str, text: str, example: str) -> dict | None:
    """The object that a flag holds as JSON; None for an empty text or object. Raises ValueError."""
    import json

    with contextlib.suppress(ValueError):
        if isinstance(value := json.loads(text or "{}"), dict):
            return value or None
    raise ValueError(f"{flag} {text}: give a JSON object, such as '{example}'")
