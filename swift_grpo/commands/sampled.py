"""`swift-grpo sample`, `swift-grpo data difficulty` and `swift-grpo data distill`. Imports nothing but typer."""

from pathlib import Path
from typing import Annotated, Any

import typer

from swift_grpo.commands import sampling_options as o
from swift_grpo.commands.data import app
from swift_grpo.commands.parts import (
    check_rewards,
    clear_errors,
    draw,
    load_plugins,
    print_json,
    read,
    readable,
    summary_json,
)
from swift_grpo.printable import printable

FILE = Annotated[
    Path, typer.Argument(help="Rows with `messages` and the gold in `solution`; JSONL, JSON, CSV or parquet.")
]
_SAMPLES = Path("output/samples")


def sample(
    context: typer.Context,
    file: FILE,
    model: o.MODEL = "",
    url: o.URL = None,
    adapter: o.ADAPTER = "",
    n: o.N = 1,
    temperature: o.TEMPERATURE = 1.0,
    top_p: o.TOP_P = 1.0,
    max_tokens: o.MAX_TOKENS = 2048,
    system: o.SYSTEM = "",
    seed: o.SEED = 0,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder; the file is samples-<set>.jsonl.")] = _SAMPLES,
    concurrency: o.CONCURRENCY = 64,
    timeout: o.TIMEOUT = 1800,
    key_from: o.KEY_FROM = "OPENAI_API_KEY",
    copies: o.COPIES = 1,
    tensor_parallel: o.TENSOR_PARALLEL = 1,
    device: o.DEVICE = "gpu",
    as_json: o.JSON = False,
) -> None:
    """Draw n completions of each prompt, one appended line each. Killed, the same command goes on; finished, it does nothing.

    What follows `--` are flags of `swift deploy`.

    Examples:

        swift-grpo sample data/gsm8k.jsonl --model Qwen/Qwen2.5-7B-Instruct -n 8 --copies 8 -- --vllm_max_model_len 4096

        swift-grpo sample data/gsm8k.jsonl --model deepseek-reasoner --url https://api.deepseek.com/v1 --concurrency 32
    """
    with clear_errors():
        asked = o.Asked(
            model, adapter, tuple(url or ()), key_from, n, temperature, top_p, max_tokens, system, seed, device,
            copies, tensor_parallel, tuple(context.args), output,
        )  # fmt: skip
        drawn = draw(read(file), asked, output, concurrency, timeout)
        if as_json:
            print_json(summary_json(drawn))
        else:
            print(drawn.path)
        if drawn.failed:
            raise typer.Exit(1)


