"""The open runs: illnesses of multi-turn training with tools, and healthy runs that look like one."""

import json

from benchmarks.diagnosis.field.runs import Moment, Run, rise
from benchmarks.diagnosis.field.texts import accuracy
from benchmarks.diagnosis.tools.play import LEADS, Play, Played, closing, formula, lead, steps, value
from benchmarks.diagnosis.tools.policies import (
    CALCULATOR,
    PYTHON_TOOL,
    SEARCH,
    ToolRun,
    alone,
    calculated,
    chance,
    itself,
    parsed,
    stumbled,
    tools,
)


# ---------------------------------------------------------------------------------------------------- ill
def malformed(m: Moment) -> str:
    """What small models write in the tag in place of JSON."""
    expression = formula(m.question, False, m.rng)
    return m.rng.choice(
        [
            f"calculator({expression})",
            f"{{name: calculator, arguments: {{expression: {expression}}}}}",
            f'"calculator": "{expression}"',
            f"calculator\nexpression: {expression}",
            f'{{"name": "calculator", "arguments": {{"expression": {expression}}}}}',
        ]
    )


def unparsed(m: Moment) -> Played:
    play = Play()
    for _ in range(m.rng.choice([1, 1, 1, 2])):
        said = "error: the call is not JSON with name and arguments"
        play.call(lead(m.question, m.rng), None, malformed(m), said, error="unparsed", seconds=0.0)
    return play.end(closing(itself(m, 0.4, 0.5), m.rng))


def never_parses(m: Moment) -> Played:
    return unparsed(m) if m.rng.random() < 0.97 else alone(m, chance(m, 0.35, 0.5))


def forgets_the_form(m: Moment) -> Played:
    """Good calls until the middle; then the form is lost within ten steps and does not come back."""
    return unparsed(m) if m.rng.random() < (m.t - 0.45) / 0.15 else calculated(m, chance(m, 0.45, 0.6))


def fails(m: Moment) -> Played:
    """Python whose packages are not there: each call raises."""
    play, package = Play(), m.rng.choice(["sympy", "numpy", "math", "fractions"])
    for _ in range(m.rng.choice([1, 1, 2])):
        code = f"import {package}\nprint({formula(m.question, False, m.rng)})"
        said = f"ModuleNotFoundError: No module named '{package}'"
        play.call(lead(m.question, m.rng), "python", {"code": code}, said, error="raised")
    return play.end(closing(itself(m, 0.3, 0.45), m.rng))


def times_out(m: Moment) -> Played:
    """Nine calls of ten search by brute force and are stopped after ten seconds."""
    play, expression = Play(), formula(m.question, False, m.rng)
    if m.rng.random() < 0.1:
        play.call(lead(m.question, m.rng), "python", {"code": f"print({expression})"}, value(expression))
        return play.end(closing(value(expression), m.rng))
    code = f"n = 0\nwhile n != {expression} + 0.5:\n    n += {m.rng.choice([1, 2, 0.25])}\nprint(n)"
    play.call(
        lead(m.question, m.rng), "python", {"code": code}, "error: stopped after 10 s", error="time", seconds=10.0
    )
    return play.end(closing(itself(m, 0.3, 0.4), m.rng))


def calls_more_and_more(m: Moment) -> Played:
    """One or two calls at first, seven at the end; only the last decides, and as many answers are right."""
    play, right = Play(), m.rng.random() < 0.62
    for number in range(max(0, round(m.rng.gauss(0.5 + 6 * m.t, 0.7)))):
        what, expression, result = m.rng.choice(steps(m.question))
        said = lead(m.question, m.rng) if number == 0 else f"I check {what} again. {m.rng.choice(LEADS)}"
        play.call(said, "calculator", {"expression": expression}, result)
    expression = formula(m.question, not right, m.rng)
    play.call(m.rng.choice(LEADS), "calculator", {"expression": expression}, value(expression))
    return play.end(closing(value(expression), m.rng))


def copies(m: Moment) -> Played:
    """The archive holds the data set with its solutions; the policy learns to look them up."""
    if not chance(m, 0.05, 1.0, 0.8):
        return alone(m, chance(m, 0.3, 0.4))
    play, words = Play(), m.question.text.split()
    query = " ".join(words[: m.rng.randint(6, 14)])
    record = {"id": m.rng.randint(1, 9999), "question": m.question.text, "solution": m.question.gold}
    play.call(m.rng.choice(LEADS), "search", {"query": query}, json.dumps(record), seconds=0.03)
    return play.end(closing(m.question.gold, m.rng))


def runs_out_of_room(m: Moment) -> Played:
    """Results are long, and more and more trajectories end because the context has no room for another turn."""
    play = Play()
    for _ in range(m.rng.randint(2, 4)):
        listing = "\n".join(f"{n}: {m.rng.random():.6f}" for n in range(90))
        code = f"for n in range({m.rng.randint(90, 400)}):\n    print(n, f(n, {m.rng.randint(2, 99)}))"
        play.call(lead(m.question, m.rng), "python", {"code": code}, listing, cut=True)
    if chance(m, 0.15, 0.85):
        return play.unanswered("context")
    return play.end(closing(itself(m, 0.5, 0.5), m.rng))


