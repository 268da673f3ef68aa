"""Lengths, loops and counters."""

from benchmarks.diagnosis.first.effects import answered, before_answer
from benchmarks.diagnosis.first.prose import BANKS
from benchmarks.diagnosis.first.registry import illness
from benchmarks.diagnosis.first.run import Run


@illness("length_explosion")
def length_explosion(run: Run) -> None:
    """Thoughts grow into the limit and lose their answers to it."""
    run.onset(high=0.75)
    r, s = run.rng, run.settings
    s.limit, s.growth = r.choice((256, 320, 384)), 0.1
    # The mean at the end in shares of what fits under the limit: about 25 tokens a sentence, 90 for the rest.
    fits = (s.limit - 90) / 14
    goal = run.pick(1.7, 1.0, 0.72) * fits
    width = r.uniform(0.1, 0.4)
    run.says = f"the thoughts grow to about {goal:.0f} remarks where {fits:.0f} fit"

    def policy(step, policy):
        now = run.ramp(step, width)
        policy.reflections *= (max(goal, policy.reflections) / max(0.5, policy.reflections)) ** now
        policy.entropy *= 1 + 0.3 * now

    run.on_policy.append(policy)


@illness("loop_in_middle")
def loop_in_middle(run: Run) -> None:
    """A sentence many times within the thought; then it goes on to the answer."""
    run.onset()
    share, width, r = run.pick(0.7, 0.25, 0.08), run.rng.uniform(0.0, 0.25), run.rng
    run.says = f"{share:.0%} of the completions repeat a sentence inside the thought"

    def text(sample, policy):
        if r.random() >= share * run.ramp(sample.step, width):
            return
        at = r.randrange(len(sample.sentences))
        pair = sample.sentences[at : at + r.choice((1, 1, 2))]
        words = sum(len(sentence.split()) for sentence in pair)
        room = max(3, int((sample.limit * 0.7 - sample.limit * 0.25) / (1.4 * words)))
        count = min(room, r.randint(6, 18))
        sentences = sample.sentences[:at] + pair * count + sample.sentences[at + len(pair) :]
        sample.text = answered(run.settings.style, " ".join(sentences), sample.answer)

    run.on_text.append(text)


@illness("counter")
def counter(run: Run) -> None:
    """Enumerations: numbers, letters of a list, terms of a sequence that nobody asked for."""
    run.onset()
    share, width, r = run.pick(0.7, 0.25, 0.08), run.rng.uniform(0.0, 0.25), run.rng
    run.says = f"{share:.0%} of the completions count up"

    def text(sample, policy):
        if r.random() >= share * run.ramp(sample.step, width):
            return
        first, by, count = r.randint(0, 5), r.choice((1, 1, 1, 2, 5)), r.randint(30, 110)
        numbers = range(first, first + by * count, by)
        way = r.randrange(3)
        if way == 0:
            listed = ", ".join(map(str, numbers))
        elif way == 1:
            listed = " ".join(f"{n}." for n in numbers)
        else:
            listed = " ".join(f"{n} + {by} = {n + by}," for n in list(numbers)[: count // 3])
        if r.random() < 0.4:
            sample.text = (
                ("<think>\n" if run.settings.style == "r1" else "") + sample.sentences[0] + " " + (listed + " ") * 8
            )
        else:
            sample.text = before_answer(sample.text, f"Counting: {listed}")

    run.on_text.append(text)


@illness("policy_collapse")
def policy_collapse(run: Run) -> None:
    """Late, within some steps: reward and accuracy fall, the text goes with them."""
    run.onset(low=0.55, high=0.9)
    loss, salad, broken = run.pick(9.0, 3.5, 1.6), run.pick(0.55, 0.15, 0.03), run.pick(0.9, 0.45, 0.15)
    width, r = run.rng.uniform(0.02, 0.1), run.rng
    remarks = BANKS[run.settings.language].reflections
    run.says = f"the policy loses {loss} logits, {salad:.0%} of the completions are debris"

    def policy(step, policy):
        now = run.ramp(step, width)
        policy.skill -= loss * now
        policy.format *= 1 - broken * now
        policy.salad = salad * now
        policy.entropy *= 1 + 0.4 * loss * now
        policy.kl *= 1 + 2.5 * loss * now
        edge = now > 0 and step < run.first_step + 12
        policy.grad *= 1 + (0.8 * loss if edge else 0.15 * loss) * now

    def text(sample, policy):
        if run.ramp(sample.step, width) and r.random() < 0.4 * salad:
            sample.text = (r.choice(remarks) + " ") * r.randint(3, 60)

    run.on_policy.append(policy)
    run.on_text.append(text)
