"""Are the cards that a command asks for on this machine?"""

import shutil
import subprocess

from swift_grpo.check.problem import Problem


def check_cards(wanted: str | None) -> Problem | None:
    """`wanted` is CUDA_VISIBLE_DEVICES, None where it is not set; MIG and GPU- identifiers are left to CUDA."""
    present = cards_present()
    if not present:
        return Problem(
            "no GPU is visible (nvidia-smi lists none)",
            "run on a machine with one, or use DEVICE=cpu with a tiny model",
        )
    absent = [
        card for card in (wanted or "").replace(" ", "").split(",") if card.isdigit() and int(card) not in present
    ]
    if absent:
        return Problem(
            f"card {', '.join(absent)} is not there: this machine has {', '.join(map(str, present))}", "correct GPUS"
        )
    return None


def cards_present() -> list[int]:
    """The indices nvidia-smi lists; empty without a working driver."""
    if not shutil.which("nvidia-smi"):
        return []
    listed = subprocess.run(
        ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"], capture_output=True, text=True, timeout=60
    )
    return [int(line) for line in listed.stdout.split() if line.isdigit()] if listed.returncode == 0 else []
