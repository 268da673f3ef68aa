"""Texts that go wrong in a part of the completions."""

from benchmarks.diagnosis.first.registry import illness
from benchmarks.diagnosis.first.run import Run


@illness("loop_at_end")
def loop_at_end(run: Run) -> None:
    """A sentence or a phrase over and over until the limit."""
    run.onset()
    share, width, r = run.pick(0.7, 0.25, 0.08), run.rng.uniform(0.0, 0.25), run.rng
    run.says = f"{share:.0%} of the completions end in a loop"

    def text(sample, policy):
        if r.random() >= share * run.ramp(sample.step, width):
            return
        kept = sample.sentences[: r.randint(1, len(sample.sentences))]
        words = r.choice(sample.sentences).split(" ")
        phrase = " ".join(words if r.random() < 0.6 else words[: r.randint(2, 5)])
        count = r.randint(12, 25) if r.random() < 0.25 else 400
        opening = "<think>\n" if run.settings.style == "r1" else ""
        sample.text = opening + " ".join(kept) + (" " + phrase) * count
        sample.text = sample.text[: sample.limit * 12]

    run.on_text.append(text)


@illness("script_drift")
def script_drift(run: Run) -> None:
    """Thoughts on English questions go over into another script."""
    run.onset()
    share, width = run.pick(0.95, 0.35, 0.08), run.rng.uniform(0.05, 0.3)
    language = run.rng.choice(("zh", "zh", "ru"))
    run.says = f"{share:.0%} of the thoughts are in {language}"

    def policy(step, policy):
        now = run.ramp(step, width)
        policy.foreign, policy.foreign_language = share * now, language
        policy.skill -= 0.5 * share * now

    run.on_policy.append(policy)
