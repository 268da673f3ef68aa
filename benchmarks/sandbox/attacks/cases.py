"""Reads an attack or an honest program, and makes the cases that the sandbox gets.

A program is a Python file whose first lines are `# name: value`:

- `category`, `attack` (or `program`): what it is. `kind`: stdin, call or assert, as in the sandbox.
- `stdin`: the input of one case, after a first line with INFO (prelude.py). Repeated for several cases. `more`: a further line.
- `test`: the code of one assert case. `{token}` is a random secret, `{info}` is INFO as a literal.
- `function`, `calls`: what a call case calls, and how many cases there are.
- `files`: the row's files as JSON; MARK in a name is a word that is looked for afterwards. `source`: in place of the program.
- `forbidden: ended`: a case of this program must not count as ended.
- `with: twin` or `with: honest`: what runs in the same sandbox at the same time.
- `disputed`: two readers may disagree whether this is an escape; reported and not scored.
- `expect`, `expect-length`, `value`, `exit`, `needs`: of honest programs.
"""

import json
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
CATEGORIES = "files network processes signals memory cpu output disk ipc kernel privilege harness persistence".split()
TOKEN = "swgtoken-"
PRELUDE = (HERE / "prelude.py").read_text(encoding="utf-8")


def new_token() -> str:
    return TOKEN + secrets.token_hex(16)


@dataclass
class Attack:
    name: str
    source: str
    headers: dict[str, list[str]]
    tokens: list[set[str]] = field(default_factory=list)  # of each case: those that it may show

    def one(self, name: str, default: str = "") -> str:
        return self.headers.get(name, [default])[0]

    @property
    def category(self) -> str:
        return self.one("category")

    @property
    def kind(self) -> str:
        return self.one("kind", "stdin")

    @property
    def disputed(self) -> bool:
        return "disputed" in self.headers

    def files(self, mark: str) -> dict[str, bytes]:
        named = json.loads(self.one("files", "{}"))
        return {key.replace("MARK", mark).replace("LONG", "n" * 300): text.encode() for key, text in named.items()}

    def cases(self, info: dict, companion: str = "") -> list[dict]:
        """Arguments of `Case`. `companion` is the input of a twin."""
        made = []
        self.tokens = []
        if self.kind == "stdin":
            for text in [companion] if companion else self.headers.get("stdin", [""]):
                token = new_token() if "{token}" in text else ""
                lines = [text.replace("{token}", token), *self.headers.get("more", [])]
                first = json.dumps(info) + "\n" if info else ""
                made.append({"kind": "stdin", "stdin": first + "\n".join(lines) + "\n"})
                self.tokens.append({token} - {""})
        elif self.kind == "call":
            for _ in range(int(self.one("calls", "1"))):
                made.append({"kind": "call", "function": self.one("function", "attack"), "args": (info,)})
                self.tokens.append(set())
        else:
            for text in self.headers["test"]:
                token = new_token()
                code = text.replace("{token}", token).replace("{info}", repr(info)).replace("\\n", "\n")
                made.append({"kind": "assert", "code": code})
                self.tokens.append({token} if "{token}" in text else set())
        return made

    def program(self) -> str:
        if "source" in self.headers:
            return self.one("source").encode().decode("unicode_escape")
        if self.category == "honest":
            return self.source
        return PRELUDE + ("\nstart()\n" if self.kind == "stdin" else "\n") + self.source


def read(path: Path) -> Attack:
    source = path.read_text(encoding="utf-8")
    headers: dict[str, list[str]] = {}
    for line in source.splitlines():
        found = re.fullmatch(r"# ([a-z-]+): ?(.*)", line)
        if not found:
            break
        headers.setdefault(found[1], []).append(found[2])
    return Attack(path.stem, source, headers)


def read_all(part: str) -> list[Attack]:
    """Of "open", "held_out" or "honest", in the order of their names."""
    return [read(path) for path in sorted((HERE / part).glob("*.py"))]
