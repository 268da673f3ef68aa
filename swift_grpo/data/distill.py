"""A teacher's samples as traces: the grader and chosen rewards reject some, and the best of each prompt are kept.

This is rejection sampling as in DeepSeek-R1 (arXiv 2501.12948, section 2.3.3); with the model as its own teacher it is
STaR (arXiv 2203.14465).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swift_grpo.formats.row_files import Row
from swift_grpo.formats.rows import prompt_hash, prompt_of

if TYPE_CHECKING:
    from swift_grpo.formats.samples import Sample


@dataclass(frozen=True)
class Rule:
    """Which samples are accepted, and how many are kept per prompt. `require`: reward -> least value."""

    require: dict[str, float]
    best: int = 1
    shortest: int = 0  # tokens
    longest: int | None = None
    prefilled: bool = False
    wrap_answer: bool = False


@dataclass
class Trace:
    """A sample as it is copied, with its row, the conversation before it, its rewards, and the reason if rejected."""

    sample: "Sample"
    row: Row
    asked: list[dict[str, Any]]
    paid: dict[str, float | None] = field(default_factory=dict)
    rejected: str = ""

    @property
    def text(self) -> str:
        return self.sample.own

    @property
    def reward(self) -> float:
        return sum(value or 0.0 for value in self.paid.values())

    @property
    def length(self) -> tuple[int, int]:
        """Tokens (0 if the server counts none), then characters."""
        return self.sample.completion_tokens or 0, len(self.text)


def rule_of(words: Sequence[str], **given: Any) -> Rule:
    """A rule from the words of --require and the other fields. Raises ValueError.

    >>> rule_of(["math_accuracy=1", "r1_format"], best=2).require
    {'math_accuracy': 1.0, 'r1_format': 1.0}
    """
    require = {}
    for word in ",".join(words).replace(",", " ").split():
        name, _, least = word.partition("=")
        try:
            require[name] = float(least or 1)
        except ValueError:
            raise ValueError(f"--require {word}: write NAME=LEAST, such as math_accuracy=1") from None
    return Rule(require, **given)


def check_rewards(rule: Rule, rows: Sequence[Row], file: Path, tools: bool = False) -> None:
    """Raises RewardError for an unknown reward, or one that needs a column that no row has. Call it before sampling."""
    from grpo_rewards import settings
    from grpo_rewards.contract import RewardError

    given = {"messages", "rollout_infos"} if tools else {"messages"}
    known = settings.load()
    for name in rule.require:
        if name not in known:
            raise RewardError(f"--require {name}: there is no such reward; known: {', '.join(sorted(known))}")
        for column in known[name][0].needs:
            if column not in given and all(row.get(column) is None for row in rows):
                raise RewardError(f"--require {name} needs the column `{column}`, which no row of {file} has")


def distill(
    rows: Iterable[Row],
    samples: Iterable["Sample"],
    rule: Rule,
    n: int,
    asked: Mapping[str, list[dict[str, Any]]] | None = None,
) -> list[Trace]:
    """Every sample of the rows' prompts as a trace, accepted, or rejected with one reason. Equal prompts use the first
    row.

    `asked`: with tools, the conversations that describe them, by prompt_id; the traces keep them.

    Raises ValueError for an unknown reward, or one that cannot be computed from rows and completions.
    """
    by_prompt: dict[str, Row] = {}
    for row in rows:
        if turns := prompt_of(row):
            by_prompt.setdefault(prompt_hash(turns), row)
    place = {name: i for i, name in enumerate(by_prompt)}
    ours = [one for one in samples if one.prompt_id in place and one.index < n]
    ours.sort(key=lambda one: (place[one.prompt_id], one.index))  # independent of the order of arrival
    conversations = asked or {name: prompt_of(row) or [] for name, row in by_prompt.items()}
    traces = [Trace(_copied(one, rule), by_prompt[one.prompt_id], conversations[one.prompt_id]) for one in ours]
    _pay(traces, rule.require)
    for trace in traces:
        trace.rejected = _fault(trace, rule)
    _keep_best(traces, rule.best)
    return traces


def _copied(sample: "Sample", rule: Rule) -> "Sample":
    """The sample with the `<think>` that the prompt contained, and with answer tags if requested.

    >>> from swift_grpo.formats.samples import Sample
    >>> one = Sample("", 0, 0, "2 + 2</think> 4", "stop", 0, 0, 0)
    >>> _copied(one, Rule({}, prefilled=True, wrap_answer=True)).completion
    '<think>\\n2 + 2</think>\\n<answer>4</answer>'
    """
    turns: list[dict[str, Any]] = [dict(turn) for turn in sample.turns or [{"text": sample.completion}]]
    if rule.prefilled and not turns[0]["text"].lstrip().startswith("<think>"):
        turns[0]["text"] = "<think>\n" + turns[0]["text"]
    thought, closed, answer = turns[-1]["text"].partition("</think>")
    if rule.wrap_answer and closed and answer.strip() and "<answer>" not in answer:
        turns[-1]["text"] = f"{thought}</think>\n<answer>{answer.strip()}</answer>"
    return replace(sample, turns=turns) if sample.turns else replace(sample, completion=turns[0]["text"])


def _pay(traces: list[Trace], require: dict[str, float]) -> None:
    """Run each required reward, with the function that `swift-grpo score` uses."""
    from swift_grpo.evaluation.score import score

    rows = [{**t.row, "messages": prompt_of(t.row), "completion": t.text, **t.sample.columns()} for t in traces]
    for scores in score(rows, list(require), {}) if rows else []:
        if scores.skipped:
            raise ValueError(f"--require {scores.name} cannot be computed: {scores.skipped}")
        for trace, value in zip(traces, scores.values, strict=True):
            trace.paid[scores.name] = value


def _fault(trace: Trace, rule: Rule) -> str:
    """Why a sample is rejected, "" if it is not. "Cut off" comes first, because it causes the others."""
    if trace.sample.truncated:
        return "cut off at --max-tokens"
    if not trace.text.strip():
        return "empty"
    if trace.sample.stopped_by not in (None, "answer"):
        return f"stopped by {trace.sample.stopped_by}"
    for name, least in rule.require.items():
        value = trace.paid[name]
        if value is None:
            return f"{name} left it out"
        if value < least:
            return f"{name} below {least:g}"
    tokens = trace.sample.completion_tokens
    if tokens is None and (rule.shortest or rule.longest is not None):
        return "no token count from the server"
    if tokens is not None and tokens < rule.shortest:
        return f"below --shortest {rule.shortest}"
    if tokens is not None and rule.longest is not None and tokens > rule.longest:
        return f"above --longest {rule.longest}"
    return ""


def _keep_best(traces: list[Trace], best: int) -> None:
    """Keep each prompt's `best` distinct accepted samples, by reward, then the shortest; reject the others."""
    accepted = sorted((t for t in traces if not t.rejected), key=lambda t: t.sample.prompt_id)
    for _, group in groupby(accepted, key=lambda t: t.sample.prompt_id):
        seen: set[str] = set()
        for trace in sorted(group, key=lambda t: (-t.reward, t.length, t.sample.index)):
            words = re.sub(r"\s+", " ", trace.text).strip()
            if words in seen:
                trace.rejected = "the same text as another"
            elif len(seen) >= best:
                trace.rejected = f"not among the best {best} of its prompt"
            seen.add(words)


