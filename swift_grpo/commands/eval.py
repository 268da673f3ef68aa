"""`swift-grpo eval …`. Imports nothing but typer, so that `--help` answers at once."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from swift_grpo.commands import eval_options as o
from swift_grpo.commands import sampling_options as s
from swift_grpo.commands.parts import clear_errors, print_json


class _ModelFirst(TyperGroup):
    """`eval MODEL …` is `eval run MODEL …`; a command may be written as a flag too: `eval --watch RUN`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0].removeprefix("--") in self.commands:
            args = [args[0].removeprefix("--"), *args[1:]]
        elif args and args[0] not in ("--help", "-h"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ModelFirst,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Evaluate a model: `swift-grpo eval MODEL --data SET`. Two models compared, checkpoints as they come, benchmarks.",
)


@app.command(context_settings=s.PASS_ON)
def run(
    context: typer.Context,
    model: Annotated[
        str,
        typer.Argument(help="A hub id, a model or adapter folder, or a run (its newest checkpoint); --url: its name."),
    ],
    data: o.DATA,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder of the evaluation. Default: output/eval/MODEL.")
    ] = None,
    n: s.N = 4,
    temperature: s.TEMPERATURE = 0.6,
    top_p: s.TOP_P = 0.95,
    max_tokens: s.MAX_TOKENS = 8192,
    system: s.SYSTEM = "",
    seed: s.SEED = 0,
    rewards: o.REWARDS = "",
    plugin: Annotated[list[Path] | None, typer.Option(help="Python file that registers rewards of your own.")] = None,
    prefilled: s.PREFILLED = False,
    url: s.URL = None,
    device: s.DEVICE = "gpu",
    copies: s.COPIES = 1,
    tensor_parallel: s.TENSOR_PARALLEL = 1,
    as_json: s.JSON = False,
) -> None:
    """Sample a model's answers to sets of questions and grade them: mean@n, pass@k, maj@n with intervals, rewards, reasons.

    Interrupted, the same command goes on; finished, it grades again and samples nothing. What follows `--` are flags of
    `swift deploy`. Exit code 2 for a mistake.

    Examples:

        swift-grpo eval output/train_single_gpu --data data/gsm8k_test.jsonl --n 8

        swift-grpo eval Qwen/Qwen2.5-1.5B-Instruct --data math500.jsonl --system prompts/boxed.txt --copies 8 -- --vllm_max_model_len 10000
    """  # noqa: E501
    with clear_errors():
        from swift_grpo.evaluation import evaluate, set_summary
        from swift_grpo.formats.samples import SamplingParameters

        if not data:
            raise ValueError("name a set: --data FILE")
        folder = output or Path("output/eval") / "-".join(Path(model).parts[-2:])
        served = o.served(device, copies, tensor_parallel, context.args, folder)
        asked = evaluate.model_of(model, url or (), served)
        text = s.text_of(system) or evaluate.trained_with(asked)["system"]
        found = evaluate.evaluate(
            asked,
            evaluate.names_of(data),
            SamplingParameters(n, temperature, top_p, max_tokens, text, seed),
            folder,
            o.rewards_of(rewards, plugin or [], model),
            prefilled,
        )
        if as_json:
            print_json(found)
            return
        for one in found:
            set_summary.show(one, o.console())
        print(f"\n{folder}")


@app.command()
def diff(
    a: o.FOLDER,
    b: o.FOLDER,
    force: Annotated[
        bool, typer.Option("--force", help="Compare what was asked, sampled or graded differently.")
    ] = False,
    power: Annotated[
        float | None, typer.Option(help="Also: how many questions would show a difference of so many points of 100?")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="text, json or md.")] = "text",
    as_json: s.JSON = False,
    html: Annotated[
        Path | None, typer.Option(help="Also write an offline page: rates and lengths by question, texts.")
    ] = None,
) -> None:
    """B against A, paired by question: the difference with clustered interval and p-value, and the questions that flipped.

    Examples:

        swift-grpo eval diff output/eval/before output/eval/after --html diff.html

        swift-grpo eval diff output/eval/before output/eval/after --power 3
    """
    with clear_errors():
        from swift_grpo.evaluation import diff as comparing
        from swift_grpo.evaluation import diff_text

        form = "json" if as_json else form
        if form not in ("text", "json", "md"):
            raise ValueError(f"--format {form}: text, json or md")
        compared = _compared(a, b, force)
        if html and len(compared) > 1:
            raise ValueError(f"--html is a page for one set, and there are {', '.join(compared)}: name a set's folder")
        if form == "json":
            values = {name: comparing.as_values(one) for name, one in compared.items()}
            for name, one in compared.items():
                if power is not None:
                    values[name]["questions_needed"] = next(iter(one.measures.values())).plan(power)
            print_json(values)
        for one in compared.values():
            if form == "md":
                print(diff_text.markdown(one))
            elif form == "text":
                diff_text.show(one, o.console())
            if power is not None and form != "json":
                print("\n" + diff_text.power(one, power))
        if html:
            from swift_grpo.evaluation.page.diff_page import page

            html.write_text(page(next(iter(compared.values()))), encoding="utf-8")
            print(f"swift-grpo: wrote {html}", file=sys.stderr)


