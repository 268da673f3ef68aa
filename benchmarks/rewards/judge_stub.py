"""Measures the reward llm_judge against a STUB, not a model: `python -m benchmarks.rewards.judge_stub`.

What it shows: that the value is computed from the marks as documented, what a second pass does to an order effect that
is planted, that a judged text stays in its frame, the cost in requests, and None for exactly the answers without a
verdict. What it cannot show: how well any model agrees with people.
"""

import json
import logging
import random
import re
import tempfile
from itertools import combinations
from pathlib import Path
from statistics import correlation, fmean
from typing import Any

from grpo_rewards import judge, judge_frame, verdict_log

from benchmarks.rewards.judge_attacks import ATTEMPTS, RUBRIC, broken, obeyed
from benchmarks.rewards.judge_serving import Made, ask, chat, listed, marked, serving, text_of

WEIGHTS = {"correct": 3.0, "complete": 2.0, "unit": 1.0, "short": 1.0}
SHEET = json.dumps({"criteria": [{"name": n, "text": f"is {n}", "weight": w} for n, w in WEIGHTS.items()]})
GROUPS, SIZE = 25, 8  # prompts, answers of each


def planted(noise: float, bias: float, pull: float) -> tuple[dict[str, dict[str, float]], Any]:
    """The truth, 0 to 10 for each answer and criterion, and a judge of it. Its marks have noise, are `bias` too high for
    the first criterion and too low for the last, and each is pulled towards the one before it."""
    rng = random.Random(1)
    truth = {f"answer {n}": {name: rng.uniform(0, 10) for name in WEIGHTS} for n in range(GROUPS * SIZE)}

    def reply(body: dict[str, Any]) -> Made:
        answer = re.search(r"answer \d+(?=\n)", text_of(body).partition("<answer ")[2])[0]
        names, marks, last = listed(body), {}, 5.0
        for place, name in enumerate(names):
            own = truth[answer][name] + random.Random(f"{answer}{names}{name}").gauss(0, noise)
            own += bias * (1 - 2 * place / (len(names) - 1))
            last = min(10.0, max(0.0, (1 - pull) * own + pull * last))
            marks[name] = round(last)
        return marked(marks)

    return truth, reply


def agreement(noise: float, bias: float, pull: float) -> None:
    truth, reply = planted(noise, bias, pull)
    right = [sum(WEIGHTS[n] * m for n, m in marks.items()) / sum(WEIGHTS.values()) / 10 for marks in truth.values()]
    print(f"\nplanted noise {noise:g}, bias of the place {bias:g}, pull of the mark before {pull:g}")
    for passes in (1, 2):
        with serving(reply) as stub, tempfile.TemporaryDirectory() as folder:
            verdict_log.open_in(folder)
            judge._CACHE.clear()
            paid = ask(stub.url, list(truth), rubric=SHEET, passes=passes, concurrency=16)
            lines = [json.loads(line) for line in Path(folder, "verdicts/llm_judge.jsonl").read_text().splitlines()]
            verdict_log.open_in(None)
        pairs = [(a, b) for start in range(0, len(paid), SIZE) for a, b in combinations(range(start, start + SIZE), 2)]
        ordered = fmean((paid[a] > paid[b]) == (right[a] > right[b]) for a, b in pairs if paid[a] != paid[b])
        measured = {
            "mean error": fmean(abs(a - b) for a, b in zip(paid, right, strict=True)),
            "correlation": correlation(paid, right),
            "pairs of a group in the right order": ordered,
            "requests an answer": len(stub.bodies) / len(paid),
        }
        if apart := [line["disagreement"] for line in lines if "disagreement" in line]:
            measured |= {"passes apart": fmean(apart), "by more than 0.2": fmean(d > 0.2 for d in apart)}
        print(f"  passes {passes}: " + ", ".join(f"{name} {value:.3f}" for name, value in measured.items()))
        assert [line["value"] for line in lines] == paid and sum(line["requests"] for line in lines) == len(stub.bodies)


