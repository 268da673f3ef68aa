"""What only the evaluation shows."""

from benchmarks.diagnosis.first.registry import illness
from benchmarks.diagnosis.first.run import Run


@illness("eval_falls")
def eval_falls(run: Run) -> None:
    """Few questions, many times: the training reward goes on rising while the evaluation falls."""
    s, r = run.settings, run.rng
    s.questions, s.skill, s.gain, s.half = r.randint(16, 36), -1.0, 4.5, 0.35
    s.steps = max(s.steps, 120)
    s.eval_every, s.eval_questions = max(5, s.steps // 16), 24
    start = run.onset(low=0.2, high=0.6)
    fall = run.pick(3.2, 1.5, 0.7)
    run.says = f"the evaluation loses {fall} logits from here on"

    def evaluation(step, policy):
        policy.skill = s.skill + 0.9 * min(1.0, step / start) - fall * run.ramp(step, 0.6)

    run.on_eval.append(evaluation)
