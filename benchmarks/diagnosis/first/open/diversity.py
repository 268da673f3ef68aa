"""Entropy and diversity, gone or without bounds."""

from benchmarks.diagnosis.first.registry import illness
from benchmarks.diagnosis.first.run import Run


@illness("diversity_loss")
def diversity_loss(run: Run) -> None:
    """Members of a group are copies of each other. No entropy is logged."""
    run.onset()
    share, width = run.pick(0.95, 0.6, 0.3), run.rng.uniform(0.05, 0.35)
    run.settings.log_entropy = False
    run.says = f"{share:.0%} of the members copy another of their group"

    def policy(step, policy):
        now = run.ramp(step, width)
        policy.copy = share * now
        policy.entropy *= 1 - 0.9 * share * now

    run.on_policy.append(policy)


@illness("entropy_collapse")
def entropy_collapse(run: Run) -> None:
    """The entropy falls to nearly nothing and the samples grow alike."""
    run.onset(high=0.75)
    floor, copy, near = run.pick(0.02, 0.12, 0.3), run.pick(0.5, 0.22, 0.07), run.pick(0.35, 0.25, 0.12)
    width = run.rng.uniform(0.05, 0.3)
    run.settings.log_entropy = True
    run.settings.gain *= 0.7
    run.says = f"entropy falls to {floor:.0%} of what it was"

    def policy(step, policy):
        now = run.ramp(step, width)
        policy.entropy *= floor**now
        policy.copy, policy.near = copy * now, near * now
        policy.grad *= 1 - 0.4 * now

    run.on_policy.append(policy)


@illness("entropy_explosion")
def entropy_explosion(run: Run) -> None:
    """The entropy grows and the words lose their sense."""
    run.onset()
    factor, words, loss = run.pick(9.0, 4.0, 2.0), run.pick(0.7, 0.22, 0.06), run.pick(5.0, 1.3, 0.3)
    width = run.rng.uniform(0.05, 0.25)
    run.settings.log_entropy = True
    run.says = f"entropy grows {factor:g}-fold, {words:.0%} of the words are debris"

    def policy(step, policy):
        now = run.ramp(step, width)
        policy.entropy *= factor**now
        policy.corrupt = words * now
        policy.skill -= loss * now
        policy.reflections *= 1 + 0.5 * now * (factor > 3)
        policy.kl *= 1 + factor * now
        policy.grad *= 1 + 0.3 * factor * now

    run.on_policy.append(policy)
