"""A run with tools as ms-swift and plugin/trajectories.py write it: three steps of two groups of four.

Step 1 continues a turn after its call (inline), step 2 answers with a turn of the user, step 3 is an environment.
Among them are every error, a cut result and every way in which a trajectory stops.

python -m tests.rollouts.tools_run FOLDER
"""

import json
import sys
from pathlib import Path

from benchmarks.diagnosis.own.synthetic import line_and_metrics

G = 4
LONG = "\n".join(f"{k} squared is {k * k}" for k in range(1, 40))


def call(arguments: dict | str, result: str, error: str | None = None, name: str | None = "calculator", **more) -> dict:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    known = {"name": None if error == "unparsed" else name, "arguments": text, "error": error, "result": result}
    return known | {"seconds": 0.0123, "cut": False} | more


def said(thought: str, *calls: dict) -> dict:
    written = [one["arguments"] if one["name"] is None else
               json.dumps({"name": one["name"], "arguments": json.loads(one["arguments"])}) for one in calls]  # fmt: skip
    text = f"<think>{thought}</think>\n" + "\n".join(f"<tool_call>{one}</tool_call>" for one in written)
    return {"role": "assistant", "text": text, "tokens": len(text) // 4, "calls": list(calls)}


def told(*calls: dict) -> dict:
    text = "\n".join(f"<tool_response>\n{one['result']}\n</tool_response>" for one in calls)
    return {"role": "tool", "text": text, "tokens": len(text) // 4}


def final(text: str) -> dict:
    return {"role": "assistant", "text": text, "tokens": len(text) // 4, "calls": []}


def stories() -> list[list[tuple[str, float, list[dict]]]]:
    """Two groups; each member: what stopped it, its accuracy, its turns."""
    right = call({"expression": "17 * 24"}, "408")
    bad = call({"formula": "17 * 24"}, "calculator takes expression, not formula", "arguments")
    torn = call('{"name": "calculator", "arguments": {"expression": "17 * 2', "This is not JSON.", "unparsed")
    raised = call({"code": "print(17 * 24 / 0)"}, "ZeroDivisionError: division by zero", "raised", "python")
    unknown = call(
        {"query": "sum of squares"}, "There is no tool search. The tools: calculator, python.", "unknown", "search"
    )
    slow = call({"code": "while True:\n    pass"}, "stopped after 10 s", "time", "python", seconds=10.004)
    flood = call(
        {"code": "for k in range(1, 10**6):\n    print(k, 'squared is', k * k)"}, LONG, None, "python", cut=True
    )
    two = [call({"expression": "39 * 40 * 79"}, "123240"), call({"expression": "123240 / 6"}, "20540")]
    return [
        [
            ("answer", 1.0, [said("I multiply.", right), told(right), final("<answer>408</answer>")]),
            ("answer", 1.0, [said("A formula.", bad), told(bad), said("The name was wrong.", right), told(right),
                             final("The tool says 408.\n<answer>408</answer>")]),
            ("length", 0.0, [said("I multiply.", torn)]),
            ("max_turns", 0.0, [said("Let me divide.", raised), told(raised), said("Once more.", raised)]),
        ],
        [
            ("answer", 0.0, [said("I look it up.", unknown), told(unknown), final("<answer>20000</answer>")]),
            ("context", 0.0, [said("A loop.", slow), told(slow), said("All of them.", flood)]),
            ("answer", 1.0, [said("Two steps.", *two), told(*two), final("<answer>20540</answer>")]),
            ("answer", 0.0, [final("I guess it.\n<answer>21000</answer>")]),
        ],
    ]  # fmt: skip


def inlined(turns: list[dict]) -> list[dict]:
    """The turns with calls within one thought, as prompts/tools.txt asks for them: the last turn closes it."""
    texts = [
        turn["text"].replace("</think>", "").replace("<think>", "" if k else "<think>") for k, turn in enumerate(turns)
    ]
    if len(turns) > 1 and not turns[-1]["calls"]:
        texts[-1] = f"So it is.</think>\n{texts[-1]}"
    return [turn | {"text": text} for turn, text in zip(turns, texts, strict=True)]


def trajectory(turns: list[dict], stopped_by: str | None) -> dict:
    calls = [one for turn in turns for one in turn.get("calls", [])]
    return {
        "turns": turns, "tool_calls": len(calls), "tool_errors": sum(one["error"] is not None for one in calls),
        "tool_seconds": sum(one["seconds"] for one in calls), "stopped_by": stopped_by,
        "sampled_tokens": sum(turn["tokens"] for turn in turns if turn["role"] == "assistant"),
        "masked_tokens": sum(turn["tokens"] for turn in turns if turn["role"] != "assistant"),
        "num_turns": sum(turn["role"] == "assistant" for turn in turns),
    }  # fmt: skip


def chat(*turns: tuple[str, str]) -> str:
    return "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns) + "<|im_start|>assistant\n"


QUESTIONS = (("What is 17 times 24?", "408"), ("What is the sum of the squares from 1 to 39?", "20540"))
SYSTEM = "You may call tools: calculator, python."


def tool_lines() -> list[tuple[list[dict], list[dict | None]]]:
    """The rows and the trajectories of the three steps."""
    inline, answered, game = ([], []), ([], []), ([], [])
    for (question, gold), members in zip(QUESTIONS, stories(), strict=True):
        first = [("system", SYSTEM), ("user", question)]
        for stopped_by, right, turns in members:
            reward = {"solution": gold, "MathAccuracy": right}
            whole = "\n".join(turn["text"] for turn in inlined(turns))
            inline[0].append({"prompt": chat(*first), "completion": whole, **reward})
            before = [("user" if turn["role"] == "tool" else turn["role"], turn["text"]) for turn in turns[:-1]]
            answered[0].append({"prompt": chat(*first, *before), "completion": turns[-1]["text"], **reward})
            inline[1].append(trajectory(inlined(turns), stopped_by))
            answered[1].append(trajectory(turns, stopped_by))
    for group in range(2):
        for member in range(G):
            moves = [final(f"<answer>{guess}</answer>") for guess in range(40, 42 + member)]
            seen = [{"role": "user", "text": f"{40 + k} is too low.", "tokens": 6} for k in range(len(moves))]
            turns = [one for pair in zip(moves, seen, strict=True) for one in pair][:-1]
            before = [(turn["role"], turn["text"]) for turn in turns[:-1]]
            row = {"prompt": chat(("user", f"Guess my number {group}."), *before), "completion": turns[-1]["text"]}
            game[0].append(row | {"solution": "43", "MathAccuracy": float(member == 2)})
            rewards = [0.0] * (len(moves) - 1) + [float(member == 2)]
            found = trajectory(turns, None) | {"total_reward": sum(rewards), "step_rewards": rewards}
            game[1].append(None if (group, member) == (1, 3) else found)
    return [inline, answered, game]


def write_tools_run(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "args.json").write_text(json.dumps({"num_generations": G, "reward_funcs": ["accuracy"]}))
    for step, (rows, trajectories) in enumerate(tool_lines(), 1):
        line, metrics = line_and_metrics(step, rows, ("MathAccuracy",), None, G)
        place = {"global_step/max_steps": f"{step}/3"}
        found = {"step": str(step), "trajectories": trajectories}
        for name, one in (("completions", line), ("logging", metrics | place), ("trajectories", found)):
            with (folder / f"{name}.jsonl").open("a") as file:
                file.write(json.dumps(one) + "\n")
    return folder


if __name__ == "__main__":
    print(write_tools_run(Path(sys.argv[1])))
