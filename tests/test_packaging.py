"""The wheel: what it declares, what it holds, and what it does in an environment that lacks an extra."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import swift_grpo
from swift_grpo.commands.extras import PACKAGE, advice, distribution_of

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {
    "swift_grpo",
    "grpo_rewards",
    "grpo_environments",
    "old_logps",
    "stage_end",
    "step_times",
    "teacher_ids",
    "synced_weights",
    "grpo_tools",
    "trajectories",
    "unjudged",
}
NOT_DECLARED = {
    "vllm": "which build of it fits is the machine's matter, and cpu/communicator.py is imported by it alone"
}
INPUTS = ("swift_grpo", "plugin", "prompts", "setup.py", "pyproject.toml", "README.md", "LICENSE")
DOCUMENTS = {".md", ".png", ".svg"}  # for those who read the sources


def declared() -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]
    return [one for one in map(Requirement, lines) if one.name != PACKAGE]


def imported() -> Iterator[tuple[str, Path]]:
    for file in (*ROOT.glob("swift_grpo/**/*.py"), *ROOT.glob("plugin/**/*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((alias.name.split(".")[0], file) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.split(".")[0], file


def test_every_import_is_declared_and_nothing_else():
    found = {name: file for name, file in imported() if name not in OURS | sys.stdlib_module_names}
    missing = set(found).difference(NOT_DECLARED) - {
        n for n in found if distribution_of(n) in {d.name for d in declared()}
    }
    assert not missing, {name: found[name] for name in missing}
    started = {"py-spy", "evalscope"}  # as programs
    others = {"addict"}  # modelscope imports it
    assert {d.name for d in declared()} - {distribution_of(n) for n in found} == started | others


def test_the_locked_versions_lie_within_the_ranges():
    locks = [(ROOT / "requirements" / name).read_text() for name in ("cpu.txt", "gpu.txt")]
    extra = "".join((ROOT / f"requirements/{name}.txt").read_text() for name in ("eval", "gym", "instructions"))
    for one in declared():
        if one.name == "torch":  # apart from the lock on a CPU, see scripts/setup.sh
            continue
        for lock in locks:
            versions = re.findall(rf"^{re.escape(one.name)}==(\S+)", lock + extra, re.MULTILINE)
            assert versions and all(one.specifier.contains(version) for version in versions), (one, versions)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    (folder / "source").mkdir()
    for name in INPUTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / "source" / name)
    build = "import sys, setuptools.build_meta as b; b.build_wheel(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", build, ".."], cwd=folder / "source", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_runs_and_no_module_outside_its_packages(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    places = {
        "swift_grpo": "swift_grpo",
        "plugin/grpo_rewards": "grpo_rewards",
        "plugin/grpo_tools": "grpo_tools",
        "plugin/grpo_environments": "grpo_environments",
        "prompts": "swift_grpo/prompts",
    }
    wanted = {f"swift_grpo/plugin/{file.name}" for file in ROOT.glob("plugin/*.py")}
    for source, place in places.items():
        files = [file for file in (ROOT / source).rglob("*") if file.is_file() and "__pycache__" not in file.parts]
        wanted |= {f"{place}/{f.relative_to(ROOT / source)}" for f in files if f.suffix not in DOCUMENTS}
    assert names == wanted
    assert f"-{swift_grpo.__version__}-" in wheel.name


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Runs code on what is in the wheel and in the environment, with some modules hidden."""
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(wheel).extractall(folder)

    def run(*words: str, hide: str = "") -> subprocess.CompletedProcess:
        hidden = f"import sys; sys.modules.update(dict.fromkeys({hide.split()!r})); sys.argv[0] = 'swift-grpo'"
        code = f"{hidden}\nfrom swift_grpo.commands.main import main\nmain()"
        environ = {n: v for n, v in os.environ.items() if n != "PYTHONPATH"} | {"PYTHONPATH": str(folder)}
        return subprocess.run(
            [sys.executable, "-c", code, *words], cwd=folder, env=environ, capture_output=True, text=True
        )

    return run


def test_the_installed_command_names_the_plugin_beside_it(installed, tmp_path_factory):
    for name in ("plugin", "weight_sync"):
        path = Path(installed("plugin", name).stdout.strip())
        assert path.is_file() and path.parts[-3:] == ("swift_grpo", "plugin", f"{name}.py")
        assert ROOT not in path.parents


def test_the_checkout_names_its_own(capsys):
    from typer.testing import CliRunner

    from swift_grpo.commands.main import app

    assert CliRunner().invoke(app, ["plugin"]).stdout == f"{ROOT / 'plugin/plugin.py'}\n"


@pytest.mark.parametrize(
    ("words", "hidden", "extra"),
    [
        (["inspect", "summary", str(ROOT / "tests/rollouts/logs/server")], "numpy", "inspect"),
        (["report-card", str(ROOT / "tests/rollouts/logs/server")], "numpy", "inspect"),
        (["accuracy", "answers.jsonl", "questions.jsonl"], "numpy", "eval"),
        (["data", "prepare", "gsm8k", "-o", "rows.jsonl"], "modelscope", "eval"),
        (["data", "prepare", "gym:chain_sum", "-o", "rows.jsonl"], "reasoning_gym", "gym"),
    ],
)
def test_a_missing_extra_is_named_in_one_line(installed, words, hidden, extra):
    done = installed(*words, hide=hidden)
    assert done.returncode == 2
    missing = distribution_of(hidden)
    assert (
        done.stderr == f"swift-grpo: this needs {missing}, which is not installed: pip install 'swift-grpo[{extra}]'\n"
    )


def test_a_module_that_no_extra_brings_is_no_matter_of_extras():
    assert advice(ModuleNotFoundError("no module", name="colour_of_magic"), ["swift-grpo", "score"]) is None
