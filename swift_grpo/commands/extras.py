"""Finds the extra of this package that installs a missing module. pyproject.toml lists what each extra installs."""

import importlib.metadata
import re
from collections.abc import Iterable, Sequence

PACKAGE = "swift-grpo"
DISTRIBUTIONS = {  # module -> its package, if the names differ by more than - and _
    "antlr4": "antlr4-python3-runtime",
    "flint": "python-flint",
    "swift": "ms-swift",
    "yaml": "pyyaml",
}
OF_COMMAND = {"report-card": "inspect"}  # if it is neither the command's name nor the first extra with the module
_REQUIREMENT = re.compile(r"""(?P<name>[\w.-]+).*?(?:;.*\bextra\s*==\s*["'](?P<extra>[\w-]+)["'])?$""")


def distribution_of(module: str) -> str:
    """The package that contains a module.

    >>> distribution_of("yaml"), distribution_of("math_verify.parser")
    ('pyyaml', 'math-verify')
    """
    top = module.split(".")[0]
    return DISTRIBUTIONS.get(top, top.replace("_", "-").lower())


def extras_of(distribution: str, requirements: Iterable[str]) -> list[str]:
    """The extras that install a package, from the lines of the metadata; "" if it is always installed.

    >>> extras_of("scipy", ["typer>=0.15", 'scipy>=1.14; extra == "inspect"', 'scipy>=1.14; extra == "eval"'])
    ['inspect', 'eval']
    """
    found = (_REQUIREMENT.match(line) for line in requirements)
    return [m["extra"] or "" for m in found if m and m["name"].replace("_", "-").lower() == distribution]


def need(extra: str) -> None:
    """Raises ModuleNotFoundError if an extra's package is missing: without it the results would be wrong."""
    for line in _requirements():
        match = _REQUIREMENT.match(line)
        if match and match["extra"] == extra:
            importlib.metadata.version(match["name"])  # its PackageNotFoundError is a ModuleNotFoundError


def advice(error: ModuleNotFoundError, words: Sequence[str]) -> str | None:
    """One line on what to install for a missing module, None if no extra has it.

    If several extras have it, the one of the command in the command line's `words` is named.
    """
    distribution = distribution_of(error.name or "")
    extras = extras_of(distribution, _requirements())
    if not extras:
        return None
    meant = [OF_COMMAND.get(word, word) for word in words]
    extra = next((extra for extra in extras if extra in meant), extras[0])
    package = f"{PACKAGE}[{extra}]" if extra else PACKAGE
    return f"this needs {distribution}, which is not installed: pip install '{package}'"


def _requirements() -> list[str]:
    try:
        return importlib.metadata.requires(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:  # a checkout on PYTHONPATH
        return []
