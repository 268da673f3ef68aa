"""The Textual app."""

import re
import threading
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.widgets import DataTable, Footer, Static

from swift_grpo.printable import clean, number, one_line
from swift_grpo.rollouts.facts.browse import listed, tabulate
from swift_grpo.rollouts.facts.configuration import brief
from swift_grpo.rollouts.facts.curves import curves
from swift_grpo.rollouts.facts.search import first_matches
from swift_grpo.rollouts.facts.trust import trust
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.tui import content
from swift_grpo.rollouts.tui.dialogs import Ask, Choose, Help

FILTERS = {
    "any": "true",
    "mixed": "outcome = 'mixed'",
    "all right": "outcome = 'right'",
    "all wrong": "outcome = 'wrong'",
}
_MOST_MATCHES = 200
_LOW = 30  # lines of a terminal without room for a plot above the groups
_MOST_ROWS = 500  # groups of a step in the table; textual takes 0.4 s for 1,000
_POLL_SECONDS = 1.0
_HELP = """\
 ↓ ↑  j k     next, previous group of the step
 → ←  n p     next, previous step that passes the filter
 Home End     first, last step
 g            go to a step
 f            filter: any, mixed, all right, all wrong
 i            findings of the diagnosis; Enter goes to a rollout of one
 /            search the completions; Enter goes to a match
 t            fold or unfold thoughts, tool calls and results
 c            next curve
 Space b      scroll the text down, up
 Tab          move between groups and text
 ?            this help
 q            quit

 The view follows the log: at the last step, a new step is shown at once."""


