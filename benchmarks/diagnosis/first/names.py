"""What the diagnosis may call each open kind of planted run.

A kind is diagnosed where the first finding's id (`Finding.check`, a name of `swift_grpo.rollouts.diagnosis.CHECKS`) is one of
its names. The first name is the illness itself. A name behind it is one that the text of the kind says as well: the same
illness seen from another side, and whoever reads it treats the same thing. A consequence of the illness (a plateau, a lower
reward, groups without variance) is no name of it.
"""

ACCEPTED = {
    "diversity_loss": ("diversity_loss",),
    "entropy_collapse": ("entropy_collapse", "diversity_loss"),  # the entropy falls and the samples grow alike
    "entropy_explosion": ("entropy_blowup", "gibberish"),  # the entropy grows and the words lose their sense
    "eval_falls": ("eval_falls",),
    "length_collapse": ("length_collapse",),
    "length_hacking": ("wrong_length_growth",),
    "reward_constant": ("reward_constant",),
    "reward_none": ("reward_missing",),
    "reward_nan": ("reward_missing", "nan"),  # the log writes NaN for None
    "verifier_strict": ("verifier_disagreement",),
    "reward_hacking": (
        "several_answers",
        "verifier_disagreement",
        "prompt_echo",
        "boilerplate",
    ),  # a list, or an empty answer, is paid
    "format_only": ("format_without_accuracy",),
    "reward_conflict": (
        "length_collapse",
        "one_component",
        "reward_without_accuracy",
    ),  # paid for short answers, which are worse
    "loop_at_end": ("repetition",),
    "script_drift": ("language_mixing",),
    "reward_oscillation": ("oscillation",),
    "nan_gradient": ("nan",),
    "rollout_mismatch": ("rollout_mismatch",),
}
