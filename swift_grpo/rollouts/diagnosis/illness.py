"""A row of the catalogue."""

from dataclasses import dataclass

from swift_grpo.rollouts.diagnosis.signals import Measure


@dataclass(frozen=True)
class Illness:
    """One illness. `measure` says how far it goes, in the unit of `warn` and `critical` (a share below 1, or multiples).

    `title` is a format string over `value` and what the signal says besides. `rule`: what is compared and where the
    thresholds come from. `causes`: other illnesses that follow from this one where it began first; "*" for all.
    `about`: what it is, for the catalogue in docs/diagnosis.md.
    """

    name: str
    about: str
    measure: Measure
    warn: float
    critical: float
    title: str
    rule: str
    treat: str
    causes: tuple[str, ...] = ()
