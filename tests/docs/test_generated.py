"""What the docs hold of the code's tables is what the code holds."""

import pytest

from tests.conftest import ROOT
from tests.docs.commands_page import commands
from tests.docs.generated import PARTS


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.page} {part.begin.split()[1]}")
def test_is_fresh(part):
    """`python -m tests.docs.generated` writes it."""
    assert (ROOT / part.page).read_text(encoding="utf-8") == part.fresh()


def test_every_command_says_what_it_does():
    nameless = [words for words, command in commands() if not command.help]
    assert nameless == []