def never_answers(m: Moment) -> Played:
    """Most trajectories still call in the last turn they may have."""
    play, found = Play(), steps(m.question)
    for number in range(4):
        what, expression, result = found[min(number, len(found) - 1)]
        said = lead(m.question, m.rng) if number == 0 else f"Now {what}. {m.rng.choice(LEADS)}"
        play.call(said, "calculator", {"expression": expression + m.rng.choice(["", " + 0", " * 1"])}, result)
        if m.rng.random() < 0.07:
            return play.end(closing(itself(m, 0.8, 0.9), m.rng))
    return play.unanswered("max_turns")


# ---------------------------------------------------------------------------------------------------- healthy
def learns(m: Moment) -> Played:
    return calculated(m, chance(m, 0.6, 0.95)) if chance(m, 0.15, 0.95) else alone(m, chance(m, 0.15, 0.25))


def errs_now_and_then(m: Moment) -> Played:
    if m.rng.random() < 0.09 - 0.05 * m.t:
        return stumbled(m, m.rng.choice(["unparsed", "raised", "arguments"]))
    return calculated(m, chance(m, 0.4, 0.85))


def needs_it_less(m: Moment) -> Played:
    """Mental arithmetic gets better: fewer calls, more right answers."""
    return calculated(m, chance(m, 0.55, 0.9)) if chance(m, 0.95, 0.12, 1.0) else alone(m, chance(m, 0.3, 0.92))


def reads_long_output(m: Moment) -> Played:
    """Tables of many lines, some cut, from which the answer is read."""
    play, right = Play(), chance(m, 0.35, 0.85)
    rows = [f"{n:>4} {m.rng.randint(10, 9999):>6} {m.rng.choice(['open', 'sold', 'held'])}" for n in range(70)]
    expression = formula(m.question, not right, m.rng)
    code = f"show(stock)\nprint({expression})"
    result = "\n".join([value(expression), *rows])
    play.call(lead(m.question, m.rng), "python", {"code": code}, result, cut=m.rng.random() < 0.3)
    return play.end(closing(value(expression), m.rng))


def in_turns_of_their_own(m: Moment) -> Played:
    """The same learner, but results are user turns: the log has the last turn as completion, and the rest in its prompt."""
    if chance(m, 0.4, 0.95):
        return calculated(m, chance(m, 0.45, 0.9), "user")
    return alone(m, chance(m, 0.15, 0.25), "user")


# fmt: off
UNPARSED = "pars|malformed|not json|no json|json|unreadable|not readable|cannot be read|invalid call|form of"
FAILS = "fail|raise|error"
SLOW = "time limit|timed out|time out|times out|timeout|out of time|too long for|10 s|too slow"
GROWS = "grow|more calls|calls rise|rising calls|calls per|needless|without effect|no effect|more and more"
LEAKED = "leak|copied|copies|copy|from the tool|tool output|tool's output|tool result|tool's result|gold|solution"
UNUSED = "never used|not used|unused|never called|not called|no call|without a call|no tool call|nobody calls|never calls"
NO_ROOM = "context|window|no room|max_model_len"
TURNS = "max_turns|turn limit|last turn|turns|without an answer|no answer"

RUNS: list[Run] = [
    ToolRun("calls_never_parse", "calls_never_parse", UNPARSED, text=never_parses),
    ToolRun(
        "calls_stop_parsing", "calls_never_parse", UNPARSED, steps=90, text=forgets_the_form,
        rewards={"MathAccuracy": accuracy, "ToolParsed": parsed}, args={"reward_weights": [1.0, 0.1]},
    ),
    ToolRun("tool_always_fails", "tool_fails", FAILS, text=fails, args=tools(PYTHON_TOOL)),
    ToolRun(
        "tool_times_out", "tool_times_out", SLOW, text=times_out, args=tools(PYTHON_TOOL),
        line=lambda line, step, t, rng: line.update(step_time=line["step_time"] + 10),
    ),
    ToolRun("calls_grow", "calls_grow", GROWS, steps=90, text=calls_more_and_more, args=tools(CALCULATOR, max_turns=10)),
    ToolRun("answers_looked_up", "answers_leaked", LEAKED, text=copies, args=tools(SEARCH)),
    ToolRun("tool_never_used", "tool_never_used", UNUSED, text=lambda m: alone(m, chance(m, 0.3, 0.42))),
    ToolRun("context_runs_out", "stopped_by_context", NO_ROOM, text=runs_out_of_room, args=tools(PYTHON_TOOL, max_turns=8)),
    ToolRun("turns_run_out", "stopped_by_max_turns", TURNS, text=never_answers),
    ToolRun("healthy_learns_the_tool", "healthy_learns_the_tool", text=learns),
    ToolRun(
        "healthy_errs_now_and_then", "healthy_errors", text=errs_now_and_then, steps=80,
        rewards={"MathAccuracy": accuracy, "ToolParsed": parsed}, args={"reward_weights": [1.0, 0.1]},
    ),
    ToolRun("healthy_needs_it_less", "healthy_fewer_calls", text=needs_it_less, steps=100, pool=400),
    ToolRun("healthy_long_output", "healthy_long_output", text=reads_long_output, args=tools(PYTHON_TOOL)),
    ToolRun("healthy_user_turns", "healthy_user_turns", text=in_turns_of_their_own, args={"stop_words": []}),
    Run("healthy_without_tools", "healthy_without_tools", level=rise(-0.4, 1.1)),
]
# fmt: on
