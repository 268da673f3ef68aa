"""Every illness that has a name: rows of a table, by subject."""

from swift_grpo.rollouts.diagnosis.catalogue import (
    behaviour,
    machinery,
    outcome,
    policy,
    prompts_and_golds,
    reward_illnesses,
)
from swift_grpo.rollouts.diagnosis.illness import Illness

SUBJECTS: dict[str, list[Illness]] = {
    "The machinery": machinery.ILLNESSES,
    "The data": prompts_and_golds.ILLNESSES,
    "The rewards": reward_illnesses.ILLNESSES,
    "What the completions say": behaviour.ILLNESSES,
    "The policy": policy.ILLNESSES,
    "What comes of it": outcome.ILLNESSES,
}
ILLNESSES: dict[str, Illness] = {row.name: row for rows in SUBJECTS.values() for row in rows}
