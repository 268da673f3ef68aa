"""Dialogs that ask for a step, a text to search, or a finding or match to go to."""

from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

_CLOSE: list[BindingType] = [("escape", "dismiss", "Close")]


class Help(ModalScreen[None]):
    """Shows the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,question_mark", "dismiss", "Close")]
    CSS = """
    Help { align: center middle; }
    Help Static { width: 90; height: auto; border: round $primary; padding: 1 2; background: $surface; }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        yield Static(Text(self.text))


class Ask(ModalScreen[str | None]):
    """Asks for a line of text; its result is the text or None."""

    BINDINGS: ClassVar[list[BindingType]] = _CLOSE
    CSS = "Ask { align: center middle; } Ask Input { width: 60; max-width: 90%; }"

    def __init__(self, what: str, kind: Literal["text", "integer"] = "text") -> None:
        super().__init__()
        self.what, self.kind = what, kind

    def compose(self) -> ComposeResult:
        yield Input(placeholder=self.what, type=self.kind, max_length=200)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value or None)


class Choose(ModalScreen[str | None]):
    """A list; its result is the name of the chosen entry. An entry without a name cannot be chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_CLOSE,
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]
    CSS = """
    Choose { align: center middle; }
    Choose OptionList { width: 94%; height: auto; max-height: 90%; border: round $primary; background: $surface; }
    """

    def __init__(self, title: str, entries: list[tuple[str | None, Text]]) -> None:
        super().__init__()
        self.title_text, self.entries = title, entries

    def compose(self) -> ComposeResult:
        found = OptionList(*(Option(text, disabled=name is None) for name, text in self.entries), markup=False)
        found.border_title = Text(self.title_text)
        yield found

    def action_move(self, by: int) -> None:
        found = self.query_one(OptionList)
        found.action_cursor_down() if by > 0 else found.action_cursor_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.entries[event.option_index][0])
