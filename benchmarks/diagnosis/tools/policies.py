"""Runs whose texts are trajectories with tools, and the policies that several of them share."""

import random
from dataclasses import dataclass
from statistics import fmean

from benchmarks.diagnosis.field.runs import Moment, Run, rise
from benchmarks.diagnosis.field.texts import BOXED, solve
from benchmarks.diagnosis.tools.play import Play, Played, closing, formula, guess, lead, value

SYSTEM = (
    "You may call tools. A call is JSON between <tool_call> and </tool_call>, with name and arguments; the result comes "
    "in <tool_response>. Tools:\n"
)
CALCULATOR = '{"name": "calculator", "description": "Computes + - * / **.", "parameters": {"expression": "string"}}'
PYTHON_TOOL = (
    '{"name": "python", "description": "Runs Python and returns what it prints.", "parameters": {"code": "string"}}'
)
SEARCH = '{"name": "search", "description": "Looks a question up in the archive.", "parameters": {"query": "string"}}'


def tools(*named: str, max_turns: int = 4, **more) -> dict:
    """The arguments of a run with these tools."""
    made = {"system": "\n".join([SYSTEM + "\n".join(named), "", BOXED]), "multi_turn_scheduler": "tools"}
    made |= {
        "max_turns": max_turns,
        "stop_words": ["</tool_call>"],
        "max_completion_length": 512,
        "loss_scale": "default",
    }
    made |= {"external_plugins": ["plugin/plugin.py", "plugin/tools.py"], "vllm_mode": "server"}
    made |= {
        "vllm_server_host": ["127.0.0.1"],
        "vllm_server_port": [8000],
        "completion_length_limit_scope": "per_round",
    }
    return made | more


@dataclass
class ToolRun(Run):
    """A run whose texts are trajectories."""

    limit: int = 1_000_000  # a trajectory has no limit of its own: --max_completion_length is a turn's
    torn: bool = False  # trajectories.jsonl has an unreadable line, and its last line is torn

    def __post_init__(self) -> None:
        super().__post_init__()
        self.args = tools(CALCULATOR) | self.args
        self.arrange, inner = self.settle, self.line
        self.line = lambda line, step, t, rng: (line.update(self.turns), inner(line, step, t, rng))[0]

    def settle(self, rows: list[dict], rng: random.Random) -> list[dict]:
        """Lengths are those of sampled tokens; what the line gets besides is kept for it."""
        for row in rows:
            row["tokens"] = row["text"].sampled
            row["cut"] = bool(row["text"].trajectory) and row["text"].trajectory["stopped_by"] == "length"
        played = [row["text"].trajectory for row in rows]
        self.turns = {"num_turns": fmean(one["num_turns"] for one in played)} if all(played) else {}
        return rows


# ---------------------------------------------------------------------------------------------------- usual policies
def alone(m: Moment, right: bool, style: str = "inline") -> Played:
    """An answer without a tool."""
    return Play(style).end(solve(m.question, right, m.rng))


def calculated(m: Moment, right: bool, style: str = "inline") -> Played:
    """One call of the calculator and the answer that it gives; not right: the expression has a slip."""
    play, expression = Play(style), formula(m.question, not right, m.rng)
    result = value(expression)
    play.call(lead(m.question, m.rng), "calculator", {"expression": expression}, result)
    return play.end(closing(result, m.rng))


def stumbled(m: Moment, error: str, style: str = "inline") -> Played:
    """A call that goes wrong, then one that does not."""
    play, expression = Play(style), formula(m.question, False, m.rng)
    said = lead(m.question, m.rng)
    if error == "unparsed":
        play.call(
            said,
            None,
            f'{{"name": "calculator", "arguments": {{"expression": "{expression}"}}',
            "error: not JSON",
            error=error,
        )
    elif error == "raised":
        play.call(
            said, "calculator", {"expression": expression + " +"}, "error: the expression ends early", error=error
        )
    else:
        play.call(said, "calculator", {"formula": expression}, "error: calculator needs expression", error=error)
    result = value(expression)
    play.call("I try again.", "calculator", {"expression": expression}, result)
    return play.end(closing(result, m.rng))


def chance(m: Moment, low: float, high: float, power: float = 0.7) -> bool:
    """Whether what rises from low to high in the run happens now."""
    return m.rng.random() < rise(low, high, power)(m.t)


def itself(m: Moment, low: float, high: float) -> str:
    """The number that the policy finds without a tool, right with these chances."""
    return m.question.gold if chance(m, low, high) else guess(m.question, m.rng)


def parsed(text: Played, question) -> float:
    calls = [call for turn in text.trajectory["turns"] for call in turn.get("calls", [])]
    return float(bool(calls) and all(call["error"] != "unparsed" for call in calls))
