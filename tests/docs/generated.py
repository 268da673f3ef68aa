"""Writes again what the docs hold of the code's own tables:

    python -m tests.docs.generated

Each part stands between two comments. `test_generated.py` fails when one is not what the code says.
"""

from collections.abc import Callable
from dataclasses import dataclass

from grpo_rewards.gym_tasks import LEFT_OUT, WHOLE_ONLY

from swift_grpo.check import CHECKS
from swift_grpo.commands import checking
from tests.conftest import ROOT
from tests.docs import bridges_table, causes_table, checks_table, commands_page, memory_table, rewards_table, wording
from tests.docs.markdown import row


@dataclass(frozen=True)
class Part:
    """`make` gives what stands in `page` between the lines `begin` and `end`."""

    page: str
    begin: str
    end: str
    make: Callable[[], str]

    def fresh(self) -> str:
        """The whole page with this part as the code has it. Raises ValueError where the page lacks the two lines."""
        text = (ROOT / self.page).read_text(encoding="utf-8")
        before, after = text[: text.index(self.begin)], text[text.index(self.end) + len(self.end) :]
        return before + self.begin + self.make().removeprefix(self.begin).removesuffix(self.end) + self.end + after


def _named(page: str, name: str, make: Callable[[], str]) -> Part:
    return Part(page, f"<!-- {name}: generated -->\n", f"<!-- end of {name} -->\n", make)


def _checks() -> str:
    """A row a subject."""
    return "| subject | looks at |\n|---|---|\n" + "".join(row(f"`{name}`", about) for name, about in CHECKS.items())


def _rules() -> str:
    """A table a subject, a row a rule."""
    parts = []
    for subject, about in CHECKS.items():
        of_it = [rule for rule in checking.catalogue() if rule.subject == subject]
        # "](" would begin a link
        rows = [row(f"`{r.id}`", r.severity, r.message, r.fix, r.why).replace("](", "]\\(") for r in of_it]
        if rows:
            head = "| rule | severity | what | fix | why |\n|---|---|---|---|---|\n"
            parts.append(f"\n## {subject}\n\n{about[0].upper()}{about[1:]}.\n\n{head}{''.join(rows)}")
    return "".join(parts)


def _gym() -> str:
    """The tasks of reasoning-gym that are left out, and those of which only a full score is paid."""
    left_out = "".join(row(f"`{task}`", "left out", why) for task, why in sorted(LEFT_OUT.items()))
    whole = "".join(row(f"`{task}`", "full score only", why) for task, why in sorted(WHOLE_ONLY.items()))
    return f"| task | | reasoning-gym's score |\n|---|---|---|\n{left_out}{whole}"


PARTS = (
    _named("docs/architecture.md", "bridges", bridges_table.table),
    _named("docs/commands.md", "commands", commands_page.reference),
    _named("docs/rewards.md", "rewards", rewards_table.table),
    _named("docs/troubleshooting.md", "causes", causes_table.table),
    _named("docs/reasoning_gym.md", "gym", _gym),
    _named("docs/preflight.md", "checks", _checks),
    _named("docs/rules.md", "rules", _rules),
    _named("CONTRIBUTING.md", "words", wording.table),
    _named("docs/which_recipe.md", "memory", lambda: memory_table.table() + "\n"),
    _named("docs/checks.md", "checks", checks_table.table),
)


def main() -> None:
    for part in PARTS:
        path = ROOT / part.page
        fresh = part.fresh()
        print(f"{part.page}: {'as it was' if path.read_text(encoding='utf-8') == fresh else 'written'}")
        path.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
