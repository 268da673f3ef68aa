"""Which chart shows the subject of a finding, so that the page can link them."""

CHECKS = {  # a chart's id (facts/curves.py) -> the checks whose subject it shows
    "reward": "reward_saturated reward_collapse reward_constant oscillation resume",
    "solved": "saturated_prompts dead_prompts policy_collapse plateau reward_without_accuracy format_without_accuracy",
    "components": "one_component reward_missing verifier_disagreement",
    "zero": "zero_variance_wrong zero_variance_right advantages_wrong",
    "chars": "wrong_length_growth empty",
    "tokens": "too_short length_growth length_collapse",
    "clipped": "truncation open_thought",
    "kl": "wrong_reference kl_blowup rollout_mismatch",
    "entropy": "entropy_collapse entropy_blowup diversity_loss",
    "clip": "clip_ratio",
    "grad": "nan zero_gradient gradient_spikes gradient_blowup",
    "time": "stalls slow_steps",
    "evaluation": "eval_falls",
    "key learning_rate": "learning_rate_low learning_rate_ended",
}
# checks of the texts, the data or the log, which have no curve
WITHOUT = frozenset(
    """place_failure answer_leak prompt_cut duplicate_prompts gibberish strange_words repetition language_mixing boilerplate
    prompt_echo several_answers same_answer refusal symbols runs_on mixed_groups other_prompt correction_missing
    tool_times_out tool_fails calls_unparsed tools_unused calls_grow tool_leak answer_by_tool stopped_by_context
    stopped_by_length stopped_by_max_turns""".split()
)
_CHART_OF = {check: chart for chart, checks in CHECKS.items() for check in checks.split()}


def chart_of(check: str) -> str:
    """The id of the chart that shows a check's subject; "" where none does.

    >>> chart_of("kl_blowup"), chart_of("repetition")
    ('kl', '')
    """
    return _CHART_OF.get(check, "")
