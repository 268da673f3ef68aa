"""Random commands, configurations and files through all of preflight: whatever comes, no exception leaves a check.

    python -m benchmarks.preflight.fuzz [--count 100000] [--seed 1]

In this process, the checks unguarded: an exception inside one is a defect although a person would see SKIPPED. Plugins are
imported in processes of their own only in a small part of the commands, cards and hubs are not asked.
"""

import argparse
import collections
import json
import os
import random
import tempfile
import time
import traceback
from pathlib import Path
from unittest import mock

from benchmarks.preflight.first.open import CASES, CLEAN, make_files
from swift_grpo.check import check_launch, known_flags
from swift_grpo.check.cards import Card
from swift_grpo.check.model import find_model
from tests.conftest import ROOT

NASTY = [
    *"0 -1 1 2 3 7 8 1e-5 1e400 -1e400 nan inf 1_000 0x10 99999999999999999999 4.0 .5 -0 true false None none auto all yes no".split(),  # noqa: E501
    *'{} [] {"a":1} [1,2 " \' \\ / . .. ~ * #0 #x a#b :: HF::a/b MS::x/y:z#3 a/b a,b 1,0.5 \x00 \x1b[31m \ud800 é 中文'.split(),
    *"model adapter teacher judge big data.jsonl traces.jsonl r1.txt plugin.py out r1.md run.yaml zero2 zero3 zero9 http://[ http://x:99999".split(),
    *"127.0.0.1 localhost 0.0.0.0 :: 256.1.1.1 server colocate lora full grpo dpo accuracy math format soft_overlong math_accuracy".split(),  # noqa: E501
    "",
    " ",
    "a b c",
    "-5",
    "--",
    "-x",
    "x" * 5000,
    "\n",
]
TYPES = [None, True, 3, -1.5, "", "x", [], [1, "a", None], {}, {"a": {"b": []}}, [[1]], float("inf"), 10**30]
ENVIRONMENT = "CUDA_VISIBLE_DEVICES NPROC_PER_NODE NNODES NODE_RANK MASTER_ADDR MASTER_PORT USE_HF GRPO_REWARDS CUDA_VISIBLE_DEVICE GPU".split()  # noqa: E501


class Fuzz:
    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.folder = folder
        self.flags = {kind: sorted(flags) for kind, flags in known_flags.known()["flags"].items()}
        self.bases = [case for case in [*CASES, *CLEAN] if "big" not in str(case.command)]
        self.base_files = [path for path in folder.rglob("*") if path.is_file()]

    def command(self) -> list[list[str]]:
        """The commands of a case with some of their words changed, or words thrown together."""
        dice = self.dice
        words = (
            list(dice.choice(self.bases).command)
            if dice.random() < 0.85
            else [dice.choice(NASTY) for _ in range(dice.randrange(9))]
        )
        words = [word.replace("{ROOT}", str(ROOT)) for word in words]
        for _ in range(dice.choice([0, 1, 1, 2, 3, 8])):
            self._change(words)
        commands: list[list[str]] = [[]]
        for word in words:
            if word == "::":
                commands.append([])
            else:
                commands[-1].append(word)
        return commands

    def _change(self, words: list[str]) -> None:
        dice, at = self.dice, self.dice.randrange(len(words) + 1)
        kind = dice.choice(list(self.flags))
        flag, value = f"--{dice.choice(self.flags[kind])}", dice.choice(NASTY)
        action = dice.randrange(8)
        if action == 0:
            words[at:at] = [value]
        elif action == 1:
            words += [flag, value]
        elif action == 2:
            words += [flag, value, dice.choice(NASTY)]
        elif action == 3 and words:
            words.pop(at % len(words))
        elif action == 4 and words:
            words[at % len(words)] = value
        elif action == 5:
            words[1:1] = [f"{dice.choice(ENVIRONMENT)}={value}"]
        elif action == 6:
            named = [n for n, word in enumerate(words) if word.startswith("--") and n + 1 < len(words)]
            if named:
                words[dice.choice(named) + 1] = value
        elif action == 7 and "swift" in words:
            at = words.index("swift") + 2
            words[at:at] = [self._config()]

    def _config(self) -> str:
        """A configuration of random content."""
        dice, path = self.dice, self.folder / f"run{self.dice.randrange(4)}.{self.dice.choice(['yaml', 'yml', 'json'])}"
        names = [*dice.sample(self.flags["rlhf"], 4), "ENV", "env", "learning_rate", "num_generations"]
        if dice.random() < 0.5:
            text = json.dumps({name: dice.choice(TYPES) for name in dice.sample(names, 4)})
        else:
            text = "\n".join(f"{name}: {dice.choice(NASTY)!r}" for name in dice.sample(names, 4))
        if dice.random() < 0.3:
            text = self._torn(text.encode(errors="replace")).decode("latin-1")
        path.write_text(text, encoding="utf-8", errors="replace")
        return path.name

    def _torn(self, content: bytes) -> bytes:
        """Content with a part gone, doubled or changed."""
        dice, at = self.dice, self.dice.randrange(len(content) + 1)
        part = bytes(dice.randrange(256) for _ in range(dice.randrange(6)))
        return dice.choice(
            [
                content[:at],
                content[at:],
                content[:at] + part + content[at + len(part) :],
                content + content[:at],
                part,
                b"",
            ]
        )

    def spoil(self) -> tuple[Path, bytes]:
        """Change a file of the folder; its path and former content."""
        path = self.dice.choice(self.base_files)
        before = path.read_bytes()
        if path.suffix in {".json", ".jsonl"} and self.dice.random() < 0.5:
            path.write_bytes(self._reshaped(before))
        else:
            path.write_bytes(self._torn(before))
        return path, before

    def _reshaped(self, content: bytes) -> bytes:
        """JSON with a value of another type somewhere."""
        lines = content.decode(errors="replace").splitlines()
        number = self.dice.randrange(len(lines) or 1)
        try:
            value = json.loads(content) if len(lines) < 2 or not lines[0].endswith("}") else json.loads(lines[number])
        except ValueError:
            return content
        holder = value
        for _ in range(self.dice.randrange(3)):
            inner = list(holder.values()) if isinstance(holder, dict) else holder if isinstance(holder, list) else []
            holders = [one for one in inner if isinstance(one, dict | list) and one]
            holder = self.dice.choice(holders) if holders else holder
        if isinstance(holder, dict) and holder:
            holder[self.dice.choice(list(holder))] = self.dice.choice(TYPES)
        elif isinstance(holder, list) and holder:
            holder[self.dice.randrange(len(holder))] = self.dice.choice(TYPES)
        text = json.dumps(value)
        if len(lines) > 1 and lines[0].endswith("}"):
            lines[number] = text
            text = "\n".join(lines)
        return text.encode()


