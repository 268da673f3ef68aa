"""Resuming."""

from ..base import *  # noqa: F403

CASES = []
add = adder("resume", CASES)


def R(**changes):
    return grpo(resume_from_checkpoint=CKPT, **changes)


def C(more=None, *drop, **kind):
    return F(checkpoint(**kind), {f"{CKPT}/{name}": content for name, content in (more or {}).items()}, drop=[f"{CKPT}/{name}" for name in drop])


add("resume-empty-text", "error", grpo("--resume_from_checkpoint", ""), "resume_from_checkpoint", "checkpoint|empty|leave|path", "falsy: the run starts from scratch without a word")
add("resume-no-trainer-state", "error", R(), "trainer_state.json", "trainer_state|complete|earlier|other|torn|adapters", "transformers: TrainerState.load_from_json, FileNotFoundError", files=C({}, "trainer_state.json"))
add("resume-finished", "error", R(), ["max_steps|10|finished|already"], "max_steps|more|larger|finished", "global_step 10 of 10: the run ends at once and trains nothing", files=C(step=10))
