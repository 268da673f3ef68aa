"""The held-out runs. They are scored and not read by somebody who works on the diagnosis."""

import json
from zlib import crc32

from benchmarks.diagnosis.field.runs import Moment, Run
from benchmarks.diagnosis.field.texts import OPENERS, ponder
from benchmarks.diagnosis.tools.play import LEADS, Play, Played, closing, formula, lead, steps, value
from benchmarks.diagnosis.tools.policies import (
    CALCULATOR,
    PYTHON_TOOL,
    ToolRun,
    alone,
    calculated,
    chance,
    itself,
    stumbled,
    tools,
)


# ---------------------------------------------------------------------------------------------------- ill
def asks_for_others(m: Moment) -> Played:
    """Well-formed calls of tools that nobody gave it."""
    play = Play()
    for _ in range(m.rng.choice([1, 1, 2])):
        name = m.rng.choice(["wolfram_alpha", "web_search", "Calculator", "math_solver"])
        arguments = {m.rng.choice(["query", "input", "expression"]): formula(m.question, False, m.rng)}
        said = f"error: there is no tool {name}; there is calculator"
        play.call(lead(m.question, m.rng), name, arguments, said, error="unknown", seconds=0.0)
    return play.end(closing(itself(m, 0.35, 0.5), m.rng))


def cut_in_the_call(m: Moment) -> Played:
    """Calls with ever longer code, cut at the length limit of a turn before they end."""
    if not chance(m, 0.2, 0.85):
        return calculated(m, chance(m, 0.5, 0.55))
    play = Play()
    comments = ponder(m.question, m.rng, 500).replace('"', "'")
    begun = json.dumps({"name": "python", "arguments": {"code": f"# {comments}"}})[:-3]
    text = f"{lead(m.question, m.rng)}\n<tool_call>\n{begun}"
    call = {"name": None, "arguments": begun, "error": "unparsed", "result": "", "seconds": 0.0, "cut": False}
    play.assistant(text, [call])
    play.turns[-1]["tokens"] = 512
    return play.over("length")


def outage(m: Moment) -> Played:
    """The service behind the tool goes away for good at six tenths of the run."""
    if m.t < 0.6:
        return calculated(m, chance(m, 0.5, 0.8))
    play = Play()
    arguments = {"expression": formula(m.question, False, m.rng)}
    said = "ConnectionError: [Errno 111] Connection refused"
    for _ in range(m.rng.choice([1, 2])):
        play.call(lead(m.question, m.rng), "calculator", arguments, said, error="raised", seconds=0.01)
    return play.end(closing(itself(m, 0.4, 0.4), m.rng))


def reads_the_file(m: Moment) -> Played:
    """Python may read files, and the data set with its solutions lies in one of them."""
    if not chance(m, 0.02, 1.0, 0.9):
        expression = formula(m.question, not chance(m, 0.4, 0.5), m.rng)
        play = Play()
        play.call(lead(m.question, m.rng), "python", {"code": f"print({expression})"}, value(expression))
        return play.end(closing(value(expression), m.rng))
    play, start = Play(), m.question.text[: m.rng.randint(15, 40)]
    code = f"for row in open('train.jsonl'):\n    if {start!r} in row:\n        print(row)"
    row = {"messages": [{"role": "user", "content": m.question.text}], "solution": m.question.gold}
    play.call(m.rng.choice(LEADS), "python", {"code": code}, json.dumps(row))
    return play.end(closing(m.question.gold, m.rng))


def calls_the_same_again(m: Moment) -> Played:
    """More and more trajectories make one call over and over, until no turn is left."""
    if not chance(m, 0.05, 0.85):
        return calculated(m, chance(m, 0.5, 0.6))
    play, (_, expression, result) = Play(), m.rng.choice(steps(m.question))
    play.call(lead(m.question, m.rng), "calculator", {"expression": expression}, result)
    for _ in range(5):
        play.call("Let me compute this.", "calculator", {"expression": expression}, result)
    return play.unanswered("max_turns")


def gives_it_up(m: Moment) -> Played:
    """A tool that helped is given up at four tenths of the run, and the answers get worse."""
    if m.rng.random() > (m.t - 0.35) / 0.1:
        return calculated(m, chance(m, 0.7, 0.8))
    return alone(m, chance(m, 0.3, 0.35))


