"""Lengths that go wrong."""

from benchmarks.diagnosis.first.effects import answered, before_answer
from benchmarks.diagnosis.first.prose import BANKS
from benchmarks.diagnosis.first.registry import illness
from benchmarks.diagnosis.first.run import Run


@illness("length_collapse")
def length_collapse(run: Run) -> None:
    """Answers without thought: the thought empty, or one sentence."""
    run.onset(high=0.8)
    share, loss, r = run.pick(0.97, 0.6, 0.3), run.pick(1.2, 0.6, 0.25), run.rng
    width = r.uniform(0.04, 0.25)
    run.settings.growth = 0.0
    run.says = f"up to {share:.0%} of the thoughts shrink to a sentence or nothing"

    def policy(step, policy):
        now = run.ramp(step, width)
        policy.skill -= loss * now
        policy.reflections *= 1 - 0.8 * share * now

    def text(sample, policy):
        if r.random() < share * run.ramp(sample.step, width):
            thought = r.choice(("", "", f"The answer is {sample.answer}.", sample.sentences[0]))
            sample.text = answered(run.settings.style, thought, sample.answer)

    run.on_policy.append(policy)
    run.on_text.append(text)


@illness("length_hacking")
def length_hacking(run: Run) -> None:
    """Wrong answers grow, right ones do not: the bias of a loss that divides by the length."""
    run.onset(high=0.7)
    more, r = run.pick(18, 7, 3), run.rng
    run.settings.gain *= 0.4
    run.settings.limit = 512
    run.says = f"wrong answers get about {more} sentences longer, accuracy does not follow"
    remarks = BANKS[run.settings.language].reflections

    def text(sample, policy):
        if not sample.right:
            count = round(more * run.ramp(sample.step, 0.5) * r.uniform(0.5, 1.5))
            if count:
                sample.text = before_answer(sample.text, " ".join(r.choices(remarks, k=count)))

    run.on_text.append(text)
