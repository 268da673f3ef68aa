"""A trajectory for the terminal and the tui: turn by turn, calls and results on one line until they are unfolded."""

from collections.abc import Callable

from rich.text import Text

from swift_grpo.formats.trajectories import Call, Trajectory
from swift_grpo.printable import clean, one_line
from swift_grpo.rollouts.facts import trajectory_words as words
from swift_grpo.rollouts.facts.turns import folded

_SHORT = 80  # characters of arguments and of a result on one line


def trajectory_text(
    trajectory: Trajectory, answer: str | None, styles: tuple[str, str], unfolded: bool, shown_of: Callable[[str], str]
) -> Text:
    """`styles`: of the final answer and of errors; `shown_of` cleans a text, and may cut it."""
    shown, wrong, turns = Text(), styles[1], trajectory.turns
    counts = words.summary(trajectory)
    stopped = counts.pop() if trajectory.stopped_by not in ("", "answer") else ""
    shown.append(" · ".join(counts), style="dim").append(" · " if stopped else "").append(clean(stopped), style=wrong)
    for k, turn in enumerate(turns[: words.MOST_TURNS]):
        shown.append(f"\n── {clean(words.heading(turn))}", style="not dim bold" if turn.role == "assistant" else "dim")
        if turn.role == "tool" and k and turns[k - 1].calls and not unfolded:
            continue  # the results are with their calls
        answered = k + 1 < len(turns) and turns[k + 1].role == "tool"
        for kind, part in words.parts(turn, *folded(turn.text))[: words.MOST_PARTS]:
            shown.append("\n")
            if isinstance(part, Call):
                shown.append_text(_call(part, unfolded, answered, wrong, shown_of))
            elif kind == "thought":
                text = shown_of(part.strip()) if unfolded else f"[thought, {len(part):,} characters]"
                shown.append(text, style="dim")
            else:
                shown.append_text(_said(part.strip(), turn.role, answer, styles[0], shown_of))
    if len(turns) > words.MOST_TURNS:
        shown.append(f"\n… {len(turns) - words.MOST_TURNS:,} more turns …", style="dim")
    return shown


def _said(text: str, role: str, answer: str | None, style: str, shown_of: Callable[[str], str]) -> Text:
    body = Text(shown_of(text), style="not dim" if role == "assistant" else "dim")
    if answer and role == "assistant" and (start := body.plain.rfind(clean(answer))) >= 0:
        body.stylize(style, start, start + len(clean(answer)))
    return body


def _call(call: Call, unfolded: bool, answered: bool, wrong: str, shown_of: Callable[[str], str]) -> Text:
    """A call on one line; unfolded with its whole arguments, and its result unless the next turn shows that."""
    failed, name = words.error_of(call), clean(call.name)[:60] or "a call"
    line = (
        Text()
        .append("✗ " if failed else "▸ ", style=wrong if failed else "cyan")
        .append(name, style="not dim bold cyan")
    )
    line.append(f" {clean(failed)}" if failed else "", style=wrong)
    if not unfolded:
        line.append(f" {one_line(call.arguments, _SHORT)}", style="not dim")
        line.append("" if call.result is None else f" → {one_line(call.result, _SHORT)}", style="not dim")
    line.append(words.measures(call), style="dim")
    if unfolded:
        line.append(f"\n{shown_of(words.readable(call.arguments))}", style="not dim")
        line.append("" if answered or call.result is None else f"\n→ {shown_of(call.result)}")
    return line
