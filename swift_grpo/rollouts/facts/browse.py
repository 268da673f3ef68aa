"""Groups to browse: a table of all of them, and single groups with their texts."""

import sys
from collections.abc import Iterator

from swift_grpo.formats.trajectories import Call, Trajectory, Turn
from swift_grpo.page_kit.json_values import cut, number
from swift_grpo.printable import one_line, question
from swift_grpo.rollouts.facts import trajectory_words as words
from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.facts.reasons import Reasons
from swift_grpo.rollouts.facts.turns import folded, task, turns
from swift_grpo.rollouts.index import Index, numbers
from swift_grpo.rollouts.reading.rollout_text import RolloutText

_PROMPT_CHARS, _SHORT, _MOST_TURNS = 4_000, 300, 20
ORDERS = {
    "step": "place", "reward": "reward_mean", "spread": "reward_std", "length": "chars", "prompt": "prompt_hash, place",
}  # fmt: skip


def tabulate(index: Index) -> int:
    """Builds or renews the table `browse`, one row a group, and returns the number of rows.

    A group's name is STEP:K, as `inspect show` takes it. The view `groups` aggregates all rollouts in each query; this
    table returns a page of groups in milliseconds for a log of any size.
    """
    settle_accuracy(index)
    with index.db.cursor() as cursor:
        cursor.execute(
            """CREATE OR REPLACE TABLE browse AS
               SELECT row_number() OVER (ORDER BY step, group_id) - 1 AS place, *,
                      step || ':' || (group_id - min(group_id) OVER (PARTITION BY step)) AS name
               FROM groups ORDER BY place"""
        )
        return cursor.execute("SELECT count(*) FROM browse").fetchall()[0][0]


def listed(
    index: Index, where: str = "true", parameters: list | None = None, limit: int = 50, offset: int = 0,
    order: str = "step", descending: bool = False,
) -> list[dict]:  # fmt: skip
    """Rows of `browse`, each with its question. `order` is a key of ORDERS; rows without a value come last."""
    way = "DESC" if descending else "ASC"
    by = ", ".join(f"{column.strip()} {way} NULLS LAST" for column in ORDERS[order].split(","))
    rows = index.dicts(
        f"SELECT * FROM browse WHERE {where} ORDER BY {by}, place LIMIT {int(limit)} OFFSET {int(offset)}", parameters
    )
    tasks = {text.id: task(text)[-_PROMPT_CHARS:] for text in index.texts(row["first_id"] for row in rows)}
    return [heading(row) | {"question": question(tasks[row["first_id"]], 90)} for row in rows]


def heading(row: dict) -> dict:
    """A row of `browse` for the page."""
    return {
        "g": row["name"], "place": row["place"], "step": row["step"], "eval": row["is_eval"], "n": row["n"],
        "p": str(row["prompt_hash"]),
        "mean": number(row["reward_mean"], 4), "std": number(row["reward_std"], 4), "solved": number(row["solved"], 4),
        "chars": number(row["chars"], 4), "outcome": row["outcome"], "flat": row["flat"],
    }  # fmt: skip


def in_full(index: Index, rows: list[dict], most: int, reasons: Reasons | None = None) -> Iterator[dict]:
    """Groups with prompt, gold and members, texts of at most `most` characters; `reasons` adds each member's reason."""
    if not rows:
        return
    members = index.dicts(
        f"""SELECT id, group_id, solved, chars FROM counted
            WHERE group_id IN ({numbers(row["group_id"] for row in rows)}) ORDER BY group_id, member"""
    )
    known = {one["id"]: one for one in members}
    by_group: dict[int, list[RolloutText]] = {}
    for text in index.texts(known):
        by_group.setdefault(text.group_id, []).append(text)
    for row in rows:
        group = by_group.get(row["group_id"], [])
        prompts = list(map(task, group))
        prompt = prompts[0] if prompts else ""
        gold = next((text.solution for text in group if text.solution is not None), None)
        yield heading(row) | {
            "question": question(prompt[-_PROMPT_CHARS:], 90),
            "prompt": prompt_of(prompt),
            "mixed": len(set(prompts)) > 1,  # then prompt and gold are the first member's
            "gold": None if gold is None else cut(gold, _SHORT),
            "members": [
                member(text, known[text.id], most) | {"why": why}
                for text, why in zip(group, reasons.of(group) if reasons else [None] * len(group), strict=True)
            ],
        }


def prompt_of(prompt: str) -> dict:
    """A prompt's turns, each shortened, and the number of its characters."""
    shown = [{"role": role[:20]} | cut(text, _PROMPT_CHARS) for role, text in turns(prompt)]
    return {"chars": len(prompt), "turns": shown[:_MOST_TURNS], "left_out": max(0, len(shown) - _MOST_TURNS)}


def member(text: RolloutText, row: dict, most: int) -> dict:
    """One completion."""
    return {
        "id": text.id, "m": text.member, "reward": number(text.reward, 4), "advantage": number(text.advantage, 4),
        "rewards": [number(value, 4) for value in text.rewards.values()],
        "solved": row["solved"], "chars": row["chars"],
        "answer": None if text.answer is None else cut(text.answer, _SHORT),
    } | texts(text, most)  # fmt: skip


def texts(text: RolloutText, most: int) -> dict:
    """A completion's thought and the rest, so that it can be folded, or its turns if it has some."""
    thought, rest = folded("" if text.trajectory else text.completion)
    turns = {"trajectory": in_turns(text.trajectory, most)} if text.trajectory else {}
    return {"thought": cut(thought, most) if thought else None, "text": cut(rest, most)} | turns


def in_turns(trajectory: Trajectory, most: int) -> dict:
    """A trajectory for the page; its texts have at most `most` characters together, but each at least 300."""
    turns = trajectory.turns[: words.MOST_TURNS]
    each = max(_SHORT, most // (len(turns) + 2 * len(trajectory.calls)))
    return {
        "summary": words.summary(trajectory), "ended": trajectory.stopped_by in ("", "answer"),
        "turns": [_turn(turn, each) for turn in turns], "left_out": len(trajectory.turns) - len(turns),
    }  # fmt: skip


def _turn(turn: Turn, most: int) -> dict:
    """A turn; its `parts` are texts, and calls with `call`, the name."""

    def part(kind: str, one: str | Call) -> dict:
        if isinstance(one, str):
            return {"thought": kind == "thought"} | cut(one.strip(), most)
        texts = {"arguments": words.readable(one.arguments), "result": one.result}
        short = one_line(one.arguments, 60) + ("" if one.result is None else f" → {one_line(one.result, 60)}")
        known = {"error": words.error_of(one), "short": short, "note": words.measures(one)}
        pieces = {name: cut(text, most) if text else None for name, text in texts.items()}
        return {"call": one.name[:60] or "a call"} | known | pieces

    shown = [part(*one) for one in words.parts(turn)]
    return {"role": turn.role[:20], "heading": words.heading(turn), "parts": shown}


def whole(index: Index, rollout: int) -> dict | None:
    """A completion's full thought and text, and its turns if it has some; None if there is no such rollout."""
    return next((texts(text, sys.maxsize) for text in index.texts([rollout])), None)
