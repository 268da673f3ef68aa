"""Which findings name which kept kind: filled at scoring time by a third hand, not an author of kinds or diagnosis."""

ACCEPTED: dict[str, tuple[str, ...]] = {
    "all_solved": (),
    "answer_leaked": (),
    "counter": (),
    "duplicated_data": (),
    "gradient_spikes": (),
    "half_synced": (),
    "kl_blowup": (),
    "language_drift": (),
    "length_explosion": (),
    "loop_in_middle": (),
    "none_solved": (),
    "policy_collapse": (),
    "prompts_cut": (),
    "rate_too_high": (),
    "rate_too_low": (),
    "reward_drowned": (),
    "stopped_suddenly": (),
    "temperature_low": (),
}
