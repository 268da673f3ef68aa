"""Every command that a page shows exists, with its options; what needs no card, no network and no patience is run."""

import os
import re
import shutil
import subprocess

import pytest

from swift_grpo.check import known_flags as ms_swifts
from swift_grpo.check.names import ELSEWHERE, GONE, RENAMED
from tests.conftest import ROOT, clean_environ
from tests.docs.commands_page import commands as own_commands
from tests.docs.markdown import blocks, inline_code, pages
from tests.docs.shell_words import commands
from tests.docs.shown import FLAG, command_options, faults, ms_swift

pytestmark = pytest.mark.slow

BASH = [block for block in blocks() if block.language == "bash"]
CONSOLE = [
    block for block in blocks() if block.language in ("", "console") and re.search(r"^\$ ", block.text, re.MULTILINE)
]


@pytest.mark.parametrize("block", BASH, ids=str)
def test_a_block_shows_what_exists(block):
    syntax = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True)
    assert syntax.stderr == ""
    assert [fault for command in commands(block.text) for fault in faults(command)] == []


@pytest.mark.parametrize("block", CONSOLE, ids=str)
def test_a_console_shows_what_exists(block):
    typed = re.sub(r"\\\n\s*", "", block.text)
    lines = [line.removeprefix("$ ") for line in typed.splitlines() if line.startswith("$ ")]
    assert [fault for line in lines for command in commands(line) for fault in faults(command)] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("swift-grpo inspect sumary", "No such command"),
        ("swift-grpo score --rewrads all log.jsonl", "No such option"),
        ("swift-grpo score", "Missing parameter: file"),
        ("swift-grpo launch --log x -- swift rlhf", "Missing parameter: logs"),
        ("swift-grpo check --stric -- swift rlhf", "has no --stric"),
        ("swift-grpo check -- swift rlhf --train_type lora", "swift rlhf has no --train_type"),
        ("swift-grpo sample rows.jsonl --model M -- --vllm_max_len 9", "has no --vllm_max_len"),
        ("swift rollout --num_generations 4", "swift rollout has no --num_generations"),
        ("bash scripts/train_one_gpu.sh", "no script of this repository"),
        ("bash scripts/train_single_gpu.sh --num_generation 4", "has no --num_generation"),
        ("MODLE=x bash scripts/train_single_gpu.sh", "reads no variable MODLE"),
        ("echo $(bash scripts/tset.sh)", "scripts/tset.sh is no script"),
        ("python -m tests.data.bnech", "no module tests.data.bnech"),
        ("python -m benchmarks.data.speed --rowz 3", "has no --rowz"),
        ("cd x && pytest tests/docks", "tests/docks is not there"),
        ("swfit rlhf", "nobody knows how to check `swfit`"),
    ],
)
def test_what_does_not_exist_is_found(line, said):
    found = [fault for command in commands(line) for fault in faults(command)]
    assert any(said in fault for fault in found), found


@pytest.fixture(scope="session")
def workplace(tmp_path_factory):
    """A checkout with a run in output/demo, as the blocks take it for granted; what they write stays here."""
    place = tmp_path_factory.mktemp("docs")
    for name in (
        "scripts",
        "configs",
        "prompts",
        "plugin",
        "examples",
        "tests",
        "swift_grpo",
        "requirements",
        "docs",
        ".venv",
    ):
        (place / name).symlink_to(ROOT / name)
    for recipe in ("demo/grpo", "train_single_gpu"):
        shutil.copytree(ROOT / "tests/rollouts/logs/server", place / "output" / recipe / "v0-20260101-120000")
    for page, name in (("docs/rewards.md", "my_rewards.py"), ("docs/tools.md", "my_tools.py")):
        example = next(block for block in blocks() if block.page == page and block.language == "python")
        (place / name).write_text(example.text)
    ms_swifts.known()  # ms-swift's flags are asked once, not in a fresh cache again
    flags = ms_swifts._cache_file()
    (place / "cache/swift-grpo").mkdir(parents=True)
    shutil.copy(flags, place / "cache/swift-grpo" / flags.name)
    return place


@pytest.mark.parametrize("block", [block for block in BASH if not block.needs], ids=str)
def test_a_block_that_needs_nothing_runs(block, workplace):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        cwd=workplace,
        env=clean_environ()
        | {"PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}", "XDG_CACHE_HOME": str(workplace / "cache")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.fixture(scope="session")
def known_flags():
    """Flags of ms-swift, swift-grpo, scripts, tests and benchmarks; and of other tools, as pages name them."""
    flags = set().union(*(ms_swift(kind) for kind in ("rlhf", "sft", "rollout", "infer", "export", "deploy")))
    flags |= {option for words, _ in own_commands() for option in command_options(words)}
    flags |= set(RENAMED) | set(GONE) | {name for names in ELSEWHERE.values() for name in names.split()}
    for folder in ("scripts", "tests", "benchmarks", "requirements", "examples", "plugin", "swift_grpo"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".sh", ".slurm") and ROOT / "tests/docs" not in path.parents:
                flags |= set(FLAG.findall(path.read_text(encoding="utf-8", errors="replace")))
    return flags


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_flags_in_sentences_are_known(page, known_flags):
    named = {flag for code in inline_code(page) if code.startswith("--") for flag in FLAG.findall(code)}
    families = tuple(flag for flag in named if flag.endswith("_"))  # `--cosine_*`
    assert {family for family in families if not any(flag.startswith(family) for flag in known_flags)} == set()
    assert named - known_flags - set(families) == set()