def trace_row(trace: Trace) -> Row:
    """A row of `traces.jsonl` for `swift sft`: the conversation with the answer, and the row's other columns.

    Results of tools are parts of the assistant's turn, as in training, with `loss` false. ms-swift joins the parts and
    does not train that one (`_swift_prepare_inputs` in swift/template/base.py).
    """
    from grpo_tools.trajectory import inline

    parts: list[dict[str, Any]] = []
    for turn in trace.sample.turns or [{"role": "assistant", "text": trace.text}]:
        if turn["role"] == "assistant":
            parts.append({"role": "assistant", "content": turn["text"]})
        else:
            parts.append({"role": "assistant", "content": inline(turn["text"]), "loss": False})
    conversation = [*trace.asked, *parts]
    about = {"reward": trace.reward, "tokens": trace.sample.completion_tokens, "sample": trace.sample.index}
    return {**trace.row, "messages": conversation, **about}


def rejected_row(trace: Trace) -> Row:
    """A row of `traces.rejected.jsonl`: the reason, and the values to check it."""
    about = {"rejected": trace.rejected, "prompt_id": trace.sample.prompt_id, "sample": trace.sample.index}
    rest = {"finish_reason": trace.sample.finish_reason, "tokens": trace.sample.completion_tokens, **trace.paid}
    return {**about, **rest, "solution": trace.row.get("solution"), "completion": trace.text}


@dataclass
class Distilled:
    """The result; `solved` counts the prompts with at least one trace."""

    prompts: int
    samples: int
    kept: int
    solved: int
    reasons: dict[str, int]
    files: list[Path] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        share = f" ({self.kept / self.samples:.1%})" if self.samples else ""
        yield f"{self.kept:,} traces of {self.samples:,} samples{share}, for {self.solved:,} of {self.prompts:,} prompts"
        yield from (f"  rejected {count:,}: {reason}" for reason, count in self.reasons.items())


def write(
    traces: Sequence[Trace], output: Path, sources: list[dict[str, Any]], parameters: dict[str, Any]
) -> Distilled:
    """Write the accepted traces to OUTPUT, the rest to NAME.rejected.jsonl, each with its manifest."""
    from swift_grpo.data.prepare import beside
    from swift_grpo.formats import manifest
    from swift_grpo.formats.outputs import json_line, whole_files

    reasons = dict(Counter(t.rejected for t in traces if t.rejected).most_common())
    kept = [t for t in traces if not t.rejected]
    prompts = {t.sample.prompt_id for t in traces}
    done = Distilled(len(prompts), len(traces), len(kept), len({t.sample.prompt_id for t in kept}), reasons)
    rejected = beside(output, "rejected")
    with whole_files([output, rejected], may_be_empty=[output, rejected]) as (file, other):
        file.writelines(json_line(trace_row(trace)) for trace in kept)
        other.writelines(json_line(rejected_row(trace)) for trace in traces if trace.rejected)
    counts = {"samples": done.samples, "rejected": done.samples - done.kept, "output": done.kept}
    more = {"rejected": reasons, "prompts": done.prompts, "prompts_with_traces": done.solved}
    about = {"sources": sources, "counts": counts, "parameters": parameters, **more}
    done.files = manifest.write_all([output, rejected], made_by="swift-grpo data distill", **about)
    return done
