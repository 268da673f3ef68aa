"""Which findings name which kept kind: filled before scoring by a third hand, not an author of kinds or diagnosis.

The rule is that of `benchmarks/diagnosis/first/names.py`: the words of the kind's description decide, a consequence is no name.
"""

ACCEPTED: dict[str, tuple[str, ...]] = {
    "all_solved": ("zero_variance_right", "saturated_prompts"),  # all right, by group and by question
    "answer_leaked": ("answer_leak",),
    "counter": ("repetition",),
    "duplicated_data": ("duplicate_prompts",),
    "gradient_spikes": ("gradient_spikes",),
    "half_synced": ("gibberish", "rollout_mismatch"),  # an engine with broken weights, its share is debris
    "kl_blowup": ("kl_blowup",),
    "language_drift": ("language_mixing",),
    "length_explosion": ("length_growth", "truncation"),  # thoughts grow into the limit
    "loop_in_middle": ("repetition",),
    "none_solved": ("zero_variance_wrong", "dead_prompts"),  # all wrong, by group and by question
    "policy_collapse": ("policy_collapse", "reward_collapse"),  # accuracy and reward fall; the text only follows
    "prompts_cut": ("prompt_cut",),
    # No finding says that the rate is too high. What the description tells of it: KL and gradients high, reward unstable;
    # that the reward is lost in the end is a consequence.
    "rate_too_high": ("kl_blowup", "gradient_spikes", "oscillation"),
    "rate_too_low": ("learning_rate_low",),
    "reward_drowned": ("one_component",),
    "stopped_suddenly": (),  # the catalogue has no finding for it
    "temperature_low": ("diversity_loss",),
}
