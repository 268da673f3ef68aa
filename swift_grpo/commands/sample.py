"""`swift-grpo sample`, `swift-grpo data difficulty` and `swift-grpo data distill`. Imports nothing but typer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swift_grpo.commands.data import app
from swift_grpo.commands.options import SERVER_FLAGS, Sampler, StoredSampler, takes_options
from swift_grpo.commands.terminal import JSON, ending, print_json, say
from swift_grpo.printable import printable

if TYPE_CHECKING:
    from swift_grpo.sampling.models import Model
    from swift_grpo.sampling.sampler import Summary

FILE = Annotated[Path, typer.Argument(help="Rows with `messages`, golds in `solution`: JSONL, JSON, CSV, parquet.")]
KEPT = "stopped; finished work is kept: run the same command to go on"
_DIFFICULTY = StoredSampler(n=8)
_TEACHER = StoredSampler(n=4, temperature=0.6, top_p=0.95, max_tokens=8192)


@ending(KEPT)
@takes_options
def sample(
    context: typer.Context,
    file: FILE,
    sampler: Sampler,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the samples.")] = StoredSampler.samples,
    as_json: JSON = False,
) -> None:
    """Sample n completions of each prompt.

    Each completion is appended as one line. After a kill the same command resumes; after the end it does nothing. Words
    after `--` are flags of `swift deploy`.

    Examples:
      swift-grpo sample data/gsm8k.jsonl --model Qwen/Qwen2.5-7B-Instruct -n 8 \\
        --copies 8 -- --vllm_max_model_len 4096
      swift-grpo sample data/gsm8k.jsonl --model deepseek-reasoner \\
        --url https://api.deepseek.com/v1 --concurrency 32
      swift-grpo sample data/gsm8k.jsonl --model Qwen/Qwen2.5-7B-Instruct \\
        --system prompts/tools.txt --tools calculator,python
    """
    sampler.load_plugins()
    drawn = _draw(_read(file), sampler.source(context.args, output), sampler, output)
    if as_json:
        print_json(_values(drawn))
    else:
        print(drawn.path)
    if drawn.failed:
        raise typer.Exit(1)


@app.command(context_settings=SERVER_FLAGS)
@ending(KEPT)
@takes_options
def difficulty(
    context: typer.Context,
    file: FILE,
    from_run: Annotated[
        Path | None,
        typer.Option("--from-run", help="Read the pass rates from this run's completions.jsonl; needs no card."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File for the rows to keep, with pass_rate. Default: only print figures."),
    ] = None,
    keep: Annotated[str, typer.Option(metavar="LOW:HIGH", help="Pass rates to keep.")] = "0:1",
    order: Annotated[str, typer.Option(help="easy-to-hard or hard-to-easy; else as in the file.")] = "",
    strata: Annotated[str, typer.Option(help="Cut at these pass rates: 0.25,0.75 writes three files.")] = "",
    sampler: StoredSampler = _DIFFICULTY,
    as_json: JSON = False,
) -> None:
    """Measure pass rates and keep the prompts that teach.

    A prompt teaches if its answers are neither all right nor all wrong. Sample as you will train: with the same system
    prompt, temperature and length. Words after `--` are flags of `swift deploy`.

    Examples:
      swift-grpo data difficulty gsm8k.jsonl --from-run output/train_multi_gpu \\
        --keep 0.1:0.9 -o teaching.jsonl
      swift-grpo data difficulty gsm8k.jsonl --model Qwen/Qwen2.5-7B-Instruct \\
        --system prompts/r1.txt -n 8 --keep 0.1:0.9 -o teaching.jsonl
    """
    from swift_grpo.data import difficulty as teaching
    from swift_grpo.data import difficulty_view as view
    from swift_grpo.data import from_run as logs
    from swift_grpo.formats import manifest
    from swift_grpo.formats.samples import read_samples
    from swift_grpo.rollouts.index import open_index

    sampler.load_plugins()
    filtering = teaching.keep_of(keep, order, strata)
    rows = _read(file)
    parameters: dict[str, Any] = {"keep": keep, "order": order, "strata": strata}
    savings, unknown, drawn = None, 0, None
    if from_run:
        with open_index(from_run) as index:
            rates, unknown = logs.rates_of(index, rows)
            savings = logs.savings(index, filtering)
        parameters["from_run"] = from_run.name
    else:
        model = sampler.source(context.args, sampler.samples)
        drawn = _draw(_readable(rows, file), model, sampler, sampler.samples)
        rates = teaching.from_samples(rows, read_samples(drawn.path), sampler.n, sampler.prefilled)
        parameters |= _made_with(model, sampler) | {"prefilled": sampler.prefilled}
    chosen = teaching.choose(rows, rates, filtering)
    files = teaching.write(output, chosen, [manifest.describe(file)], parameters) if output else []
    facts = view.facts(rates, chosen, savings, unknown, files)
    if as_json:
        print_json(facts | ({"sampling": _values(drawn)} if drawn else {}))
    else:
        view.show(facts, savings)


@app.command(context_settings=SERVER_FLAGS)
@ending(KEPT)
@takes_options
def distill(
    context: typer.Context,
    file: FILE,
    output: Annotated[Path, typer.Option("-o", "--output", help="The traces, for scripts/sft_cold_start.sh.")],
    also: Annotated[list[Path] | None, typer.Option(help="A further file of rows. Repeatable.")] = None,
    require: Annotated[
        list[str] | None, typer.Option(help="Least values of rewards: math_accuracy=1,r1_format=1.")
    ] = None,
    best: Annotated[int, typer.Option(min=1, help="Traces to keep per prompt: by reward, then the shortest.")] = 1,
    shortest: Annotated[int, typer.Option(min=0, help="Fewest tokens of a trace.")] = 0,
    longest: Annotated[int | None, typer.Option(min=1, help="Most tokens of a trace.")] = None,
    wrap_answer: Annotated[
        bool, typer.Option("--wrap-answer", help="Put the text after the thought into <answer> tags if it has none.")
    ] = False,
    sampler: StoredSampler = _TEACHER,
    as_json: JSON = False,
) -> None:
    """Sample a teacher's traces and keep the best of each prompt.

    The grader and the chosen rewards reject the others, each with a reason. The teacher's system prompt is not copied;
    the cold start has its own. Words after `--` are flags of `swift deploy`.

    Examples:
      swift-grpo data distill gsm8k.jsonl --model deepseek-reasoner \\
        --url https://api.deepseek.com/v1 --wrap-answer \\
        --require math_accuracy=1,r1_format=1 -o traces.jsonl
      swift-grpo data distill gsm8k.jsonl --best 2 -n 8 -o traces.jsonl \\
        --model output/train_single_gpu/v0-…/checkpoint-250
    """
    from swift_grpo.data import distill as traces
    from swift_grpo.formats import manifest
    from swift_grpo.formats.rows import prompt_of
    from swift_grpo.formats.samples import read_samples
    from swift_grpo.sampling.sampler import prompts_of

    limits = {"best": best, "shortest": shortest, "longest": longest}
    rule = traces.rule_of(
        require or ["math_accuracy=1"], **limits, prefilled=sampler.prefilled, wrap_answer=wrap_answer
    )
    sampler.load_plugins()
    files = [file, *(also or [])]
    rows = [row for one in files for row in _read(one)]
    traces.check_rewards(rule, rows, file, bool(sampler.tools))
    model = sampler.source(context.args, sampler.samples)
    drawn = _draw(rows, model, sampler, sampler.samples)
    asked = prompts_of(filter(prompt_of, rows), sampler.parameters())[0] if sampler.tools else None
    judged = traces.distill(rows, read_samples(drawn.path), rule, sampler.n, asked)
    done = traces.write(
        judged, output, [manifest.describe(one) for one in files], _made_with(model, sampler) | vars(rule)
    )
    if as_json:
        facts = {key: getattr(done, key) for key in ("prompts", "samples", "kept", "solved", "reasons")}
        print_json(facts | {"files": [str(path) for path in done.files], "sampling": _values(drawn)})
        return
    for line in [*done.lines(), *(str(path) for path in done.files)]:
        print(printable(line))
    if not done.kept:
        raise ValueError(f"no sample was accepted; {done.files[-1]} has the reasons" if done.files else "no samples")


def _read(file: Path) -> list[dict[str, Any]]:
    """All rows; unreadable ones are counted on stderr. Raises ValueError if there are none."""
    from swift_grpo.formats.rows import read_rows

    rows = read_rows(file)
    found = list(rows)
    if rows.unreadable:
        say(rows.complaint())
    if not found:
        raise ValueError(f"{file} has no rows")
    return found


def _readable(rows: list[dict[str, Any]], file: Path) -> list[dict[str, Any]]:
    """The rows whose gold the grader can read; the others are not sampled. Raises ValueError if there are none."""
    from grpo_rewards.grading import accepted_answers

    readable = [row for row in rows if accepted_answers(row.get("solution"))]
    if not readable:
        raise ValueError(f"no row of {file} has a readable gold in `solution`; swift-grpo data prepare writes it")
    if len(readable) < len(rows):
        say(f"{len(rows) - len(readable)} of {len(rows)} golds cannot be read; swift-grpo data audit lists them")
    return readable


def _draw(rows: list[dict[str, Any]], model: "Model", sampler: Sampler, folder: Path) -> "Summary":
    from swift_grpo.formats.rows import prompt_of
    from swift_grpo.sampling.sampler import Patience, sample

    asking = [row for row in rows if prompt_of(row)]
    if len(asking) < len(rows):
        say(f"{len(rows) - len(asking)} of {len(rows)} rows have no question and are skipped")
    patience = Patience(timeout=sampler.timeout)
    drawn = sample(asking, model, sampler.parameters(), folder, sampler.concurrency, patience)
    say(str(drawn))
    return drawn


def _made_with(model: "Model", sampler: Sampler) -> dict[str, Any]:
    """How the samples were made, for a manifest."""
    return {"model": model.name, "n": sampler.n, **sampler.parameters().of_the_set()}


def _values(drawn: "Summary") -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in vars(drawn).items()}
