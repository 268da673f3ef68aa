"""Is the model there?"""

from pathlib import Path

from swift_grpo.check.hub import HUB_ID, on_hub
from swift_grpo.check.problem import Problem


def check_model(name: str, use_hf: bool) -> Problem | None:
    """A folder with a config.json, or an identifier the hub or its local cache knows."""
    folder = Path(name)
    if folder.is_dir():
        if (folder / "config.json").is_file():
            return None
        if (folder / "adapter_config.json").is_file():
            return Problem(
                f"the model {name} is a LoRA adapter",
                "merge it first: bash scripts/export.sh, or pass it as --adapters",
            )
        return Problem(
            f"the model folder {name} has no config.json",
            "name the folder that holds it, a checkpoint-N folder perhaps",
        )
    if not HUB_ID.fullmatch(name):
        return Problem(
            f"the model {name} is not there", "give MODEL a folder or a hub id such as Qwen/Qwen2.5-7B-Instruct"
        )
    reason = on_hub(name, "model", use_hf)
    return (
        Problem(f"the model {name} {reason}", "give MODEL a folder, correct the id, or set USE_HF=1 for Hugging Face")
        if reason
        else None
    )
