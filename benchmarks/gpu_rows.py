"""The single-card recipes on a card, with random weights in the shapes of Qwen2.5: the rows of a table, with the card's name.

python -m benchmarks.gpu_rows                   all shapes; half an hour, 16 GB of disk, nothing is downloaded
python -m benchmarks.gpu_rows --shape 0.5B
python -m benchmarks.gpu_rows --shape tiny --device cpu     whether the script itself works

Random weights cost what trained ones do, but never end a completion early: each has --max_completion_length tokens.
"""

import argparse
import json
import re
import statistics
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from swift_grpo.cpu import tiny_model
from swift_grpo.data import larger_number
from swift_grpo.evaluation.run_story import newest_run
from swift_grpo.formats.events import read_events
from tests.conftest import ROOT, clean_environ

# hidden, intermediate, layers, heads, key-value heads, tied: config.json of Qwen/Qwen2.5-*-Instruct
SHAPES = {
    "0.5B": (896, 4864, 24, 14, 2, True),
    "1.5B": (1536, 8960, 28, 12, 2, True),
    "7B": (3584, 18944, 28, 28, 4, False),
    "tiny": (96, 384, 3, 3, 3, True),
}
VOCABULARY = 151_936
STEPS = 5  # the first, which warms up, is left out
RECIPES = {
    "transformers": ("train_single_gpu", {}),
    "colocate": ("train_single_gpu", {"VLLM": "colocate"}),
    "QLoRA": ("train_single_gpu_qlora", {}),
}
FLAGS = ["--model_type", "qwen2", "--template", "qwen2_5", "--system", str(ROOT / "prompts/demo.txt")]
FLAGS += ["--report_to", "none", "--save_strategy", "no", "--max_steps", str(STEPS)]
SHORT = ["--max_length", "200", "--max_completion_length", "24"]  # for the tiny model's 512 positions
SHORT_ENGINE = ["--vllm_max_model_len", "256", "--sleep_level", "0"]


@dataclass(frozen=True)
class Row:
    """What a run of a recipe took; `estimate` is preflight's, both in GB."""

    seconds: float
    tokens: float  # of completions a second, the whole step through
    peak: float
    estimate: str


def write_model(folder: Path, shape: str, device: str) -> None:
    """A model of the shape with random bfloat16 weights, the demo's tokenizer filled up to Qwen's vocabulary, and its rows."""
    import torch
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    questions = larger_number.questions(larger_number.NUMBERS)[:400]
    tiny_model.write(folder, larger_number.corpus(1), 1)
    rows = (json.dumps(larger_number.question_row(*pair)) for pair in questions)
    (folder / "rows.jsonl").write_text("\n".join(rows) + "\n")
    if shape == "tiny":
        return
    hidden, inner, layers, heads, kv_heads, tied = SHAPES[shape]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens([f"<filler {number}>" for number in range(VOCABULARY - len(tokenizer))])
    tokenizer.save_pretrained(folder)
    config = Qwen2Config(
        vocab_size=VOCABULARY, hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=kv_heads, tie_word_embeddings=tied, max_position_embeddings=32768,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, bos_token_id=None,
    )  # fmt: skip
    torch.set_default_dtype(torch.bfloat16)
    with torch.device(device):
        Qwen2ForCausalLM(config).save_pretrained(folder)


def used_memory() -> float:
    """GB in use on the first card; 0 without one."""
    try:
        asked = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "--id=0"]
        return float(subprocess.run(asked, capture_output=True, text=True, check=True).stdout) * 2**20 / 1e9
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0.0


def card() -> str:
    try:
        asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader", "--id=0"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "CPU"


def run(recipe: str, model: Path, out: Path, device: str) -> Row:
    """Raises RuntimeError when the recipe fails, with its last line."""
    script, environ = RECIPES[recipe]
    command = ["bash", str(ROOT / f"scripts/{script}.sh"), *FLAGS]
    if device == "cpu":
        command += SHORT + (SHORT_ENGINE if environ else [])
    environ = clean_environ() | environ | {"MODEL": str(model), "DATASET": str(model / "rows.jsonl")}
    environ |= {"OUTPUT_DIR": str(out), "DEVICE": device}
    planned = subprocess.run([*command, "--dry-run"], env=environ, capture_output=True, text=True).stdout
    estimates = re.findall(r"estimate, (?:training: about|vLLM of .*?:) ([\d.]+) GB", planned)
    seen, over = [used_memory()], threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            seen.append(used_memory())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        done = subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    finally:
        over.set()
        watcher.join()
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or [""])[-1])
    events = [event.values for event in read_events(newest_run(out) / "logging.jsonl") if "loss" in event.values]
    warm = events[1:]
    seconds = statistics.median(values["step_time"] for values in warm)
    lengths = statistics.mean(values["completions/mean_length"] for values in warm)
    return Row(
        seconds, 4 * lengths / seconds, max(seen) - seen[0], " + ".join(estimates)
    )  # G = batch = 4 in each recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", action="append", choices=list(SHAPES))
    parser.add_argument("--recipe", action="append", choices=list(RECIPES))
    parser.add_argument("--device", choices=["gpu", "cpu"], default="gpu")
    asked = parser.parse_args()
    if asked.device == "gpu" and used_memory() == 0 and card() == "CPU":
        parser.exit(2, "gpu_rows: nvidia-smi lists no card; --shape tiny --device cpu tries the script\n")
    print("| card | shape | recipe | s a step | tokens/s | peak, GB | estimated, GB |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for shape in asked.shape or [name for name in SHAPES if name != "tiny"]:
            model = Path(folder) / shape
            write_model(model, shape, "cpu" if asked.device == "cpu" else "cuda")
            for recipe in asked.recipe or RECIPES:
                try:
                    row = run(recipe, model, Path(folder) / f"{shape}-{recipe}", asked.device)
                    figures = f"{row.seconds:.2f} | {row.tokens:.0f} | {row.peak:.1f} | {row.estimate}"
                except RuntimeError as error:
                    figures = f"failed: {error} | | |"
                print(f"| {card()} | {shape} | {recipe} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
