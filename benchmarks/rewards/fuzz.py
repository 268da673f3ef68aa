"""Throws mutated completions and golds at every reward: `python -m benchmarks.rewards.fuzz --n 1000000 [--seed 0]`.

Counts exceptions, values out of range and items over a limit, and exits with 1 if there was any. An input is one completion
with one gold; each goes to one reward, in turn. Takes 8 minutes a million.
"""

import argparse
import contextlib
import functools
import logging
import random
import sys
import time
from types import SimpleNamespace
from typing import Any

from grpo_rewards import settings
from grpo_rewards.contract import NotInstalled
from grpo_rewards.gym_tasks import GymRow
from grpo_rewards.rewarder import Rewarder

from benchmarks.grader.batch import HOSTILE
from benchmarks.grader.labelled.rows import ROWS

JUDGED_SECONDS = 12.0  # an item that may go to math-verify: the worker's limit, its start, and a busy machine
ITEM_SECONDS = 1.0  # any other
TOKENS = [
    *r"<think> </think> <answer> </answer> <reasoning> </reasoning> \boxed{ } { \frac \sqrt #### \text{ ^ _ \pm \cup".split(),
    *r"\infty ( ) [ ] \{ \} , = < \le \begin{pmatrix} \end{pmatrix} & \\ % \% $ ^\circ ! | é 中 ٣ ² ½ e i x \pi".split(),
    *r"\sin \ln - + / . 0 7 10 999999999".split(),
    *("The answer is ", "\n", " ", " or ", " and ", "\x00", "\u202e", "\ud83d"),
    *("```python\nprint(7)", "\n```\n", "```"),
]


INSTRUCTIONS: dict[str, dict[str, Any]] = {  # one of each kind that takes long
    "keywords:forbidden_words": {"forbidden_words": ["answer", "é"]},
    "language:response_language": {"language": "de"},
    "length_constraints:number_sentences": {"num_sentences": 2, "relation": "at least"},
    "length_constraints:nth_paragraph_first_word": {"num_paragraphs": 1, "nth_paragraph": 1, "first_word": "so"},
    "detectable_content:number_placeholders": {"num_placeholders": 2},
    "detectable_format:number_bullet_lists": {"num_bullets": 1},
    "detectable_format:number_highlighted_sections": {"num_highlights": 1},
    "detectable_format:json_format": {},
    "detectable_format:title": {},
}


@functools.cache
def rewarders() -> dict[str, Rewarder]:
    """Every reward that needs no server and whose package is installed, with the parameters of a run of 1,024 tokens."""
    args = SimpleNamespace(max_completion_length=1024, soft_cache_length=256)
    found = {}
    for name, (reward, parameters) in settings.load("").items():
        with contextlib.suppress(NotInstalled):
            if not reward.is_async:
                found[name] = settings.build(reward, parameters, args)
    return found


def columns(batch: list[str], golds: list[Any]) -> dict[str, list]:
    ids = [[0] * (len(completion) // 4) for completion in batch]
    messages = [
        [{"role": "user", "content": "?"}, {"role": "assistant", "content": completion}] for completion in batch
    ]
    infos = [
        {"turns": [{"role": "assistant", "text": text, "calls": [{"error": None}]}], "total_reward": 1.0}
        for text in batch
    ]
    rows = [GymRow("chain_sum", 1, 0, {}, "7", {}).text] * len(batch)
    tests = ['{"kind": "stdin", "cases": [{"input": "", "output": "7"}]}'] * len(batch)
    asked, arguments = [list(INSTRUCTIONS)] * len(batch), [list(INSTRUCTIONS.values())] * len(batch)
    given = {"solution": golds, "response_token_ids": ids, "messages": messages}
    given |= {"gym": rows, "tests": tests, "rollout_infos": infos}
    return {**given, "instruction_id_list": asked, "kwargs": arguments}


def mutated(rng: random.Random) -> tuple[str, Any]:
    """A completion and a gold: labelled ones with pieces cut, doubled and put in, or pieces alone."""
    row = rng.choice(ROWS)
    text = f"<think>a</think><answer>\\boxed{{{row.answer}}}</answer>"
    if rng.random() < 0.001:
        text = rng.choice(HOSTILE[4:6])
    for _ in range(rng.randint(0, 6)):
        at, length = rng.randint(0, len(text)), rng.randint(0, 8)
        piece = rng.choice(TOKENS) * (20_000 if rng.random() < 0.001 else rng.choice([1, 1, 1, 2, 50]))
        start, end = text[:at], text[at:]
        text = rng.choice([start + piece + end, start + end[length:], start + end[:length] + end])
    gold = rng.choice(
        [row.gold, row.gold, text[: rng.randint(0, 30)], None, rng.randint(-9, 9), rng.random(), [row.gold, "1"]]
    )
    return text, gold


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record) if record.levelno >= logging.ERROR else None
    logging.getLogger("grpo_rewards").addHandler(handler)
    logging.getLogger("grpo_rewards").propagate = False
    rng, names = random.Random(options.seed), sorted(rewarders())
    raised = slow = 0
    worst: dict[str, tuple[float, str]] = dict.fromkeys(names, (0.0, ""))
    begun = time.perf_counter()
    for n in range(options.n):
        completion, gold = mutated(rng)
        name = names[n % len(names)]
        judged = bool({"solution", "gym", "tests"} & set(rewarders()[name].reward.needs))
        clock = time.perf_counter if judged else time.process_time  # other processes' time is not its own
        start = clock()
        try:
            rewarders()[name]([completion], **columns([completion], [gold]))
        except Exception as error:
            raised += 1
            print(f"raised: {name} {error!r} on {completion!r} gold {gold!r}")
        seconds = clock() - start
        slow += seconds > (JUDGED_SECONDS if judged else ITEM_SECONDS)
        worst[name] = max(worst[name], (seconds, completion[:80]))
        if n % (1000 if sys.stderr.isatty() else 50_000) == 0:
            line = f"{n:,} of {options.n:,} after {time.perf_counter() - begun:.0f} s"
            print(line, end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr)
    bad = [record for record in records if "paid" in record.getMessage() or "failed" in record.getMessage()]
    for record in bad[:20]:
        print(record.getMessage(), record.exc_info)
    print(f"{options.n:,} inputs over {len(names)} rewards in {time.perf_counter() - begun:.0f} s, seed {options.seed}")
    print(
        f"raised {raised}, failed inside or out of range {len(bad)}, over the limit {slow}; the slowest item of each:"
    )
    for name, (seconds, completion) in sorted(worst.items(), key=lambda item: -item[1][0]):
        print(f"{name:<26}{1000 * seconds:>9.1f} ms  {completion!r}")
    sys.exit(bool(raised or bad or slow))


if __name__ == "__main__":
    main()
