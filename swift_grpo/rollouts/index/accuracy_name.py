"""Which reward class tells right from wrong, by its name."""

import re

# Names of classes that pay for right answers, the most specific first.
_ACCURACY = (
    "accura", "correct", "exact", "verif", "answer", "match", "solve", "countdown", "math", "result", "pass", "acc", "code",
)  # fmt: skip
_NOT_ACCURACY = re.compile("format|length|penalty|overlong|repet|brev|tag|language|model|judge|style", re.IGNORECASE)


def by_name(names: list[str]) -> str | None:
    """The class that is named for right answers; None if there is none.

    >>> by_name(["Format", "CountdownORM"]), by_name(["SomeRewardModel"])
    ('CountdownORM', None)
    """
    fit = [name for name in names if may_be(name)]
    return next((name for word in _ACCURACY for name in fit if word in name.lower()), None)


def may_be(name: str) -> bool:
    """Whether the name allows it to be a reward for right answers."""
    return not _NOT_ACCURACY.search(name)
