"""The rollouts of a run on a full screen, by keyboard: a curve, the groups of a step, the members of a group."""

from rich.console import Group
from rich.rule import Rule
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Static

from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.terminal.series import series
from swift_grpo.rollouts.terminal.show import completion_heading, completion_text
from swift_grpo.rollouts.terminal.text import clean, number, question
from swift_grpo.rollouts.trust import trust

PLOT_ROWS = 10
MOST_GROUPS = 500  # rows of the table; a step with more says so
FILTERS = {
    "all": "true",
    "mixed": "n > 1 AND coalesce(reward_std, 0) > 1e-8",
    "all right": "solved = 1",
    "all wrong": "solved = 0",
}
HELP = """\
left, right     step before, step after          home, end   first step, last step
up, down        group before, group after        pgup, pgdn  scroll the completions
f               groups: all, mixed, all right, all wrong
m               the curve: reward, solved, characters, each reward, KL, entropy, gradient
t               fold or unfold the thoughts
q               quit

In the table a dim group has no variance and teaches nothing.
In the text an answer is green if it is the gold, else red. Any key closes this."""


class Help(ModalScreen):
    """The keys."""

    CSS = """
    Help { align: center middle; }
    #help { width: auto; height: auto; padding: 1 2; border: round $accent; background: $surface; }
    """

    def compose(self) -> ComposeResult:
        yield Static(HELP, id="help", markup=False)

    def on_key(self) -> None:
        self.dismiss()


