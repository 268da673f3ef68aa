"""Contents of the panes as rich Text, which is never parsed as markup, without control characters."""

import math

from rich.text import Text

from swift_grpo.page_kit.json_values import cut
from swift_grpo.printable import clean, number
from swift_grpo.rollouts.completion_text import Look, completion_text
from swift_grpo.rollouts.diagnosis import Finding
from swift_grpo.rollouts.facts.turns import task, turns
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.reading.rollout_text import RolloutText

RIGHT, WRONG = "#56b4e9", "#e69f00"  # of Okabe and Ito's palette, readable on a dark ground
_COLORS = {
    "blue": (86, 180, 233), "right": (86, 180, 233), "wrong": (230, 120, 30), "orange": (230, 159, 0), "green": (0, 190, 140),
    "purple": (204, 121, 167), "sky": (150, 200, 240), "yellow": (240, 228, 66), "grey": (140, 140, 140),
}  # fmt: skip
_MOST_CHARS, _PROMPT_CHARS, _MOST_CLASSES = 6_000, 1_500, 6


def plot(chart: dict, steps: list[int], width: int, height: int, here: int | None = None) -> Text:
    """A chart of `facts.curves` as a plot, with a line at the step `here`; the series of a stack are separate lines."""
    import plotext

    title = Text(f" {chart['title']}", style="bold").append(f"  {clean(chart['unit'])}", style="dim")
    if width < 20 or height < 6:
        return title
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(width, height - 2)
    legend = Text(" ")
    for one in chart["series"]:
        known = [(step, value) for step, value in zip(steps, one["values"], strict=True) if value is not None]
        color = _COLORS[one["color"]]
        plotext.plot([step for step, _ in known], [value for _, value in known], marker="braille", color=color)
        legend.append("━ ", style=f"rgb({','.join(map(str, color))})")
        legend.append(f"{clean(one['name'])[:24]} ").append(f"{number(known[-1][1])}  ", style="bold")
    if here is not None and len(steps) > 1:
        plotext.vline(here, color=(90, 90, 90))
    values = [value for one in chart["series"] for value in one["values"] if value is not None]
    ticks = _ticks(*(chart["bounds"] or (min(values), max(values))))
    plotext.ylim(ticks[0], ticks[-1])
    plotext.yticks(ticks, [number(tick) for tick in ticks])
    plotext.xticks(sorted({steps[k * (len(steps) - 1) // 4] for k in range(5)}))
    drawn = Text.from_ansi(plotext.build())
    return Text("\n").join([title, legend, drawn])


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers that enclose a range.

    >>> _ticks(0.31, 1.9)
    [0.0, 0.5, 1.0, 1.5, 2.0]
    """
    raw = (high - low) / 4 or abs(high) / 2 or 1.0
    power = 10 ** math.floor(math.log10(raw))
    each = next(k * power for k in (1, 2, 5, 10) if k * power >= raw * 0.999)
    first, last = math.floor(low / each + 1e-9), math.ceil(high / each - 1e-9)
    return [k * each for k in range(first, max(last, first + 2) + 1)]


def pips(row: dict, width: int = 16) -> Text:
    """A group's right and wrong completions, a mark each; counts where there are many."""
    if row["solved"] is None:
        return Text(f"{row['n']}", style="dim")
    right = round(row["solved"] * row["n"])
    wrong = row["n"] - right
    if row["n"] > width:
        return Text.assemble((f"✓{right}", RIGHT), " ", (f"✗{wrong}", WRONG))
    return Text.assemble(("✓" * right, RIGHT), ("✗" * wrong, WRONG))


def group_text(index: Index, name: str, unfolded: bool) -> Text:
    """A group: prompt, gold, and its completions in order."""
    rows = index.dicts(
        """SELECT id, solved FROM counted
           WHERE group_id = (SELECT group_id FROM browse WHERE name = ?) ORDER BY member""",
        [name],
    )
    solved = {row["id"]: row["solved"] for row in rows}
    texts = index.texts(solved)
    if not texts:
        return Text("nothing here", style="dim")
    shown = prompt_text(task(texts[0]), unfolded)
    if texts[0].solution is not None:
        shown.append("\n\ngold ", style="not dim").append(clean(texts[0].solution[:300]), style="not dim bold green")
    for text in texts:
        shown.append("\n\n").append_text(member_text(text, solved[text.id], unfolded))
    return shown


def prompt_text(prompt: str, unfolded: bool) -> Text:
    """The turns of a prompt; the system's is folded like thoughts."""
    shown = Text(style="dim")
    for role, text in turns(prompt):
        shown.append("\n" if shown else "")
        if role == "system" and not unfolded:
            shown.append(f"[system prompt, {len(text):,} characters]")
        else:
            shown.append(f"{clean(role)}: " if role else "", style="bold").append(_cut(text.strip(), _PROMPT_CHARS))
    return shown


def findings(found: list[Finding], places: dict[int, str]) -> list[tuple[str | None, Text]]:
    """Entries to choose from: a finding with its evidence, and the address of its first rollout."""
    entries = []
    for one in found:
        where = next((places[rollout] for rollout in one.rollouts if rollout in places), None)
        text = Text.assemble((f"{one.severity:<8} ", "bold"), (f"{one.check}: {clean(one.title)}", "bold"))
        if one.severity != "skipped":
            text.append(f"\n         {clean(one.evidence)}\n         fix: {clean(one.fix)}", style="dim")
        entries.append((where, text))
    return entries


def matches(rows: list[dict]) -> list[tuple[str | None, Text]]:
    """Entries to choose from: a completion's address, its reward and the text around the match."""
    entries = []
    for row in rows:
        parts = [" ".join(clean(row[name]).split("\n")) for name in ("before", "match", "after")]
        text = Text.assemble((f"{row['where']:<10} ", "cyan"), (f"{number(row['reward']):>6}  ", "dim"))
        entries.append((row["where"], text.append(parts[0]).append(parts[1], style="bold reverse").append(parts[2])))
    return entries


def member_text(text: RolloutText, solved: bool | None, unfolded: bool) -> Text:
    """A completion: verdict, rewards, and its text with the final answer marked."""
    verdict = {None: ("", "bold"), True: ("✓ right ", f"bold {RIGHT}"), False: ("✗ wrong ", f"bold {WRONG}")}[solved]
    rewards = [f"{clean(name)[:24]} {number(value)}" for name, value in list(text.rewards.items())[:_MOST_CLASSES]]
    facts = [f"reward {number(text.reward)}", f"advantage {number(text.advantage)}", *rewards]
    shown = Text.assemble(
        (f"━━ #{text.member} ", "not dim bold"), (verdict[0], f"not dim {verdict[1]}"), (" · ".join(facts), "not dim")
    )
    found, wrong = f"not dim reverse {verdict[1]}", f"not dim bold {WRONG}"
    look = Look(found, wrong, unfolded, lambda one: _cut(one, _MOST_CHARS))
    return shown.append("\n").append_text(completion_text(text, look))


def _cut(text: str, most: int) -> str:
    piece = cut(text, most)
    if "out" not in piece:
        return clean(text)
    return f"{clean(piece['head'])}\n… {piece['out']:,} of {len(text):,} characters left out …\n{clean(piece['tail'])}"