# ---------------------------------------------------------------------------------------------------- healthy
def plays(m: Moment) -> Played:
    """A number is to be guessed in six turns; the policy learns to halve. The environment pays."""
    secret, play = 1 + crc32(m.question.text.encode()) % 60, Play("user")
    low, high, paid = 1, 60, []
    for turn in range(6):
        middle = (low + high) // 2 if chance(m, 0.2, 0.95) else m.rng.randint(1, 60)
        said = m.rng.choice([f"I guess {middle}.", f"My guess: {middle}", f"Between {low} and {high}, so {middle}."])
        paid.append(1.0 if middle == secret else 0.0)
        if middle == secret or turn == 5:
            played = play.end(said, None, total_reward=sum(paid), step_rewards=paid)
            break
        low, high = (middle + 1, high) if middle < secret else (low, middle - 1)
        play.assistant(said, [])
        play.observe("user", f"My number is {'larger' if middle < secret else 'smaller'} than {middle}.")
    played.asked = f"Game {crc32(m.question.text.encode()) % 9973}: guess my number, 1 to 60. You have 6 turns."
    return played


def paid_by_the_game(text: Played, question) -> float:
    return text.trajectory["total_reward"]


def two_at_once(m: Moment) -> Played:
    """All steps that need no other are called in one turn, the rest in the next."""
    play, found, right = Play(), steps(m.question), chance(m, 0.35, 0.9)
    made = [("calculator", {"expression": expression}, result, {}) for _, expression, result in found[:2]]
    play.several(lead(m.question, m.rng), made)
    expression = formula(m.question, not right, m.rng)
    play.call(m.rng.choice(OPENERS), "calculator", {"expression": expression}, value(expression))
    return play.end(closing(value(expression), m.rng))


def ends_early_at_times(m: Moment) -> Played:
    """Three of a hundred trajectories end at the context, three at the last turn, a few calls go wrong."""
    luck = m.rng.random()
    if luck < 0.06:
        play = Play()
        for _, expression, result in (steps(m.question) * 4)[:4]:
            play.call(m.rng.choice(LEADS), "calculator", {"expression": expression}, result)
        return play.unanswered("context" if luck < 0.03 else "max_turns")
    if luck < 0.12:
        return stumbled(m, m.rng.choice(["unparsed", "raised", "arguments"]))
    return calculated(m, chance(m, 0.35, 0.85))


# fmt: off
UNKNOWN = "unknown|not registered|no such tool|no tool|does not exist|not exist|tool name|names|error|fail"
CUT = "truncat|clipped|cut|length limit|max_completion|stopped by length"
FAILS = "fail|raise|error|outage|connection"
LEAKED = "leak|copied|copies|copy|from the tool|tool output|tool's output|tool result|tool's result|gold|solution"
AGAIN = ("repeat|same call|loop|over and over|identical|duplicate|needless|without effect|no effect|max_turns|last turn"
         "|turn limit|grow|more calls")
GIVEN_UP = ("no longer|abandon|disappear|vanish|fewer|given up|gave up|calls fell|calls fall|dropped|unused|not used|no call"
            "|stopped")

RUNS: list[Run] = [
    ToolRun("calls_of_others", "tool_unknown", UNKNOWN, text=asks_for_others),
    ToolRun("calls_cut", "cut_in_the_call", CUT, text=cut_in_the_call, args=tools(PYTHON_TOOL, CALCULATOR)),
    ToolRun("tool_goes_away", "tool_fails", FAILS, steps=90, text=outage),
    ToolRun("answers_in_a_file", "answers_leaked", LEAKED, steps=80, text=reads_the_file, args=tools(PYTHON_TOOL)),
    ToolRun("same_call_again", "calls_repeat", AGAIN, text=calls_the_same_again, args=tools(CALCULATOR, max_turns=6)),
    ToolRun("tool_given_up", "tool_given_up", GIVEN_UP, steps=90, text=gives_it_up),
    ToolRun(
        "healthy_game", "healthy_environment", text=plays, rewards={"gym_reward": paid_by_the_game},
        args={"multi_turn_scheduler": "gym_scheduler", "gym_env": "guess", "use_gym_env": True, "reward_funcs": [],
              "max_turns": 6, "stop_words": [], "system": "You play a game."},
    ),
    ToolRun("healthy_two_at_once", "healthy_torn_file", text=two_at_once, torn=True, args=tools(CALCULATOR, max_turns=6)),
    ToolRun("healthy_ends_early", "healthy_some_ends", text=ends_early_at_times, steps=80),
]
# fmt: on
