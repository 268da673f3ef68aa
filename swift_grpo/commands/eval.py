"""`swift-grpo eval …`. Imports nothing but typer, so that `--help` answers at once."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swift_grpo.commands import terminal
from swift_grpo.commands.options import (
    PREFILLED,
    SERVER_FLAGS,
    URL,
    Draws,
    Prompted,
    Sampling,
    Server,
    Servers,
    takes_options,
)
from swift_grpo.commands.sample import KEPT
from swift_grpo.commands.terminal import FORM, JSON, console, ending, print_json, say

if TYPE_CHECKING:
    from swift_grpo.evaluation.evaluate import Rewards

REWARDS = Annotated[str, typer.Option(help="Further rewards; `all` for all.")]
FOLDER = Annotated[Path, typer.Argument(help="What `swift-grpo eval` wrote: its folder, or one set's folder in it.")]


app = terminal.group(
    "Evaluate models, compare two, watch a run's checkpoints.\n\n`swift-grpo eval MODEL --data SET` is short for "
    "`eval run MODEL --data SET`. Write `eval run diff` for a model's folder with a command's name.",
    terminal.defaults_to("run"),
)


@dataclasses.dataclass(frozen=True)
class OfCheckpoints(Prompted):
    """How the answers of each checkpoint are sampled."""

    max_tokens: Annotated[int, typer.Option(help="Cut answers after this many tokens. 0: as in training.")] = 0


@dataclasses.dataclass(frozen=True)
class OfBenchmarks(Draws):
    """How the answers to a benchmark are sampled."""

    n: Annotated[
        int, typer.Option("--n", "-n", min=0, help="Samples per question. 0: 64 for AIME, 8 for GPQA, else 4.")
    ] = 0


_RUN = Sampling(n=4, temperature=0.6, top_p=0.95, max_tokens=8192)
_WATCH = OfCheckpoints(n=4, temperature=0.6, top_p=0.95)
_BENCHMARK = OfBenchmarks(temperature=0.6, top_p=0.95, max_tokens=32768)


@app.command(context_settings=SERVER_FLAGS)
@ending(KEPT)
@takes_options
def run(
    context: typer.Context,
    model: Annotated[
        str,
        typer.Argument(help="A hub id, a model or adapter folder, or a run (newest checkpoint). With --url: its name."),
    ],
    data: Annotated[list[Path], typer.Option(help="Rows with `messages` and the gold in `solution`. Repeatable.")],
    servers: Servers,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Default: output/eval/MODEL.")] = None,
    sampling: Sampling = _RUN,
    rewards: REWARDS = "",
    prefilled: PREFILLED = False,
    url: URL = None,
    as_json: JSON = False,
) -> None:
    """Sample a model's answers to sets of questions and grade them.

    Prints mean@n, pass@k and maj@n with intervals, rewards and reasons. After an interrupt the same command resumes;
    after the end it only grades again. Words after `--` are flags of `swift deploy`.

    Examples:
      swift-grpo eval output/train_single_gpu --data data/gsm8k_test.jsonl -n 8
      swift-grpo eval Qwen/Qwen2.5-1.5B-Instruct --data math500.jsonl --copies 8 \\
        -- --vllm_max_model_len 10000
      swift-grpo eval output/train_multi_turn --data data/gsm8k_test.jsonl \\
        --tools calculator,python
    """
    from swift_grpo.evaluation import evaluate

    folder = output or Path("output/eval") / "-".join(Path(model).parts[-2:])
    source = evaluate.model_of(model, url or (), servers.served(context.args, folder))
    parameters = sampling.parameters(evaluate.trained_with(source)["system"])
    sampling.load_plugins()
    further = _rewards(rewards, model)
    summaries = evaluate.evaluate(source, evaluate.names_of(data), parameters, folder, further, prefilled)
    _show(summaries, folder, as_json)


def _show(summaries: list[dict[str, Any]], place: Path, as_json: bool) -> None:
    from swift_grpo.evaluation import set_summary

    if as_json:
        print_json(summaries)
        return
    for summary in summaries:
        set_summary.show(summary, console(whole_lines=True))
    print(f"\n{place}")


def _rewards(names: str, model: str) -> "Rewards":
    from swift_grpo.evaluation import score
    from swift_grpo.evaluation.evaluate import Rewards

    if not names:
        return Rewards()
    tokenizer = model if (Path(model) / "tokenizer.json").is_file() else ""
    return Rewards(tuple(score.names_of(names)), tuple(score.read_flags(Path(model) / "args.json").items()), tokenizer)


@app.command()
def diff(
    a: FOLDER,
    b: FOLDER,
    force: Annotated[
        bool, typer.Option("--force", help="Compare even if questions, sampling or grader differ.")
    ] = False,
    power: Annotated[
        float | None, typer.Option(metavar="POINTS", help="Print how many questions would show this difference.")
    ] = None,
    form: FORM = "text",
    as_json: JSON = False,
    html: Annotated[
        Path | None, typer.Option(help="Also write an offline page: rates and lengths by question, texts.")
    ] = None,
) -> None:
    """Compare evaluation B with A, paired by question.

    Prints the difference with its clustered interval and p-value, and the questions that flipped.

    Examples:
      swift-grpo eval diff output/eval/before output/eval/after --html diff.html
      swift-grpo eval diff output/eval/before output/eval/after --power 3
    """
    from swift_grpo.evaluation import diff as comparing
    from swift_grpo.evaluation import diff_text

    form = "json" if as_json else form
    if form not in ("text", "json", "md"):
        raise ValueError(f"--format {form}: text, json or md")
    comparisons = comparing.compare_folders(a, b, force)
    if html and len(comparisons) > 1:
        raise ValueError(f"--html is a page for one set, and there are {', '.join(comparisons)}: name a set's folder")
    if form == "json":
        print_json({name: comparing.as_values(one, power) for name, one in comparisons.items()})
    for one in comparisons.values() if form != "json" else ():
        if form == "md":
            print(diff_text.markdown(one))
        else:
            diff_text.show(one, console(whole_lines=True))
        if power is not None:
            print("\n" + diff_text.power(one, power))
    if html:
        from swift_grpo.evaluation.page.diff_page import page

        html.write_text(page(next(iter(comparisons.values()))), encoding="utf-8")
        say(f"wrote {html}")


@app.command(context_settings=SERVER_FLAGS)
@ending(KEPT)
@takes_options
def watch(
    context: typer.Context,
    run: Annotated[Path, typer.Argument(help="A run's vN folder, or its output folder: the newest run in it.")],
    data: Annotated[Path, typer.Option(help="A small prepared set.")],
    servers: Servers,
    sampling: OfCheckpoints = _WATCH,
    rewards: REWARDS = "",
    prefilled: PREFILLED = False,
    once: Annotated[bool, typer.Option("--once", help="Evaluate the checkpoints that exist, then end.")] = False,
    until: Annotated[
        int | None,
        typer.Option(metavar="PID", help="End with this process; if it succeeds, evaluate its last checkpoints first."),
    ] = None,
) -> None:
    """Evaluate each new checkpoint of a run once.

    Appends to evals.jsonl in the run's folder, which the inspector plots. Started again, it resumes. Uses the run's own
    system prompt by default, its tools if it was trained with some, and the cards in the variable GPUS.

    Example:
      GPUS=7 swift-grpo eval watch output/train_multi_gpu --data held_out.jsonl
    """
    from swift_grpo.evaluation import evaluate
    from swift_grpo.evaluation import watch as watching
    from swift_grpo.formats.samples import SamplingParameters

    if not run.is_dir() and until is None:
        raise ValueError(f"{run} is not there")
    evaluate.read_set(data)  # a mistake shows now, not after the first checkpoint
    system = sampling.system_text()
    settings = SamplingParameters(sampling.n, sampling.temperature, sampling.top_p, sampling.max_tokens or 1, system, 0)
    task = watching.Task(data, {"n": settings.n, **settings.of_the_set(), "max_tokens": sampling.max_tokens})
    evaluator = watching.evaluator(task, servers.served(context.args, run), _rewards(rewards, ""), prefilled)
    new = watching.watch(run, task, evaluator, once, until)
    print(f"swift-grpo: {new} checkpoints evaluated", flush=True)


@app.command(context_settings=SERVER_FLAGS)
@ending(KEPT)
@takes_options
def benchmark(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="As for `eval MODEL`.")],
    names: Annotated[str, typer.Option("--on", help="Any of aime24, aime25, math_500, gpqa_diamond, gsm8k.")],
    server: Server,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Default: output/benchmarks/MODEL.")] = None,
    local: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FILE", help="A local copy of a benchmark. Repeatable.")
    ] = None,
    sampling: OfBenchmarks = _BENCHMARK,
    limit: Annotated[int, typer.Option(min=0, help="Only the first N questions; 0: all.")] = 0,
    prefilled: PREFILLED = False,
    url: Annotated[str, typer.Option(help="Use this OpenAI-compatible endpoint; do not start vLLM.")] = "",
    as_json: JSON = False,
) -> None:
    """Run evalscope's standard benchmarks with DeepSeek's settings.

    Shows the results of both graders with intervals, next to published figures. Needs the extra `benchmarks`; on top of
    the lock: pip install --no-deps -r requirements/eval.txt

    Example:
      swift-grpo eval benchmark output/train_multi_gpu --on aime24,math_500 \\
        -- --vllm_max_model_len 34816
    """
    from swift_grpo.evaluation import benchmarks, evaluate

    copies = dict(map(_local_copy, local or []))
    folder = output or Path("output/benchmarks") / "-".join(Path(model).parts[-2:])
    source = evaluate.model_of(model, [url] if url else (), server.served(context.args, folder))
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    summaries = benchmarks.run(
        source, chosen, folder, copies, **dataclasses.asdict(sampling), limit=limit, prefilled=prefilled
    )
    _show(summaries, folder / "benchmarks.md", as_json)


def _local_copy(text: str) -> tuple[str, Path]:
    name, equals, file = text.partition("=")
    if not equals or not Path(file).is_file():
        raise ValueError(f"--local {text} is not NAME=FILE with a file that exists")
    return name, Path(file)
