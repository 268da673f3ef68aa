"""The raw sets known by name. An entry has the set's place, its columns and the rule that finds the gold."""

from dataclasses import dataclass
from pathlib import Path

from swift_grpo.shipped import PROMPTS


@dataclass(frozen=True)
class Preset:
    """`ms` is the id on ModelScope; `elsewhere` the id on Hugging Face if it differs. `gold`: the rule of golds.RULES
    that reads `answer`.

    `traces`: the column with a worked solution, which `--sft` makes the assistant's turn. `prompt`: a file in prompts/
    that becomes the rows' system turn; without it the recipe's `--system` applies. `subset` may be a
    pattern of files (remote.py). code_sets.py knows the columns of code sets.
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
    "ifeval": Preset("opencompass/ifeval", "prompt", elsewhere="google/IFEval"),  # for the reward instructions
    # Code sets. Their ids on ModelScope: open-r1's is in ms-swift's docs (Supported-models-and-datasets), those of the
    # three test sets are in EvalScope's (humaneval, mbpp, live_code_bench), modelscope.cn/datasets/BAAI/TACO is linked by
    # lists of sets. No page names APPS there: it has the id of Hugging Face, which may not exist.
    "verifiable-coding": Preset("open-r1/verifiable-coding-problems-python"),
    "apps": Preset("codeparrot/apps", subset="{split}.jsonl"),
    "taco": Preset("BAAI/TACO", subset="ALL/{split}-*.parquet"),
    "livecodebench": Preset(
        "AI-ModelScope/code_generation_lite",
        elsewhere="livecodebench/code_generation_lite",
        split="test",  # the first release; test2 to test6 hold what later ones add
        subset="{split}.jsonl",
    ),
    "humaneval": Preset(
        "opencompass/humaneval", elsewhere="openai/openai_humaneval", subset="openai_humaneval", split="test"
    ),
    "mbpp": Preset("google-research-datasets/mbpp", subset="full"),
    "mbpp-sanitized": Preset("google-research-datasets/mbpp", subset="sanitized"),
}


def prompt_text(name: str) -> str:
    """The text of prompts/NAME.txt, or of the file `name`, else `name` itself."""
    for path in (PROMPTS / f"{name}.txt", Path(name)):
        if name and "\n" not in name and len(name) < 1000 and path.is_file():
            return path.read_text(encoding="utf-8").strip()
    return name
