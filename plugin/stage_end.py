"""`--callbacks stage_end`: saves a checkpoint and ends training at each multiple of SWIFT_GRPO_STAGE_STEPS steps, and at
the last step. The number of steps of the whole run stays `--max_steps`, so that schedule and optimizer go on.
"""

import os

from swift.callbacks import TrainerCallback, callbacks_map


class StageEnd(TrainerCallback):
    def on_step_end(self, args, state, control, **_):
        if state.global_step % int(os.environ["SWIFT_GRPO_STAGE_STEPS"]) == 0 or state.global_step >= state.max_steps:
            control.should_save = control.should_training_stop = True
        return control


callbacks_map["stage_end"] = StageEnd