class Inspector(App[None]):
    """The app on an index; it reads a step's data when it shows the step."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "rollouts"
    CSS = """
    #top { height: auto; padding: 0 1; background: $panel; }
    #left { width: 42%; }
    #plot { height: 40%; min-height: 10; border: round $panel; }
    #groups { height: 1fr; border: round $panel; background: $background; }
    #text { width: 1fr; border: round $panel; padding: 0 1; }
    #groups:focus, #text:focus { border: round $accent; background-tint: transparent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "group(1)", "Next group", show=False),
        Binding("k", "group(-1)", "Previous group", show=False),
        Binding("n,right", "step(1)", "Step →", key_display="n", priority=True),
        Binding("p,left", "step(-1)", "← Step", key_display="p", priority=True),
        Binding("home", "end(False)", show=False, priority=True),
        Binding("end", "end(True)", show=False, priority=True),
        Binding("g", "go", "Go to step"),
        Binding("f", "filter", "Filter"),
        Binding("i", "findings", "Findings"),
        Binding("slash", "search", "Search", key_display="/"),
        Binding("t", "thoughts", "Thoughts"),
        Binding("c", "curve", "Curve"),
        Binding("space", "scroll(1)", "Scroll", show=False, priority=True),
        Binding("b", "scroll(-1)", show=False),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, index: Index) -> None:
        super().__init__()
        self.index = index
        self.step: int | None = None
        self.filter = "any"
        self.unfolded = False
        self.curve = 0
        self.group: str | None = None
        self.following = threading.Lock()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Disables the app's keys while a dialog is open."""
        return len(self.screen_stack) == 1 or action == "quit"

    def compose(self) -> ComposeResult:
        yield Static(id="top")
        with Horizontal():
            with Vertical(id="left"):
                yield Static(id="plot")
                yield DataTable(id="groups", cursor_type="row", zebra_stripes=True)
            with VerticalScroll(id="text"):
                yield Static(id="texts")
        yield Footer()

    def on_mount(self) -> None:
        for title in ("group", "", "reward", "prompt"):
            self.table.add_column(Text(title))
        self.take_in()
        self.go_to(self.nearest(True))
        self.table.focus()
        self.set_interval(_POLL_SECONDS, self.follow)

    @property
    def table(self) -> DataTable:
        return self.query_one("#groups", DataTable)

    def take_in(self) -> None:
        """Reads the data of the whole run."""
        tabulate(self.index)
        self.curves = curves(self.index)
        self.trusted = trust(self.index)

    @work(thread=True)
    def follow(self) -> None:
        """Reads what was appended to the log, in the background."""
        if not self.following.acquire(blocking=False):
            return
        try:
            end = self.nearest(True)
            if self.index.refresh():
                self.take_in()
                self.call_from_thread(self.show_new, end)
        except (OSError, ValueError):
            pass  # the log is being replaced; the next try finds it
        finally:
            self.following.release()

    def show_new(self, end: int | None) -> None:
        """Shows the new last step if `end`, the former last one, was shown; else stays."""
        at_end = self.step == end
        self.show_top()
        self.show_plot()
        if at_end and (last := self.nearest(True)) != self.step:
            self.go_to(last)

    # --- steps ---

    def nearest(self, last: bool) -> int | None:
        """The last or the first step that passes the filter."""
        side = "max" if last else "min"
        return self.index.query(f"SELECT {side}(step) FROM browse WHERE {FILTERS[self.filter]}")[0][0]

    def go_to(self, step: int | None, row: int = 0) -> None:
        """Shows a step's groups."""
        self.step = step
        self.table.clear()
        rows = (
            listed(self.index, f"step = ? AND {FILTERS[self.filter]}", [step], _MOST_ROWS) if step is not None else []
        )
        for one in rows:
            style = "dim" if one["flat"] else ""
            question = one_line(("eval " if one["eval"] else "") + one["question"], 60)
            self.table.add_row(
                Text(one["g"]),
                content.pips(one),
                Text(number(one["mean"]), justify="right"),
                Text(question, style),
                key=one["g"],
            )
        if rows:
            self.table.move_cursor(row=min(max(row, 0), len(rows) - 1))
        else:
            self.show_group(None)
        self.show_top()
        self.show_plot()

    def action_step(self, by: int) -> None:
        side, sign = ("min", ">") if by > 0 else ("max", "<")
        if self.step is None:
            return
        condition = f"step {sign} ? AND {FILTERS[self.filter]}"
        found = self.index.query(f"SELECT {side}(step) FROM browse WHERE {condition}", [self.step])[0][0]
        if found is None:
            self.bell()
        else:
            self.go_to(found)

    def action_end(self, last: bool) -> None:
        self.go_to(self.nearest(last))

    def action_go(self) -> None:
        def go(given: str | None) -> None:
            if given is None or not given.lstrip("-").isdigit():
                return
            step, condition = int(given), FILTERS[self.filter]
            found = self.index.query(
                f"SELECT step FROM browse WHERE {condition} ORDER BY abs(step - ?) LIMIT 1", [step]
            )
            if found:
                self.go_to(found[0][0])

        self.push_screen(Ask("step", "integer"), go)

    def action_filter(self) -> None:
        names = list(FILTERS)
        self.filter = names[(names.index(self.filter) + 1) % len(names)]
        step = self.step
        if step is None or not self.index.query(
            f"SELECT 1 FROM browse WHERE step = ? AND {FILTERS[self.filter]}", [step]
        ):
            step = self.nearest(True)
        self.go_to(step)

    def go_to_group(self, where: str | None) -> None:
        """Shows the group of STEP:GROUP:I, regardless of the filter."""
        if where is None:
            return
        name = where.rsplit(":", 1)[0]
        found = self.index.query("SELECT step FROM browse WHERE name = ?", [name])
        if not found:
            return
        self.filter = "any"
        self.go_to(found[0][0])
        if name in {key.value for key in self.table.rows}:
            self.table.move_cursor(row=self.table.get_row_index(name))

    # --- findings and matches ---

    @work(thread=True, exclusive=True)
    def action_findings(self) -> None:
        from swift_grpo.rollouts.diagnosis import diagnose
        from swift_grpo.rollouts.diagnosis_summary import places_of, verdict

        self.call_from_thread(self.notify, "the diagnosis is running …", timeout=2)
        found = diagnose(self.index)
        entries = content.findings(found, places_of(self.index, found))
        self.call_from_thread(self.choose, verdict(found), entries)

    def action_search(self) -> None:
        self.push_screen(Ask("a text that completions contain, in any case"), self.look_for)

    def look_for(self, text: str | None) -> None:
        if text:
            self.search(text)

    @work(thread=True, exclusive=True)
    def search(self, text: str) -> None:
        matches = list(first_matches(self.index, re.escape(text), True, _MOST_MATCHES))
        more = "the first " if len(matches) == _MOST_MATCHES else ""
        self.call_from_thread(self.choose, f"{more}{len(matches)} completions", content.matches(matches))

    def choose(self, title: str, entries: list[tuple[str | None, Text]]) -> None:
        if len(self.screen_stack) == 1:
            self.push_screen(Choose(title, entries), self.go_to_group)

    # --- groups ---

    def action_group(self, by: int) -> None:
        row = self.table.cursor_row + by
        if 0 <= row < self.table.row_count:
            self.table.move_cursor(row=row)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        self.show_group(event.row_key.value)

    def action_thoughts(self) -> None:
        self.unfolded = not self.unfolded
        self.show_group(self.group)

    def action_scroll(self, by: int) -> None:
        pane = self.query_one("#text", VerticalScroll)
        pane.scroll_page_down(animate=False) if by > 0 else pane.scroll_page_up(animate=False)

    def show_group(self, name: str | None) -> None:
        pane = self.query_one("#text", VerticalScroll)
        if name != self.group:
            pane.scroll_home(animate=False)
        self.group = name
        empty = Text(
            f"no group is {self.filter}" if self.filter != "any" else "no completions in the log yet", style="dim"
        )
        self.query_one("#texts", Static).update(
            empty if name is None else content.group_text(self.index, name, self.unfolded)
        )

    # --- the rest ---

    def show_top(self) -> None:
        name = clean(self.index.run.root.name)
        where = "no step" if self.step is None else f"step {self.step}"
        kept = "" if self.filter == "any" else f" · only {self.filter}"
        bad = self.trusted.reconciled < self.trusted.of or self.trusted.unreadable
        lines = [Text.assemble((name, "bold"), f" · {where}{kept}")]
        lines += [Text(line) for line in [brief(self.index.run)] if line]
        lines += [Text(clean(self.trusted.lines[0]), "bold red" if bad else "dim")]
        for line in lines:
            line.truncate(max(1, self.size.width - 2), overflow="ellipsis")
        self.query_one("#top", Static).update(Text("\n").join(lines))

    def action_curve(self) -> None:
        self.curve += 1
        self.show_plot()

    def on_resize(self, event: Resize) -> None:
        self.query_one("#plot", Static).display = event.size.height >= _LOW
        self.call_after_refresh(self.show_top)
        self.call_after_refresh(self.show_plot)

    def show_plot(self) -> None:
        pane, charts = self.query_one("#plot", Static), [one for one in self.curves["charts"] if not one.get("more")]
        if charts:
            chart = charts[self.curve % len(charts)]
            pane.update(
                content.plot(chart, self.curves["steps"], pane.content_size.width, pane.content_size.height, self.step)
            )

    def action_help(self) -> None:
        self.push_screen(Help(_HELP))