def _compared(a: Path, b: Path, force: bool) -> dict[str, Any]:
    """A comparison for each set that both hold; two folders of one set each are compared whatever the sets' names."""
    from swift_grpo.evaluation.diff import compare, load

    first, second = load(a), load(b)
    if len(first) == len(second) == 1:
        (name,), (other,) = first, second.values()
        return {name: compare(first[name], other, force=force)}
    common = [name for name in first if name in second]
    if not common:
        raise ValueError(f"{a} and {b} have no set in common: {', '.join(first)} and {', '.join(second)}")
    return {name: compare(first[name], second[name], force) for name in common}


@app.command(context_settings=s.PASS_ON)
def watch(
    context: typer.Context,
    run: Annotated[Path, typer.Argument(help="A run's vN folder, or its output folder: the newest run in it.")],
    data: Annotated[Path, typer.Option(help="A small prepared set.")],
    n: s.N = 4,
    temperature: s.TEMPERATURE = 0.6,
    top_p: s.TOP_P = 0.95,
    max_tokens: Annotated[int, typer.Option(help="Longest answer. 0: as long as in training.")] = 0,
    system: s.SYSTEM = "",
    rewards: o.REWARDS = "",
    prefilled: s.PREFILLED = False,
    device: s.DEVICE = "gpu",
    copies: s.COPIES = 1,
    tensor_parallel: s.TENSOR_PARALLEL = 1,
    once: Annotated[bool, typer.Option("--once", help="Evaluate what is there, then end.")] = False,
    until: Annotated[
        int | None,
        typer.Option(metavar="PID", help="End with this process; finished well, the last checkpoints first."),
    ] = None,
) -> None:
    """Evaluate each new checkpoint of a run once, and append it to evals.jsonl in its folder; the inspector draws it.

    Started again it goes on. The system prompt is the run's own unless given. Cards: the variable GPUS.

    Example: GPUS=7 swift-grpo eval watch output/train_multi_gpu --data held_out.jsonl
    """
    with clear_errors():
        from swift_grpo.evaluation import evaluate
        from swift_grpo.evaluation import watch as watching
        from swift_grpo.formats.samples import SamplingParameters

        if not run.is_dir() and until is None:
            raise ValueError(f"{run} is not there")
        evaluate.read_set(data)  # a mistake shows now, not after the first checkpoint
        settings = SamplingParameters(n, temperature, top_p, max_tokens or 1, s.text_of(system), 0)
        task = watching.Task(data, dataclasses.asdict(settings) | {"max_tokens": max_tokens})
        served = o.served(device, copies, tensor_parallel, context.args, run)
        new = watching.watch(
            run, task, watching.evaluator(task, served, o.rewards_of(rewards, [], ""), prefilled), once, until
        )
        print(f"swift-grpo: {new} checkpoints evaluated", flush=True)


@app.command(context_settings=s.PASS_ON)
def benchmark(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="As for `eval MODEL`.")],
    names: Annotated[
        str, typer.Option("--on", help="aime24, aime25, math_500, gpqa_diamond, gsm8k, separated by commas.")
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Default: output/benchmarks/MODEL.")] = None,
    local: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE, a copy of the data; may be repeated. Else it is fetched.")
    ] = None,
    n: Annotated[
        int, typer.Option("--n", "-n", min=0, help="Samples a question. 0: 64 for AIME, 8 for GPQA, else 4.")
    ] = 0,
    temperature: s.TEMPERATURE = 0.6,
    top_p: s.TOP_P = 0.95,
    max_tokens: s.MAX_TOKENS = 32768,
    limit: Annotated[int, typer.Option(min=0, help="Only the first so many questions; for a try.")] = 0,
    prefilled: s.PREFILLED = False,
    url: Annotated[str, typer.Option(help="Ask this OpenAI-compatible endpoint. Else vLLM is started.")] = "",
    device: s.DEVICE = "gpu",
    tensor_parallel: s.TENSOR_PARALLEL = 1,
    as_json: s.JSON = False,
) -> None:
    """Standard benchmarks by evalscope with DeepSeek's settings: our intervals, both graders, beside published figures.

    Needs the extra `benchmarks`; beside the lock: pip install --no-deps -r requirements/eval.txt

    Example: swift-grpo eval benchmark output/train_multi_gpu --on aime24,math_500 -- --vllm_max_model_len 34816
    """
    with clear_errors():
        from swift_grpo.evaluation import benchmarks, evaluate, set_summary

        copies = dict(o.named(text) for text in local or [])
        folder = output or Path("output/benchmarks") / "-".join(Path(model).parts[-2:])
        asked = evaluate.model_of(
            model, [url] if url else (), o.served(device, 1, tensor_parallel, context.args, folder)
        )
        chosen = [name.strip() for name in names.split(",") if name.strip()]
        found = benchmarks.run(asked, chosen, folder, copies, n, temperature, top_p, max_tokens, limit, prefilled)
        if as_json:
            print_json(found)
            return
        for one in found:
            set_summary.show(one, o.console())
        print(f"\n{folder / 'benchmarks.md'}")