def world(folder: Path) -> None:
    """The files of all cases that are small, in one folder."""
    for case in [*CASES, *CLEAN]:
        if (
            "big" not in str(case.command)
            and "hang" not in case.id
            and "missing" not in case.id
            and "torn" not in case.id
        ):
            try:
                make_files(case, folder, ROOT)
            except OSError:  # a file where another case has a folder
                continue


def fuzz(count: int, seed: int, imports: float = 0.0, limit: float = float("inf")) -> tuple[int, collections.Counter]:
    """`count` launches; how many were checked in `limit` seconds, and the exceptions by their last line. `imports` is the share that imports."""  # noqa: E501
    failures: collections.Counter = collections.Counter()
    begin, home, done = time.monotonic(), Path.cwd(), 0
    cards = [Card(n, 80.0, 0.0) for n in range(8)]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        world(Path(name))
        state = Fuzz(Path(name), seed)
        os.chdir(name)
        try:
            with (
                mock.patch("swift_grpo.check.preflight.present_cards", lambda path: cards),
                mock.patch(
                    "swift_grpo.check.hub._status", lambda url, seconds: state.dice.choice([200, 404, 401, None])
                ),
                mock.patch("swift_grpo.check.environment.taken", lambda port: state.dice.random() < 0.1),
            ):
                while done < count:
                    done += 1
                    spoilt = state.spoil() if state.dice.random() < 0.3 else None
                    find_model.cache_clear()
                    left_out = [] if state.dice.random() < imports else ["plugins"]
                    commands = state.command()
                    try:
                        report = check_launch(
                            commands,
                            {"PATH": os.environ["PATH"]},
                            state.dice.choice(["gpu", "cpu"]),
                            no_check=left_out,
                            guard=False,
                        )
                        [str(problem) for problem in report.problems]
                    except BaseException as error:
                        where = traceback.extract_tb(error.__traceback__)[-1]
                        failures[
                            f"{type(error).__name__}: {str(error)[:90]} at {Path(where.filename).name}:{where.lineno}"
                        ] += 1
                    if spoilt:
                        spoilt[0].write_bytes(spoilt[1])
                    if time.monotonic() - begin > limit:
                        break
        finally:
            os.chdir(home)
    return done, failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begin = time.monotonic()
    done, failures = fuzz(asked.count, asked.seed)
    print(f"{done:,} launches in {time.monotonic() - begin:.0f} s: {sum(failures.values())} exceptions")
    for text, count in failures.most_common():
        print(f"{count:6}  {text}")


if __name__ == "__main__":
    main()
