"""Which reward class tells right from wrong, by its name alone."""

import re

# What a class that pays for right answers is called, most telling first.
_ACCURACY = (
    "accura", "correct", "exact", "verif", "answer", "match", "solve", "countdown", "math", "result", "pass", "acc", "code",
)  # fmt: skip
_NOT_ACCURACY = re.compile("format|length|penalty|overlong|repet|brev|tag|language|model|judge|style", re.IGNORECASE)


def by_name(names: list[str]) -> str | None:
    """The class that is named for right answers, None if none is.

    >>> by_name(["Format", "CountdownORM"]), by_name(["SomeRewardModel"])
    ('CountdownORM', None)
    """
    fit = [name for name in names if may_be(name)]
    return next((name for word in _ACCURACY for name in fit if word in name.lower()), None)


def may_be(name: str) -> bool:
    """Whether the name does not speak against it."""
    return not _NOT_ACCURACY.search(name)