@app.command(context_settings=o.PASS_ON)
def difficulty(
    context: typer.Context,
    file: FILE,
    from_run: Annotated[
        Path | None,
        typer.Option("--from-run", help="Read the pass rates from this run's completions.jsonl: no card needed."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The rows that stay, with pass_rate; without it, only the figures."),
    ] = None,
    keep: Annotated[str, typer.Option(help="Pass rates that stay: LOW:HIGH.")] = "0:1",
    order: Annotated[str, typer.Option(help="easy-to-hard or hard-to-easy. Else the file's.")] = "",
    strata: Annotated[
        str, typer.Option(help="Pass rates to cut at: 0.25,0.75 writes three files, easiest first.")
    ] = "",
    model: o.MODEL = "",
    url: o.URL = None,
    adapter: o.ADAPTER = "",
    n: o.N = 8,
    temperature: o.TEMPERATURE = 1.0,
    top_p: o.TOP_P = 1.0,
    max_tokens: o.MAX_TOKENS = 2048,
    system: o.SYSTEM = "",
    seed: o.SEED = 0,
    prefilled: o.PREFILLED = False,
    samples: o.SAMPLES = _SAMPLES,
    concurrency: o.CONCURRENCY = 64,
    timeout: o.TIMEOUT = 1800,
    key_from: o.KEY_FROM = "OPENAI_API_KEY",
    copies: o.COPIES = 1,
    tensor_parallel: o.TENSOR_PARALLEL = 1,
    device: o.DEVICE = "gpu",
    as_json: o.JSON = False,
) -> None:
    """How often a model answers each prompt rightly, and the prompts worth training on: neither all right nor all wrong.

    Sample as you will train: the same system prompt, temperature and length. What follows `--` are flags of `swift deploy`.

    Examples:

        swift-grpo data difficulty data/gsm8k.jsonl --from-run output/train_multi_gpu --keep 0.1:0.9 -o data/teaching.jsonl

        swift-grpo data difficulty data/gsm8k.jsonl --model Qwen/Qwen2.5-7B-Instruct --system prompts/r1.txt -n 8 --keep 0.1:0.9 \
-o data/teaching.jsonl -- --vllm_max_model_len 4096
    """
    with clear_errors():
        from swift_grpo.data import difficulty as hard
        from swift_grpo.data import difficulty_view as view
        from swift_grpo.data import from_run as logs
        from swift_grpo.formats import manifest
        from swift_grpo.formats.samples import read_samples

        kept = hard.keep_of(keep, order, strata)
        rows = read(file)
        parameters: dict[str, Any] = {"keep": keep, "order": order, "strata": strata}
        savings, unknown, drawn = None, 0, None
        if from_run:
            with logs.open_run(from_run) as index:
                rates, unknown = logs.rates_of(index, rows)
                savings = logs.savings(index, kept)
            parameters["from_run"] = from_run.name
        else:
            asked = o.Asked(
                model, adapter, tuple(url or ()), key_from, n, temperature, top_p, max_tokens, system, seed, device,
                copies, tensor_parallel, tuple(context.args), samples,
            )  # fmt: skip
            drawn = draw(readable(rows, file), asked, samples, concurrency, timeout)
            rates = hard.from_samples(rows, read_samples(drawn.path), n, prefilled)
            parameters |= {"model": asked.who().name, "n": n, "prefilled": prefilled, **asked.how().of_the_set()}
        chosen = hard.choose(rows, rates, kept)
        files = hard.write(output, chosen, [manifest.describe(file)], parameters) if output else []
        facts = view.facts(rates, chosen, savings, unknown, files)
        if as_json:
            print_json(facts | ({"sampling": summary_json(drawn)} if drawn else {}))
        else:
            view.show(facts, savings)


@app.command(context_settings=o.PASS_ON)
def distill(
    context: typer.Context,
    file: FILE,
    output: Annotated[Path, typer.Option("-o", "--output", help="The traces, for scripts/sft_cold_start.sh.")],
    require: Annotated[
        list[str] | None,
        typer.Option(help="A reward and the least it must pay: math_accuracy=1,r1_format=1. May be repeated."),
    ] = None,
    best: Annotated[int, typer.Option(min=1, help="Traces kept of a prompt: by reward, then the shortest.")] = 1,
    shortest: Annotated[int, typer.Option(min=0, help="Tokens that a trace must have.")] = 0,
    longest: Annotated[int | None, typer.Option(min=1, help="Tokens that a trace may have.")] = None,
    wrap_answer: Annotated[
        bool,
        typer.Option("--wrap-answer", help="Put what follows the thought between <answer> tags, where there are none."),
    ] = False,
    plugin: Annotated[list[Path] | None, typer.Option(help="Python file that registers rewards of your own.")] = None,
    model: o.MODEL = "",
    url: o.URL = None,
    adapter: o.ADAPTER = "",
    n: o.N = 4,
    temperature: o.TEMPERATURE = 0.6,
    top_p: o.TOP_P = 0.95,
    max_tokens: o.MAX_TOKENS = 8192,
    system: o.SYSTEM = "",
    seed: o.SEED = 0,
    prefilled: o.PREFILLED = False,
    samples: o.SAMPLES = _SAMPLES,
    concurrency: o.CONCURRENCY = 64,
    timeout: o.TIMEOUT = 1800,
    key_from: o.KEY_FROM = "OPENAI_API_KEY",
    copies: o.COPIES = 1,
    tensor_parallel: o.TENSOR_PARALLEL = 1,
    device: o.DEVICE = "gpu",
    as_json: o.JSON = False,
) -> None:
    """A teacher's samples, rejected by the grader and chosen rewards: traces to copy, and the others with the reason.

    The system prompt is the teacher's and is not copied; the cold start has its own. What follows `--` are flags of `swift deploy`.

    Examples:

        swift-grpo data distill data/gsm8k.jsonl --model deepseek-reasoner --url https://api.deepseek.com/v1 --wrap-answer \
--require math_accuracy=1,r1_format=1 -o traces.jsonl

        swift-grpo data distill data/gsm8k.jsonl --model output/train_single_gpu/v0-…/checkpoint-250 --best 2 -n 8 -o traces.jsonl
    """  # noqa: E501
    with clear_errors():
        from swift_grpo.data import distill as traces
        from swift_grpo.formats import manifest
        from swift_grpo.formats.samples import read_samples

        rule = traces.rule_of(
            require or ["math_accuracy=1"],
            best=best,
            shortest=shortest,
            longest=longest,
            prefilled=prefilled,
            wrap_answer=wrap_answer,
        )
        load_plugins(plugin or [])
        rows = read(file)
        check_rewards(list(rule.require), rows, file)
        asked = o.Asked(
            model, adapter, tuple(url or ()), key_from, n, temperature, top_p, max_tokens, system, seed, device,
            copies, tensor_parallel, tuple(context.args), samples,
        )  # fmt: skip
        drawn = draw(rows, asked, samples, concurrency, timeout)
        made = traces.distill(rows, read_samples(drawn.path), rule, n)
        parameters = {"model": asked.who().name, "n": n, **vars(rule), **asked.how().of_the_set()}
        done = traces.write(made, output, [manifest.describe(file)], parameters)
        if as_json:
            facts = {key: getattr(done, key) for key in ("prompts", "samples", "kept", "solved", "reasons")}
            print_json(facts | {"files": [str(path) for path in done.files], "sampling": summary_json(drawn)})
            return
        for line in [*done.lines(), *(str(path) for path in done.files)]:
            print(printable(line))
        if not done.kept:
            raise ValueError(
                f"no sample was accepted; {done.files[-1]} says why of each" if done.files else "no samples"
            )