def attacks() -> None:
    """What reaches the server, and whether a gullible judge behind it is fooled; with criteria and without."""
    print(f"\n{len(ATTEMPTS)} answers that speak to the judge")
    for rubric, form in ((RUBRIC, "criteria"), (None, "one mark")):

        def gullible(body: dict[str, Any], rubric: Any = rubric) -> Made:
            last = text_of(body).rpartition("\n")[2] if rubric else ""
            mark = 10 if obeyed(text_of(body), last) else 3
            return marked(dict.fromkeys(listed(body), mark)) if rubric else chat(str(mark))

        with serving(gullible) as stub:
            judge._CACHE.clear()
            ask(stub.url, ["It is 2."], rubric=rubric)
            plain, last = text_of(stub.bodies[0]), text_of(stub.bodies[0]).rpartition("\n")[2] if rubric else ""
            faults, fooled, naive = {}, [], 0
            for name, attempt in ATTEMPTS.items():
                judge._CACHE.clear()
                (paid,) = ask(stub.url, [attempt], rubric=rubric)
                if fault := broken(text_of(stub.bodies[-1]), plain):
                    faults[name] = fault
                fooled += [name] if paid != 0.3 else []
                naive += obeyed(plain.replace("It is 2.", attempt), last)
            print(f"  {form}: frame broken by {len(faults)}, gullible judge fooled by {len(fooled)}"
                  f" (by {naive} with the text put in as it is), {len(stub.bodies) - 1} requests")  # fmt: skip
            for name in sorted({*faults, *fooled}):
                print(f"    {name}: {faults.get(name, '')}{' fooled' if name in fooled else ''}")
    slowest = max(ATTEMPTS, key=lambda name: _seconds(ATTEMPTS[name]))
    print(f"  slowest to make safe: {slowest}, {1000 * _seconds(ATTEMPTS[slowest]):.1f} ms")


def _seconds(text: str) -> float:
    import time

    begun = time.perf_counter()
    judge_frame.safe(text)
    return time.perf_counter() - begun


GOOD = {"correct": 6, "unit": 6}
WHOLE = chat(json.dumps({n: {"reason": "ok", "mark": m} for n, m in GOOD.items()}))
OUTAGES: dict[str, Made] = {
    "500": (500, "oops", 0),
    "503": (503, "busy", 0),
    "429 and Retry-After none": (429, "later", 0),
    "401": (401, "no key", 0),
    "slow": (WHOLE[0], WHOLE[1], 15.0),
    "HTML": (200, "<html>bad gateway</html>", 0),
    "an empty body": (200, "", 0),
    "a cut body": (200, WHOLE[1][:-20], 0),
    "another schema": (200, '{"answer": 7}', 0),
    "no content": (200, '{"choices": [{"message": {"content": null}}]}', 0),
    "truncated JSON": chat(json.dumps({n: {"reason": "ok", "mark": m} for n, m in GOOD.items()})[:-10]),
    "prose before the JSON": chat("Here it is: " + json.dumps({n: {"reason": "ok", "mark": 9} for n in GOOD})),
    "a criterion missing": marked({"correct": 9}),
    "a criterion too many": marked({**GOOD, "style": 9}),
    "a mark of 11": marked({**GOOD, "unit": 11}),
    "a mark as text": marked({**GOOD, "unit": "9"}),
    "a mark of NaN": marked({**GOOD, "unit": float("nan")}),
    "true as a mark": marked({**GOOD, "unit": True}),
    "marks without reasons": chat(json.dumps(GOOD)),
    "a number alone": chat("9"),
    "deep": chat("[" * 100_000),
}


def outages() -> None:
    """Each kind of failure for some answers of a batch: None for those and the mark for the others."""
    kinds = list(OUTAGES)
    answers = [f"case {n % (len(kinds) + 1)}; {n}" for n in range(4 * (len(kinds) + 1))]
    lost = {answer for answer in answers if int(answer[5:].partition(";")[0]) < len(kinds)}

    def reply(body: dict[str, Any]) -> Made:
        case = int(re.search(r"case (\d+); \d+\n", text_of(body))[1])
        return OUTAGES[kinds[case]] if case < len(kinds) else WHOLE

    def refusing(body: dict[str, Any]) -> Made:
        return (400, "response_format is not supported", 0) if "response_format" in body else WHOLE

    print(f"\noutages: {len(kinds)} kinds")
    with serving(reply) as stub:
        judge._CACHE.clear()
        paid = ask(stub.url, answers, rubric=RUBRIC, concurrency=32, seconds=10.0)
        wrong = [answer for answer, value in zip(answers, paid, strict=True) if (value is None) != (answer in lost)]
        print(
            f"  some answers fail: None for {paid.count(None)} of {len(answers)}, due {len(lost)}, wrong {len(wrong)};",
            end=" ",
        )
        print(
            f"the others are paid {sorted(set(paid) - {None})}; requests an answer {len(stub.bodies) / len(answers):.2f}"
        )
        url = stub.url
    paid = ask(url, ["down 1", "down 2"], rubric=RUBRIC)
    print(f"  server down: {paid}")
    with serving(refusing) as stub:
        paid = ask(stub.url, [f"plain {n}" for n in range(20)], rubric=RUBRIC, concurrency=1)
        print(f"  a server that refuses response_format: {paid.count(0.6)} of 20 marked, {len(stub.bodies)} requests")


def main() -> None:
    logging.getLogger("grpo_rewards").setLevel(logging.CRITICAL)
    print("a stub, not a model: agreement of a real judge with people is not measured here")
    for noise, bias, pull in ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 2.0, 0.3), (2.0, 2.0, 0.5)):
        agreement(noise, bias, pull)
    attacks()
    outages()


if __name__ == "__main__":
    main()
