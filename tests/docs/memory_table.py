"""The table of estimated memory in docs/which_recipe.md: `python -m tests.docs.memory_table`."""

from swift_grpo.check import known_flags
from swift_grpo.check.estimate import GB, checkpoint_bytes, engine, training
from swift_grpo.formats.command_line import Command

SIZES = ("0.5B", "1.5B", "3B", "7B", "14B", "32B", "72B")
FULL = {"tuner_type": "full", "torch_dtype": "bfloat16", "per_device_train_batch_size": "1"}
LORA = {"torch_dtype": "bfloat16", "lora_rank": "8", "per_device_train_batch_size": "4", "max_length": "2048"}
SERVED = {"use_vllm": "true", "vllm_mode": "server", "max_length": "4096", "max_completion_length": "2048"}
RECIPES = {
    "multi, 7 + 1 cards, ZeRO-2": (7, FULL | SERVED | {"deepspeed": "zero2"}),
    "multi, 3 + 1 cards, ZeRO-2": (3, FULL | SERVED | {"deepspeed": "zero2"}),
    "multi, 1 + 1 cards": (1, FULL | SERVED),
    "multi, 7 + 1 cards, beta 0": (7, FULL | SERVED | {"deepspeed": "zero2", "beta": "0"}),
    "multi, 7 + 1 cards, ZeRO-3": (7, FULL | SERVED | {"deepspeed": "zero3"}),
    "single, LoRA": (1, LORA | {"max_completion_length": "1024"}),
    "single, QLoRA": (
        1,
        LORA
        | {
            "lora_rank": "32",
            "quant_method": "bnb",
            "quant_bits": "4",
            "max_length": "1024",
            "max_completion_length": "1024",
        },
    ),
}


def table() -> str:
    """Markdown: GB a training card by model and recipe; the server's weights and a full checkpoint last."""
    specs = known_flags.known()["flags"]
    lines = [
        f"| model | {' | '.join(RECIPES)} | server's weights | checkpoint, all parameters |",
        "|---" * (len(RECIPES) + 3) + "|",
    ]
    for size in SIZES:
        name = f"Qwen/Qwen2.5-{size}-Instruct"
        cells, disks = [], []
        for ranks, flags in RECIPES.values():
            words = {"rlhf_type": ["grpo"], "model": [name]} | {flag: [value] for flag, value in flags.items()}
            command = Command("rlhf", words, {"NPROC_PER_NODE": str(ranks)}, specs["rlhf"])
            cells.append(_gigabytes(training(command), "total"))
            disks.append(checkpoint_bytes(command))
        server = engine(Command("rollout", {"model": [name]}, {}, specs["rollout"]))
        lines.append(f"| {size} | {' | '.join(cells)} | {_gigabytes(server, 'weights')} | {disks[0] / GB:.0f} |")
    return "\n".join(lines)


def _gigabytes(estimate: object, name: str) -> str:
    return "?" if estimate is None else f"{getattr(estimate, name) / GB:.0f}"


if __name__ == "__main__":
    print(table())
