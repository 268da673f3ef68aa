"""Facts on reasoning-gym 0.1.25's tasks that the package does not give: which are not rewards, which partial scores
mean nothing, which scorers evaluate text. Found by scoring the tasks' own answers and texts that answer nothing, and by
reading every scorer; tests/rewards/test_reasoning_gym.py repeats the measurement.
"""

import json
from dataclasses import dataclass
from typing import Any

_NO_ANSWER = "its rows have no answer of their own"
LEFT_OUT = {  # task -> why it is not a reward
    "boxnet": _NO_ANSWER,
    "coin_flip": "`0` scores 1 for every probability below 1: a common beginning of the digits is enough",
    "complex_arithmetic": "`nan` scores 1 for every question",
    "composite": "a mixture; name its tasks instead",
    "figlet_font": "any text is paid 0.1 for each letter that happens to be in its place",
    "game_of_life_halting": "any text counts as True",
    "graph_color": _NO_ANSWER,
    "intermediate_integration": "one in six of its own answers repeats the question as `Integral(…)`",
    "prime_factorization": "raises on words, and pays 0.5 for repeating the number of the question",
    "propositional_logic": f"{_NO_ANSWER}, and any text is paid up to 0.25",
    "puzzle24": "`1*2*3*4` scores 1 for every question: its numbers are not compared with the given ones",
    "rubiks_cube": _NO_ANSWER,
    "rush_hour": _NO_ANSWER,
}
WHOLE_ONLY = {  # task -> why only its full score is paid
    "pool_matrix": "0.1 for any numbers in the right shape",
    "rectangle_count": "up to 0.8 for any small number",
    "spell_backward": "a share for each letter that happens to be in its place",
    "time_intervals": "up to 0.97 for any number of days",
}
FLOOR = 0.05  # a dozen tasks give this score to any text, or any text of the right form; up to it nothing is paid
FULL = 1 - 1e-6

# Scorers that evaluate text as Python, where an answer could run code. In these modules `eval` becomes ast.literal_eval;
# for these tasks the answer and the named metadata must be plain formulas (`gym_scorer.is_formula`).
LITERAL_MODULES = (
    "algorithmic.binary_matrix",
    "algorithmic.number_sorting",
    "algorithmic.spiral_matrix",
    "algorithmic.string_insertion",
    "games.n_queens",
)
FORMULAS: dict[str, tuple[str, ...]] = {
    "bitwise_arithmetic": ("problem",),
    "countdown": (),
    "polynomial_multiplication": (),
    "simple_integration": ("integrand", "variable"),
}
GRIDS = frozenset(("arc_agi", "rearc"))  # compare with a tuple of tuples, which JSON made lists


@dataclass(frozen=True)
class GymRow:
    """The column `gym` of one question. It is JSON text, because ms-swift loads rows into Arrow columns, where a dict
    would get None for the keys of all other tasks' metadata."""

    task: str
    seed: int
    index: int
    config: dict[str, Any]
    answer: str
    metadata: dict[str, Any]

    @property
    def text(self) -> str:
        return json.dumps(self.__dict__, ensure_ascii=False, default=_plain)

    @classmethod
    def read(cls, value: Any) -> "GymRow":
        """Parses the JSON text. Raises ValueError with the reason where it is not such a row."""
        try:
            row = cls(**json.loads(value))
        except (TypeError, ValueError, RecursionError):
            raise ValueError("`gym` is not what `swift-grpo data prepare gym:TASK` writes") from None
        kinds = {"task": str, "config": dict, "answer": str, "metadata": dict}
        wrong = [name for name, kind in kinds.items() if not isinstance(getattr(row, name), kind)]
        if wrong or not row.answer:
            raise ValueError(f"`gym` has no {(wrong or ['answer'])[0]}")
        if row.task in LEFT_OUT:
            raise ValueError(f"the task {row.task} is left out: {LEFT_OUT[row.task]}")
        return row


def _plain(value: Any) -> Any:
    """A NumPy number as Python's; a fraction and the like as text."""
    return value.item() if hasattr(value, "item") else str(value)
