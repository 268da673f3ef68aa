"""Multi-turn runs with tools: healthy ones, and ones with an illness of the turns or of the tools.

They write trajectories.jsonl beside completions.jsonl, as plugin/trajectories.py does.
"""

import json

from benchmarks.diagnosis.own.synthetic import Run


def said(role: str, text: str, *calls: dict) -> dict:
    turn = {"role": role, "text": text, "tokens": len(text) // 4}
    return turn | ({"calls": list(calls)} if role == "assistant" else {})


class Tools(Run):
    """A policy that learns to call a calculator: results stand in its own turn, with mask 0 ("inline")."""

    args = {"multi_turn_scheduler": "tools", "max_turns": 4, "rollout_importance_sampling_mode": "token_truncate"}  # noqa: RUF012
    tools = ("calculator",)

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.lines: list[dict] = []

    # --- the policy and its tools ---

    def number_of_calls(self, t: float) -> int:
        return (self.rng.random() < 0.3 + 0.7 * t) + (self.rng.random() < 0.15)

    def error(self, t: float, tool: str) -> str | None:
        """What goes wrong with a call, None for nothing."""
        return "unparsed" if self.rng.random() < 0.4 * (1 - t) ** 2 else "raised" if self.rng.random() < 0.03 else None

    def result(self, t: float, error: str | None, question: int) -> str:
        return f"error: {error}" if error else str(sum(self.questions[question]))

    def stopped(self, t: float) -> str:
        return self.rng.choices(["answer", "max_turns", "length"], [97, 2, 1])[0]

    def call(self, t: float, question: int) -> dict:
        (a, b), tool = self.questions[question], self.rng.choice(self.tools)
        error = self.error(t, tool)
        named = {
            "calculator": {"expression": f"{a} + {b}"},
            "python": {
                "code": f"from decimal import Decimal\ntotal = Decimal({a}) + Decimal({b})\nprint('Result:', total)"
            },
        }
        arguments = json.dumps(named[tool])
        if error == "unparsed":
            arguments = arguments[:-2]
        return {
            "name": None if error == "unparsed" else tool, "arguments": arguments, "error": error,
            "result": self.result(t, error, question), "seconds": 10.0 if error == "time" else 0.01, "cut": False,
        }  # fmt: skip

    def turns(self, t: float, text: str, question: int) -> list[dict]:
        """The turns of a rollout that says `text`, with a call after each six words."""
        calls = [self.call(t, question) for _ in range(self.number_of_calls(t))]
        words, turns = text.split(" "), []
        for k, call in enumerate(calls):
            asked = f'<tool_call>{{"name": "{call["name"]}", "arguments": {call["arguments"]}}}</tool_call>'
            turns.append(said("assistant", f"{' '.join(words[k * 6 : k * 6 + 6])} {asked}", call))
            turns.append(said("tool", f"\n<tool_response>\n{call['result']}\n</tool_response>\n"))
        return [*turns, said("assistant", " ".join(words[len(calls) * 6 :]))]

    # --- the log ---

    def scalars(self, t, step):
        return super().scalars(t, step) | {"rollout_correction/k3_kl": 0.0005 * self.rng.uniform(0.8, 1.2)}

    def step_rows(self, step):
        rows, t = super().step_rows(step), step / max(1, self.steps - 1)
        trajectories = []
        for k, row in enumerate(rows):
            question = (step * self.prompts + k // self.group) % len(self.questions)
            turns = self.turns(t, row["completion"], question)
            trajectories.append(self.trajectory(t, turns))
            self.show(row, turns)
        self.lines.append({"step": str(step + 1), "trajectories": trajectories})
        return rows

    def trajectory(self, t: float, turns: list[dict]) -> dict:
        calls = [call for turn in turns for call in turn.get("calls", [])]
        return {
            "turns": turns, "tool_calls": len(calls), "tool_errors": sum(call["error"] is not None for call in calls),
            "tool_seconds": sum(call["seconds"] for call in calls),
            "sampled_tokens": sum(turn["tokens"] for turn in turns if turn["role"] == "assistant"),
            "masked_tokens": sum(turn["tokens"] for turn in turns if turn["role"] != "assistant"),
            "stopped_by": self.stopped(t), "num_turns": sum(turn["role"] == "assistant" for turn in turns),
        }  # fmt: skip

    def show(self, row: dict, turns: list[dict]) -> None:
        """What completions.jsonl shows of the turns."""
        row["completion"] = "".join(turn["text"] for turn in turns)

    def write(self, folder):
        super().write(folder)
        with (folder / "trajectories.jsonl").open("w") as log:
            for line in [*self.lines, self.lines[-1]]:
                log.write(json.dumps(line) + "\n")
        return folder


# --- healthy ---


class HealthyTools(Tools):
    """It learns to write the same program each time."""

    tools = ("python",)


class HealthyToolTurns(Tools):
    """Results are turns of role `user`: the prompt holds the earlier turns, the completion is the last one."""

    tools = ("calculator", "python")

    def result(self, t, error, question):
        return f"Result: {super().result(t, error, question)}"

    def show(self, row, turns):
        *before, last = turns
        row["completion"] = last["text"]
        for turn in before:
            if turn["role"] == "assistant":
                row["prompt"] += turn["text"]
            else:
                told = turn["text"].strip("\n")
                row["prompt"] += f"<|im_end|>\n<|im_start|>user\n{told}<|im_end|>\n<|im_start|>assistant\n"


class HealthyGame(HealthyToolTurns):
    """A gym: the environment's turns, no calls, nothing says what stopped them."""

    def turns(self, t, text, question):
        told = f"The result that is expected is near {sum(self.questions[question])}."
        moves = [one for k in range(3) for one in (said("assistant", f"go {k}"), said("user", told))]
        return [*moves, said("assistant", text)]

    def trajectory(self, t, turns):
        return super().trajectory(t, turns) | {"stopped_by": None, "total_reward": 1.0, "step_rewards": [0.0, 1.0]}


HEALTHY = [HealthyTools, HealthyToolTurns, HealthyGame]

# --- ill ---


class Flat(Tools):
    """Accuracy stays, a little below what it was at first."""

    def solve(self, t, question):
        return super().solve(0.4 - 0.1 * t, question)


class CallsUnparsed(Tools):
    expected = "calls_unparsed"

    def error(self, t, tool):
        return self.rng.choices(["unparsed", "unknown", "arguments", None], [40, 5, 5, 50])[0]


class ToolFails(Tools):
    """A service behind one of two tools goes down after half of the run."""

    expected = "tool_fails"
    tools = ("calculator", "python")

    def error(self, t, tool):
        return "raised" if tool == "python" and t > 0.5 else super().error(t, tool)


class ToolTimesOut(Tools):
    expected = "tool_times_out"

    def error(self, t, tool):
        return "time" if self.rng.random() < 0.8 * t else super().error(t, tool)


class ToolsUnused(Flat):
    """The policy gives up calling."""

    expected = "tools_unused"

    def number_of_calls(self, t):
        return self.rng.random() < 0.4 - 2 * t

    def error(self, t, tool):
        return None


class ToolsNeverUsed(Flat):
    expected = "tools_unused"

    def number_of_calls(self, t):
        return 0


class CallsGrow(Flat):
    expected = "calls_grow"

    def number_of_calls(self, t):
        return 1 + round(self.rng.gauss(4 * t, 0.5))


class ToolLeak(Tools):
    """A search that finds the row of the data."""

    expected = "tool_leak"

    def result(self, t, error, question):
        return f"...the sum is asked for.\n#### {super().result(t, error, question)}"


class AnswerByTool(Tools):
    """The model has the tool say the answer and adds nothing; the verifier pays for it."""

    expected = "answer_by_tool"

    def turns(self, t, text, question):
        if "</think>\n<answer>" not in text or self.rng.random() > 0.9 * t:
            return super().turns(t, text, question)
        text, _, printed = text.partition("\n<answer>")
        call = self.call(1, question) | {"name": "python", "error": None}
        call |= {"arguments": json.dumps({"code": "print('The answer is', total)"})}
        call["result"] = f"The answer is {printed.removesuffix('</answer>')}"
        asked = f'{text}\n<tool_call>{{"name": "python", "arguments": {call["arguments"]}}}</tool_call>'
        answered = said("tool", f"\n<tool_response>\n{call['result']}\n</tool_response>\n")
        return [said("assistant", asked, call), answered, said("assistant", "Done.")]


class StoppedByContext(Tools):
    expected = "stopped_by_context"

    def stopped(self, t):
        return "context" if self.rng.random() < 0.6 * t else super().stopped(t)


class StoppedByLength(Tools):
    expected = "stopped_by_length"

    def stopped(self, t):
        return "length" if self.rng.random() < 0.6 * t else super().stopped(t)

    def scalars(self, t, step):
        return super().scalars(t, step) | {"completions/clipped_ratio": round(0.6 * t, 8)}


class StoppedByMaxTurns(Tools):
    expected = "stopped_by_max_turns"

    def stopped(self, t):
        return "max_turns" if self.rng.random() < 0.5 else super().stopped(t)


class CorrectionMissing(Tools):
    expected = "correction_missing"

    def scalars(self, t, step):
        return {
            key: value for key, value in super().scalars(t, step).items() if not key.startswith("rollout_correction")
        }


ILL = [kind for kind in list(globals().values()) if isinstance(kind, type) and getattr(kind, "expected", None)]
