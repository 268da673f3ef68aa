"""Which findings of the diagnosis name which open kind.

Whoever owns the diagnosis fills the tuples before the kept part is scored: the ids of the findings that say what is
wrong, in the words of that kind, not of its side effects. A kind with an empty tuple can only come out as missed or silent.
The kept kinds have such a table of their own in `kept/`, filled by a third hand at scoring time.
"""

ACCEPTED: dict[str, tuple[str, ...]] = {
    "diversity_loss": (),
    "entropy_collapse": (),
    "entropy_explosion": (),
    "eval_falls": (),
    "format_only": (),
    "length_collapse": (),
    "length_hacking": (),
    "loop_at_end": (),
    "nan_gradient": (),
    "reward_conflict": (),
    "reward_constant": (),
    "reward_hacking": (),
    "reward_nan": (),
    "reward_none": (),
    "reward_oscillation": (),
    "rollout_mismatch": (),
    "script_drift": (),
    "verifier_strict": (),
}
