"""The raw sets known by name. An entry has the set's place, its columns and the rule that finds the gold."""

from dataclasses import dataclass
from pathlib import Path

from swift_grpo.shipped import PROMPTS


@dataclass(frozen=True)
class Preset:
    """`ms` is the id on ModelScope; `elsewhere` the id on Hugging Face if it differs. `gold`: the rule of golds.RULES
    that reads `answer`.

    `traces`: the column with a worked solution, which `--sft` makes the assistant's turn. `prompt`: a file in prompts/
    that becomes the rows' system turn; without it the recipe's `--system` applies.
    """

    ms: str
    question: str = "problem"
    answer: str = "answer"
    gold: str = "plain"
    elsewhere: str = ""
    subset: str | None = None
    split: str = "train"
    traces: str | None = "solution"
    prompt: str = ""
    share: float | None = None

    @property
    def hf(self) -> str:
        return self.elsewhere or self.ms


PRESETS: dict[str, Preset] = {
    "gsm8k": Preset(
        "modelscope/gsm8k", "question", "answer", "hashes", elsewhere="openai/gsm8k", subset="main", traces="answer"
    ),
    "math": Preset(
        "tastelikefeet/competition_math",
        answer="solution",
        gold="boxed",
        elsewhere="DigitalLearningGmbH/MATH-lighteval",
        subset="default",
    ),
    "math500": Preset("AI-ModelScope/MATH-500", elsewhere="HuggingFaceH4/MATH-500", split="test"),
    "aime24": Preset("HuggingFaceH4/aime_2024"),
    "numinamath-tir": Preset("AI-MO/NuminaMath-TIR", answer="solution", gold="boxed"),
    "openr1-math": Preset("open-r1/OpenR1-Math-220k", subset="default"),
    "deepscaler": Preset("agentica-org/DeepScaleR-Preview-Dataset"),
    "dapo-math": Preset("open-r1/DAPO-Math-17k-Processed", "prompt", "solution", subset="all", traces=None),
    "aimo": Preset("AI-MO/NuminaMath-TIR", answer="solution", gold="integer", prompt="r1_boxed_modulo", share=0.9),
}


def prompt_text(name: str) -> str:
    """The text of prompts/NAME.txt, or of the file `name`, else `name` itself."""
    for path in (PROMPTS / f"{name}.txt", Path(name)):
        if name and "\n" not in name and len(name) < 1000 and path.is_file():
            return path.read_text(encoding="utf-8").strip()
    return name
