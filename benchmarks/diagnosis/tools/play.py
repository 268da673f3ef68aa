# ruff: noqa: RUF001
"""One trajectory with tools, turn by turn, and what it leaves in the files of a run."""

import json
import random

from benchmarks.diagnosis.field.texts import CLOSERS, OPENERS, Question, tokens, work_out

PYTHON = {"×": "*", "/": "/", "+": "+", "-": "-"}
LEADS = (
    "Let me compute this.|I use the tool for this.|I'd rather calculate that exactly.|Now the calculation:|"
    "I will check the number with the tool.|Next step:|This needs a calculation."
).split("|")


class Played(str):
    """The completion as it stands in completions.jsonl; `trajectory` is its element of trajectories.jsonl."""

    trajectory: dict | None = None
    asked = ""  # the first turn of the user, where an environment says it
    earlier = ""  # what the prompt holds of earlier turns, where turns are not inline

    @property
    def sampled(self) -> int:
        return self.trajectory["sampled_tokens"] if self.trajectory else tokens(self) + 1


class Play:
    """A trajectory under way. `style`: inline, or user (each result is a turn of its own)."""

    def __init__(self, style: str = "inline") -> None:
        self.style, self.turns = style, []

    def call(self, said: str, name: str | None, arguments: dict | str, result: str, **more) -> None:
        """A turn with one call, and its result; arguments that are a str are what stands in a tag that does not parse."""
        self.several(said, [(name, arguments, result, more)])

    def several(self, said: str, made: list[tuple[str | None, dict | str, str, dict]]) -> None:
        calls, tags = [], []
        for name, arguments, result, more in made:
            body = arguments if isinstance(arguments, str) else json.dumps({"name": name, "arguments": arguments})
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            tags.append(f"<tool_call>\n{body}\n</tool_call>")
            call = {"name": name, "arguments": text, "error": None, "result": result, "seconds": 0.002, "cut": False}
            calls.append(call | more)
        self.assistant("\n".join([said, *tags]), calls)
        self.observe("tool", "\n".join(f"<tool_response>\n{call['result']}\n</tool_response>" for call in calls))

    def assistant(self, text: str, calls: list[dict]) -> None:
        self.turns.append({"role": "assistant", "text": text, "tokens": tokens(text) + 1, "calls": calls})

    def observe(self, role: str, text: str) -> None:
        self.turns.append({"role": role, "text": text, "tokens": tokens(text) + 4})

    def unanswered(self, stopped_by: str) -> Played:
        """The end right behind the last call, whose result never came."""
        self.turns.pop()
        for call in self.turns[-1]["calls"]:
            call |= {"result": "", "seconds": 0.0, "cut": False}
        return self.over(stopped_by)

    def end(self, said: str, stopped_by: str | None = "answer", **more) -> Played:
        self.assistant(said, [])
        return self.over(stopped_by, **more)

    def over(self, stopped_by: str | None, **more) -> Played:
        """`more` are further keys of the trajectory."""
        ours = [turn for turn in self.turns if turn["role"] == "assistant"]
        calls = [call for turn in ours for call in turn["calls"]]
        parts = [t["text"] if t["role"] == "assistant" else f"\n{t['text']}\n" for t in self.turns]
        played = Played("".join(parts) if self.style == "inline" else ours[-1]["text"])
        if self.style == "user":
            marked = [(t["role"].replace("tool", "user"), t["text"]) for t in self.turns[:-1]]
            texts = [text if role == "assistant" else f"<|im_start|>user\n{text}" for role, text in marked]
            between = [f"{text}<|im_end|>\n" for text in texts]
            starts = ["<|im_start|>assistant\n" if role == "user" else "" for role, _ in marked]
            played.earlier = "".join(a + b for a, b in zip(between, starts, strict=True))
        played.trajectory = {
            "turns": self.turns,
            "tool_calls": len(calls),
            "tool_errors": sum(call["error"] is not None for call in calls),
            "tool_seconds": round(sum(call["seconds"] for call in calls), 3),
            "sampled_tokens": sum(turn["tokens"] for turn in ours),
            "masked_tokens": sum(turn["tokens"] for turn in self.turns if turn["role"] != "assistant"),
            "stopped_by": stopped_by,
            "num_turns": len(ours),
        } | more
        return played


# ---------------------------------------------------------------------------------------------------- what a policy says
def formula(question: Question, slip: bool, rng: random.Random) -> str:
    """The question as one expression for a calculator; with a slip one of its numbers is wrong."""
    values = dict(question.parts["values"])
    used = [key for _, *sides in question.parts["steps"] for key in sides[::2] if key[0] != "#"]
    if slip:
        values[rng.choice(used)] += rng.choice([1, 2, 3, 5, 10])
    made: list[str] = []
    for _, left, operator, right in question.parts["steps"]:
        a, b = (made[int(key[1:])] if key[0] == "#" else str(values[key]) for key in (left, right))
        made.append(f"({a} {PYTHON[operator]} {b})")
    return made[-1][1:-1] if rng.random() < 0.7 else made[-1][1:-1].replace(" ", "")


def value(expression: str) -> str:
    """What a calculator answers; the expression is our own."""
    result = eval(expression)
    return str(int(result)) if result == int(result) else f"{result:.6g}"


def lead(question: Question, rng: random.Random) -> str:
    what = rng.choice(question.parts["steps"])[0]
    plan = rng.choice([f"I need {what}.", f"The question asks for {what}.", f"First comes {what}.", ""])
    return " ".join(part for part in (rng.choice(OPENERS), plan, rng.choice(LEADS)) if part)


def closing(number: str, rng: random.Random) -> str:
    return rng.choice(CLOSERS).format(f=f"\\boxed{{{number}}}")


def guess(question: Question, rng: random.Random) -> str:
    """A wrong number that is near."""
    return str(int(question.gold) + rng.choice([-30, -12, -10, -7, -2, -1, 1, 3, 9, 10, 21]))


def steps(question: Question) -> list[tuple[str, str, str]]:
    """(what, expression, result) of each step."""
    return [(what, f"{a} {PYTHON[op]} {b}", str(result)) for what, a, op, b, result in work_out(question.parts)]
