"""A check: the function that measures, and what its table in a .toml file says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swift_grpo.rollouts.diagnosis.case import Measure


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of a run; docs/checks.md says what each key of its table is for.

    `measure` returns how far something goes, in the unit of `warn` and `critical` (a share below 1, or multiples).
    `title` is a format string over `value`, `before`, `after` and the signal's other fields. `fix` may contain
    {checkpoint}. `causes`: other checks, or names of several (`causes.SIDES`), and their findings follow from this one
    if it began first; "*" for all.
    """

    name: str
    measure: Measure
    title: str
    warn: float
    critical: float
    fix: str
    about: str = ""
    of: str = ""
    rule: str = ""
    source: str = "rule of thumb"
    causes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What the check looks for: `about`, or the title if there is none."""
        return self.about or self.title.replace("{value:.0%}", "x%")

    @property
    def threshold(self) -> str:
        """The limits with their unit, what is compared, and where the limits come from."""
        limits = (
            f"warn from {self._limit(self.warn)}, critical from {self._limit(self.critical)} {self.of.lstrip('% ')}"
        )
        return "; ".join(filter(None, (limits if self.of else "", self.rule, self.source)))

    def fix_from(self, checkpoint: str = "the last good checkpoint") -> str:
        """The fix; if it goes back to a checkpoint, to this one."""
        return self.fix.replace("{checkpoint}", checkpoint)

    def _limit(self, value: float) -> str:
        if self.of.startswith("%"):
            return f"{value:.0%}"
        return f"{100 * value:g}" if self.of.startswith("points") else f"{value:g}"


def check_of(name: str, measure: Measure, table: Mapping[str, Any], constants: Mapping[str, Any]) -> Check:
    """A check from its table. Line breaks in a text become blanks; `of`, `rule` and `source` may name `constants`.

    Raises ValueError if a key is missing or unknown, or if a text names an unknown constant.
    """
    try:
        values = {**table, **table["threshold"], "causes": tuple(table.get("causes", ()))}
        del values["threshold"]
        values |= {key: " ".join(value.split()) for key, value in values.items() if isinstance(value, str)}
        values |= {key: values[key].format(**constants) for key in ("of", "rule", "source") if key in values}
        return Check(name=name, measure=measure, **values)
    except (KeyError, TypeError) as error:
        raise ValueError(f"[{name}]: {str(error).removeprefix('Check.__init__() ')}") from error
