"""The raw sets known by name. A new one is a new entry: where it is, which columns hold question and answer, which gold rule."""

from dataclasses import dataclass
from pathlib import Path

from swift_grpo.shipped import PROMPTS


@dataclass(frozen=True)
class Preset:
    """`ms` and `hf`: ids on ModelScope and Hugging Face. `gold` is read from `answer` by a rule of golds.RULES.

    `traces` is the column with a worked solution, which `--sft` makes the assistant's turn. `prompt`: a file of prompts/ that
    the questions need, written into the rows as the system's turn; without it the recipe's own `--system` holds.
    """

    ms: str
    hf: str
    question: str
    answer: str
    gold: str
    subset: str | None = None
    split: str = "train"
    traces: str | None = None
    prompt: str = ""
    n: int | None = None
    share: float | None = None


PRESETS: dict[str, Preset] = {
    "gsm8k": Preset("modelscope/gsm8k", "openai/gsm8k", "question", "answer", "hashes", subset="main", traces="answer"),
    "math": Preset(
        "tastelikefeet/competition_math",
        "DigitalLearningGmbH/MATH-lighteval",
        "problem",
        "solution",
        "boxed",
        subset="default",
        traces="solution",
    ),
    "math500": Preset(
        "AI-ModelScope/MATH-500",
        "HuggingFaceH4/MATH-500",
        "problem",
        "answer",
        "plain",
        split="test",
        traces="solution",
    ),
    "aime24": Preset(
        "HuggingFaceH4/aime_2024", "HuggingFaceH4/aime_2024", "problem", "answer", "plain", traces="solution"
    ),
    "numinamath-tir": Preset(
        "AI-MO/NuminaMath-TIR", "AI-MO/NuminaMath-TIR", "problem", "solution", "boxed", traces="solution"
    ),
    "openr1-math": Preset(
        "open-r1/OpenR1-Math-220k",
        "open-r1/OpenR1-Math-220k",
        "problem",
        "answer",
        "plain",
        subset="default",
        traces="solution",
    ),
    "deepscaler": Preset(
        "agentica-org/DeepScaleR-Preview-Dataset",
        "agentica-org/DeepScaleR-Preview-Dataset",
        "problem",
        "answer",
        "plain",
        traces="solution",
    ),
    "dapo-math": Preset(
        "open-r1/DAPO-Math-17k-Processed",
        "open-r1/DAPO-Math-17k-Processed",
        "prompt",
        "solution",
        "plain",
        subset="all",
    ),
    "aimo": Preset(
        "AI-MO/NuminaMath-TIR",
        "AI-MO/NuminaMath-TIR",
        "problem",
        "solution",
        "integer",
        traces="solution",
        prompt="r1_boxed_modulo",
        share=0.9,
    ),
}


def prompt_text(name: str) -> str:
    """The text of prompts/NAME.txt, or of the file `name`; else `name` is the text itself. Empty stays empty."""
    for path in (PROMPTS / f"{name}.txt", Path(name)):
        if name and "\n" not in name and len(name) < 1000 and path.is_file():
            return path.read_text(encoding="utf-8").strip()
    return name
