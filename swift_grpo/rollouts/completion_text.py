"""A completion for the terminal and the tui: its thought and text, or its turns. Thoughts, calls and results are on one
line until they are unfolded."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text

from swift_grpo.formats.trajectories import Call, Trajectory, Turn
from swift_grpo.printable import clean, one_line
from swift_grpo.rollouts.facts import trajectory_words as words
from swift_grpo.rollouts.reading.rollout_text import RolloutText

_SHORT = 80  # characters of arguments and of a result on one line


@dataclass(frozen=True)
class Look:
    """`found`: style of the final answer, `wrong`: of what is wrong; `shown_of` cleans a text, and may cut it."""

    found: str
    wrong: str
    unfolded: bool
    shown_of: Callable[[str], str]


def completion_text(text: RolloutText, look: Look) -> Text:
    """A completion, by its turns if it has some, with its final answer marked."""
    if text.trajectory:
        lines = _turns(text.trajectory, text.answer, look)
    else:
        lines = _parts(Turn("assistant", text.completion), text.answer, False, look)
    return Text("\n").join([*lines, *([Text("[no final answer]", look.wrong)] if text.answer is None else [])])


def _turns(trajectory: Trajectory, answer: str | None, look: Look) -> list[Text]:
    counts, turns = words.summary(trajectory), trajectory.turns
    stopped = counts.pop() if trajectory.stopped_by not in ("", "answer") else ""
    head = Text().append(" · ".join(counts), "dim").append(" · " if stopped else "").append(clean(stopped), look.wrong)
    lines = [head]
    for k, turn in enumerate(turns[: words.MOST_TURNS]):
        own = turn.role == "assistant"
        lines.append(Text().append(f"── {clean(words.heading(turn))}", "not dim bold" if own else "dim"))
        if look.unfolded or turn.role != "tool" or not k or not turns[k - 1].calls:  # else results are with their calls
            answered = k + 1 < len(turns) and turns[k + 1].role == "tool"
            lines += _parts(turn, answer, answered, look)
    left_out = len(turns) - words.MOST_TURNS
    return [*lines, *([Text().append(f"… {left_out:,} more turns …", "dim")] if left_out > 0 else [])]


def _parts(turn: Turn, answer: str | None, answered: bool, look: Look) -> list[Text]:
    """`answered`: the next turn has the results."""
    shown = []
    for kind, part in words.parts(turn):
        if isinstance(part, Call):
            shown.append(_call(part, answered, look))
        elif kind == "thought":
            text = look.shown_of(part.strip()) if look.unfolded else f"[thought, {len(part):,} characters]"
            shown.append(Text().append(text, "dim"))
        else:
            shown.append(_said(part.strip(), turn.role, answer, look))
    return shown


def _said(text: str, role: str, answer: str | None, look: Look) -> Text:
    body = Text(look.shown_of(text), style="not dim" if role == "assistant" else "dim")
    if answer and role == "assistant" and (start := body.plain.rfind(clean(answer))) >= 0:
        body.stylize(look.found, start, start + len(clean(answer)))
    return body


def _call(call: Call, answered: bool, look: Look) -> Text:
    """A call on one line; unfolded with its whole arguments, and its result unless it is answered."""
    failed, name = words.error_of(call), clean(call.name)[:60] or "a call"
    line = Text().append("✗ " if failed else "▸ ", look.wrong if failed else "cyan").append(name, "not dim bold cyan")
    line.append(f" {clean(failed)}" if failed else "", look.wrong)
    if not look.unfolded:
        line.append(f" {one_line(call.arguments, _SHORT)}", "not dim")
        line.append("" if call.result is None else f" → {one_line(call.result, _SHORT)}", "not dim")
    line.append(words.measures(call), "dim")
    if look.unfolded:
        line.append(f"\n{look.shown_of(words.readable(call.arguments))}", "not dim")
        line.append("" if answered or call.result is None else f"\n→ {look.shown_of(call.result)}")
    return line
