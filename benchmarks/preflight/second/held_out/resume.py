"""Going on from a checkpoint."""

from benchmarks.preflight.second.base import *

KIND = "resume"
AT = "out/v0-20260101-101010/checkpoint-10"
QV = {"target_modules": ["q_proj", "v_proj"]}


def resumed(path: str = AT, **changes) -> list[str]:
    return train(**(QV | {"resume_from_checkpoint": path} | changes))


HERE = MODEL | DATA
mistake(KIND, "resume-missing", resumed("out/v0-20260101-101010/checkpoint-30"), ["checkpoint-30"], "checkpoint-10|exist|not there|path", "to_abspath: FileNotFoundError; the checkpoint there is 10", files=HERE | checkpoint())
mistake(KIND, "resume-other-model", resumed(), ["checkpoint-10"], "128|other-base|base|model|size|shape", "its adapter is of a model of width 128: size mismatch", files=HERE | checkpoint(model="other-base") | adapter(AT, "other-base", hidden=128))
mistake(KIND, "resume-no-state", resumed(), ["trainer_state.json"], "trainer_state.json|step 0|last|earlier|another", "without it the step counter begins at 0", level="warning", files=HERE | checkpoint(without=("trainer_state.json",)))
mistake(KIND, "resume-state-cut", resumed(), ["trainer_state.json"], "trainer_state.json|last|earlier|another|json", "half a trainer_state.json: json.loads raises", files=HERE | checkpoint() | {f"{AT}/trainer_state.json": '{"global_step": 10, "max_st'})
