"""Turns and tools of multi-turn runs, from trajectories.jsonl."""

from dataclasses import replace
from functools import partial

from swift_grpo.printable import clean
from swift_grpo.rollouts.diagnosis.case import SHORT, Case, Level, Signal
from swift_grpo.rollouts.diagnosis.measures import level, of_level, unless_it_pays, wilson, worst_of
from swift_grpo.rollouts.facts.accuracy import need_accuracy
from swift_grpo.rollouts.facts.run_facts import Missing
from swift_grpo.rollouts.facts.trajectories import NOT_RUN


def _share(key: str, part: str, of: str = "offered") -> Level:
    """The level of a share, `part` of `of` of the counts, with the rollouts in which `part` is highest. It is only as sure
    as `of` is many: few calls prove little."""

    def measure(case: Case, warn: float) -> Signal:
        found, turns = of_level(case, case.shape(key, fewest=SHORT), key, warn, counted=True), case.facts.trajectories
        counts = turns.total(found.began, found.ended)
        said = f"{found.evidence}; {counts[part]:,} of {counts[of]:,} {'rollouts' if of == 'offered' else 'calls'}"
        least = min(found.least, wilson(min(1.0, found.value), counts[of]))
        return replace(found, least=least, evidence=said, ids=turns.ids(part, found.began, found.ended))

    return measure


def calls_unparsed(case: Case, warn: float) -> Signal:
    found = _share("tools/not_run", "not_run", "calls")(case, warn)
    counts = case.facts.trajectories.total(found.began, found.ended)
    why = ", ".join(f"{counts[error]:,} {said}" for error, said in NOT_RUN.items() if counts[error])
    cut = f"; in {counts['cut']:,} the turn was cut off" if counts["cut"] else ""
    return replace(found, evidence=f"{found.evidence}: {why or 'none'}{cut}")


def _of_tool(error: str, name: str, case: Case, warn: float) -> Signal:
    found = _share(f"tools/{error} {name}", f"{error} {name}", f"ran {name}")(case, warn)
    messages = [one for (kind, one), _ in case.facts.trajectories.tools[name].most_common() if kind == error and one]
    said = f"; most often “{clean(messages[0])}”" if messages else ""
    return replace(found, evidence=found.evidence + said, said={"tool": clean(name)})


def _worst_tool(error: str, case: Case, warn: float) -> Signal | None:
    tools = case.facts.trajectories.tools
    if not tools:
        raise Missing(case.facts.trajectories.lacks)
    return worst_of(*(partial(_of_tool, error, name) for name in tools))(case, warn)


tool_fails = partial(_worst_tool, "raised")
tool_times_out = partial(_worst_tool, "time")
tools_unused = unless_it_pays()(_share("tools/unused", "unused"))
stopped_by_context = _share("stopped/context", "stopped/context")
stopped_by_length = _share("stopped/length", "stopped/length")
stopped_by_max_turns = _share("stopped/max_turns", "stopped/max_turns")


@unless_it_pays()
def calls_grow(case: Case, _: float) -> Signal | None:
    shape = case.shape("tools/calls")
    change = case.greatest(shape, up=True)
    if change is None:
        return None
    found = case.changed(shape, change, "tools/calls")
    return replace(found, ids=case.facts.trajectories.ids("calls", found.began, found.ended))


def tool_leak(case: Case, warn: float) -> Signal:
    return _of_sample(case, warn, "text/tool_leak", "a `solution` in completions.jsonl, and results of tools")


def answer_by_tool(case: Case, warn: float) -> Signal:
    if not case.index.knows_right:
        raise Missing(need_accuracy(case.index))
    return _of_sample(case, warn, "text/tool_answer", "right answers, and results of tools")


def _of_sample(case: Case, warn: float, key: str, needs: str) -> Signal:
    if key not in case.facts.sampled:
        raise Missing(needs if case.facts.trajectories.present else case.facts.trajectories.lacks)
    return level(key, text=True)(case, warn)