class Rollouts(App):
    """Text of a model is shown as `rich.text.Text`, never as markup, and cleaned of control characters."""

    CSS = f"""
    #banner {{ height: auto; color: $text-muted; padding: 0 1; }}
    #plot {{ height: {PLOT_ROWS}; padding: 0 1; }}
    #where {{ height: 1; padding: 0 1; text-style: bold; }}
    #groups {{ width: 46%; max-width: 80; }}
    #group {{ padding: 0 1; }}
    """
    BINDINGS = [  # noqa: RUF012
        Binding("left", "step(-1)", "step", key_display="← →", priority=True),
        Binding("right", "step(1)", "step", priority=True, show=False),
        Binding("home", "step(-1000000000)", "first", priority=True, show=False),
        Binding("end", "step(1000000000)", "last", priority=True, show=False),
        Binding("pageup", "scroll(-1)", priority=True, show=False),
        Binding("pagedown", "scroll(1)", priority=True, show=False),
        Binding("f", "filter", "filter"),
        Binding("m", "metric", "curve"),
        Binding("t", "thought", "thoughts"),
        Binding("question_mark", "help", "help"),
        Binding("q", "quit", "quit"),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, index: Index) -> None:
        super().__init__()
        self.index = index
        self.rows = series(index)
        self.steps = [row[0] for row in index.query("SELECT DISTINCT step FROM groups ORDER BY step")]
        self.at = len(self.steps) - 1
        self.filter, self.metric, self.thoughts = 0, 0, False
        self.curves = [name for name, values in self._curves().items() if any(v is not None for v in values)] or [
            "reward"
        ]

    def compose(self) -> ComposeResult:
        yield Static(Text("\n".join(map(clean, trust(self.index).lines))), id="banner")
        yield Static(id="plot")
        yield Static(id="where")
        with Horizontal():
            yield DataTable(id="groups", cursor_type="row", zebra_stripes=True)
            with VerticalScroll(can_focus=False):
                yield Static(id="group")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for title in ("group", "n", "solved", "reward", "std", "chars", "prompt"):
            table.add_column(title)
        table.focus()
        self.show_step()

    def on_resize(self) -> None:
        self.show_plot()

    def _curves(self) -> dict[str, list[float | None]]:
        names = ("reward", "solved", "chars", "kl", "entropy", "grad_norm", "clipped")
        curves = {name: [row[name] for row in self.rows] for name in names}
        each = {name: [row["rewards"][name] for row in self.rows] for name in self.index.reward_names}
        return {"reward": curves.pop("reward"), "solved": curves.pop("solved"), **each, **curves}

    def show_plot(self) -> None:
        import plotext

        name = self.curves[self.metric]
        points = [(r["step"], v) for r, v in zip(self.rows, self._curves()[name], strict=True) if v is not None]
        if not points:
            self.query_one("#plot", Static).update(Text("no steps"))
            return
        plotext.clear_figure()
        plotext.theme("clear")
        plotext.limit_size(False, False)  # it would ask the terminal, which textual has
        plotext.plot_size(max(30, self.size.width - 2), PLOT_ROWS)
        plotext.plot(*zip(*points, strict=True), marker="braille")
        if self.steps:
            plotext.vline(self.steps[self.at])
        plotext.title(clean(name))
        self.query_one("#plot", Static).update(Text.from_ansi(plotext.build()))

    def show_step(self) -> None:
        table = self.query_one(DataTable)
        table.clear()
        self.show_plot()
        if not self.steps:
            self.query_one("#where", Static).update(Text("the log has no completions yet"))
            return
        step, kind = self.steps[self.at], list(FILTERS)[self.filter]
        every = self.index.query(f"SELECT min(group_id), count(*) FROM groups WHERE step = {step}")[0]
        groups = self.index.query(
            f"""SELECT group_id, n, solved, reward_mean, reward_std, chars, first_id FROM groups
                WHERE step = {step} AND {FILTERS[kind]} ORDER BY group_id LIMIT {MOST_GROUPS}"""
        )
        prompts = self.index.texts([row[-1] for row in groups])
        for (group_id, n, solved, mean, std, chars, _), text in zip(groups, prompts, strict=True):
            flat = n > 1 and (std or 0) <= 1e-8
            cells = [f"{step}:{group_id - every[0]}", str(n), "-" if solved is None else f"{solved:.0%}"]
            cells += [*(number(value) for value in (mean, std, chars)), question(text.prompt, 30)]
            table.add_row(*(Text(cell, style="dim" if flat else "") for cell in cells), key=str(group_id))
        shown = f"step {step} of {self.steps[-1]} · {kind}: {len(groups)} of {every[1]} groups"
        self.query_one("#where", Static).update(Text(shown))
        if not groups:
            self.query_one("#group", Static).update(Text("no such group in this step"))

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        if event.row_key is None or event.row_key.value is None:
            return
        self.show_group(int(event.row_key.value))

    def show_group(self, group_id: int) -> None:
        ids = [
            r[0]
            for r in self.index.query(
                f"SELECT id FROM rollouts WHERE group_id = {group_id} AND NOT duplicate ORDER BY member"
            )
        ]
        texts = self.index.texts(ids)
        parts = [Text(clean(texts[0].prompt).strip(), style="dim")]
        if texts[0].solution is not None:
            parts.append(Text.assemble(("gold ", "bold"), (clean(texts[0].solution), "bold green")))
        for text in texts:
            parts += [
                Rule(str(text.member), style="dim"),
                completion_heading(text),
                completion_text(text, self.thoughts),
            ]
        self.query_one("#group", Static).update(Group(*parts))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_step(self, by: int) -> None:
        at = max(0, min(len(self.steps) - 1, self.at + by))
        if at != self.at:
            self.at = at
            self.show_step()

    def action_scroll(self, pages: int) -> None:
        pane = self.query_one(VerticalScroll)
        pane.scroll_relative(y=pages * max(1, pane.size.height - 2), animate=False)

    def action_filter(self) -> None:
        self.filter = (self.filter + 1) % len(FILTERS)
        self.show_step()

    def action_metric(self) -> None:
        self.metric = (self.metric + 1) % len(self.curves)
        self.show_plot()

    def action_thought(self) -> None:
        self.thoughts = not self.thoughts
        table = self.query_one(DataTable)
        if table.row_count:
            self.show_group(int(table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value))

    def action_help(self) -> None:
        self.push_screen(Help())
