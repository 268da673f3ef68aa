"""A reward that asks a model behind an OpenAI-compatible server."""

import functools
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grpo_rewards import verdict_log
from grpo_rewards.contract import register_reward
from grpo_rewards.extract import after_thought
from grpo_rewards.judge_frame import NUMBER, by_criteria, safe
from grpo_rewards.judge_rubric import TOP, Criterion, Marks, Sheet, from_file, marks_in, mean, read, schema
from grpo_rewards.judge_server import Question, Reply, ask_all

logger = logging.getLogger("grpo_rewards")

_SCORE = r"\s*(\d{1,2}(?:\.\d+)?)\s*(?:/\s*10)?\s*\.?\s*"
_ONE_MARK: Sheet = (Criterion("mark", ""),)  # without criteria
_APART, _OFTEN = 0.2, 0.1  # two passes that differ by more disagree; a share of such answers that is worth a warning
_CACHE: dict[str, Marks] = {}
_CACHED = 20_000


def _limits(
    url: str, concurrency: int, tries: int, seconds: float, patience: float, criteria: str, passes: int, **_: object
) -> None:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"url is {url!r}; give the server's, such as http://127.0.0.1:8000/v1")
    if concurrency < 1 or tries < 1 or seconds <= 0 or patience <= 0:
        raise ValueError("concurrency and tries must be 1 or more, seconds and patience above 0")
    if passes not in (1, 2):
        raise ValueError(f"passes is {passes}; it is 1, or 2 for a second pass with the criteria in reverse")
    from_file(criteria)


@register_reward("llm_judge", column="LLMJudge", check=_limits)
async def llm_judge(
    completions: Sequence[str],
    prompt: Sequence[str],
    rubric: Sequence[Any] | None = None,
    trainer_state: Any = None,
    *,
    url: str = "http://127.0.0.1:8000/v1",
    model: str = "judge",
    concurrency: int = 16,
    tries: int = 4,
    seconds: float = 60.0,
    patience: float = 300.0,
    criteria: str = "",
    passes: int = 1,
) -> list[float | None]:
    """A model's mark for the text after the thought, 0 to 1; 0 for an empty text; None where the server gave no mark.

    With criteria, from the row's column `rubric` or the JSON file `criteria`, it is the weighted mean of a mark for
    each (`judge_rubric`), asked for in one request. With `passes` 2 a second request has them in reverse; the value is
    the mean of both, and None without both.

    Sends at most `concurrency` requests at a time, each up to `seconds` long and tried up to `tries` times, with waits
    that double. An answer without a mark after `patience` seconds is None, so a dead server delays a step by no more
    than that. Equal questions with equal answers are sent once. The environment variable LLM_JUDGE_API_KEY holds the
    key, if the server needs one. The judged text can argue with the judge. It cannot close the tags around it, and the
    prompt warns of it.

    >>> import asyncio  # nothing to judge, and a server that is not there
    >>> asyncio.run(llm_judge(["<think>4", "4"], ["2 + 2?"] * 2, url="http://127.0.0.1:1/v1", tries=1))
    [0.0, None]
    """
    asked: dict[str, Question] = {}
    known: dict[str, Marks] = {}
    papers = []
    for text, question, own in zip(completions, prompt, rubric or [None] * len(completions), strict=True):
        paper = _Paper(verdict_log.entry(text, None, "", trainer_state))
        papers.append(paper)
        answer = safe(after_thought(text))
        try:
            sheet = read(own) or from_file(criteria)
        except ValueError as error:
            paper.log["reason"] = f"the row's rubric: {error}"
            continue
        if not answer.strip():
            paper.log |= {"value": 0.0, "reason": "an empty answer"}
            continue
        questions = {one.key: one for one in _questions(url, model, safe(question), answer, sheet, passes)}
        known |= {key: _CACHE[key] for key in questions if key in _CACHE}
        asked |= {key: one for key, one in questions.items() if key not in known}
        paper.sheet, paper.keys = sheet or _ONE_MARK, tuple(questions)
    replies = await ask_all(asked, concurrency, tries, seconds, patience)
    new = {key: reply.value for key, reply in replies.items() if reply.value is not None}
    for paper in papers:
        paper.settle(known | new, replies)
    if len(_CACHE) + len(new) > _CACHED:
        _CACHE.clear()
    _CACHE.update(new)
    logs = [paper.log for paper in papers]
    _report(logs)
    verdict_log.write("llm_judge", logs)
    return [log["value"] for log in logs]


@dataclass
class _Paper:
    """An answer that is judged: its entry in the log, with value and reason, its criteria, and its passes' keys."""

    log: dict[str, Any]
    sheet: Sheet = ()
    keys: tuple[str, ...] = ()

    def settle(self, known: Mapping[str, Marks], replies: dict[str, Reply]) -> None:
        """Fills in the entry of an answer that was asked about; the requests count for the first of equal answers."""
        passes = [known[key] for key in self.keys if key in known]
        failed = [replies[key].why for key in self.keys if key not in known]
        self.log["requests"] = sum(replies[key].take() for key in self.keys if key in replies)
        if failed:
            self.log["reason"] = failed[0]
        elif passes:
            values = [mean(marks, self.sheet) for marks in passes]
            worst = max(self.sheet, key=lambda one: one.weight * (TOP - passes[0][one.name][0])).name
            mark, reason = passes[0][worst]
            self.log |= {"value": sum(values) / len(values), "reason": f"{worst} {mark:g}" + (reason and f": {reason}")}
            if self.sheet is not _ONE_MARK:
                self.log["marks"] = {one.name: [marks[one.name][0] for marks in passes] for one in self.sheet}
                self.log["reasons"] = {one.name: passes[0][one.name][1] for one in self.sheet}
            if len(values) > 1:
                self.log["disagreement"] = abs(values[0] - values[1])


def _questions(url: str, model: str, question: str, answer: str, sheet: Sheet, passes: int) -> Iterator[Question]:
    """What is sent for an answer, of texts that are `safe`: a request for each pass, the second in reverse order."""
    if not sheet:
        yield Question(url, model, NUMBER.format(question=question, answer=answer), 8, _number)
        return
    for order in (sheet, sheet[::-1])[:passes]:
        text, tokens = by_criteria(question, answer, order), 64 + 96 * len(order)
        yield Question(url, model, text, tokens, functools.partial(marks_in, sheet=order), schema(order))


def _number(reply: str) -> Marks:
    """The mark in a reply that is one number. Raises ValueError where it is not."""
    match = re.fullmatch(_SCORE, reply)
    if not match or float(match[1]) > TOP:
        raise ValueError("a reply that is not a number from 0 to 10")
    return {"mark": (float(match[1]), "")}


def _report(logs: Sequence[Mapping[str, Any]]) -> None:
    """Once a batch: answers without a mark, by reason; the cost; how far two passes are apart."""
    for why, count in Counter(log["reason"] for log in logs if log["value"] is None).items():
        logger.error("llm_judge: %d answers without a mark: %s", count, why)
    logger.info("llm_judge: %d requests for %d answers", sum(log.get("requests", 0) for log in logs), len(logs))
    if apart := [log["disagreement"] for log in logs if "disagreement" in log]:
        far = sum(one > _APART for one in apart) / len(apart)
        said = "llm_judge: two passes differ by %.3f in the mean, by more than %g for %.0f%% of %d answers"
        level = logging.WARNING if far > _OFTEN else logging.INFO
        logger.log(level, said, sum(apart) / len(apart), _APART, 100 * far, len(apart))
