"""Shared by all tests: the repository's root, the stack's environment, and a way to run a script."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
os.environ |= {"DTYPE": "float32", "OMP_NUM_THREADS": "1"}  # the recipes compute alike on every CPU, and start sooner
DATA = Path(os.environ.get("SWIFT_GRPO_DATA", ROOT.parent / "shared/data"))  # GSM8K, MATH-500, AIME 2024


@pytest.fixture
def script(tmp_path):
    """Runs `scripts/NAME.sh FLAGS…` in a folder of its own and returns the finished process."""

    def run(name: str, *flags: str, timeout: float = 120, **environ: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["bash", str(ROOT / "scripts" / f"{name}.sh"), *flags],
            cwd=tmp_path,
            env=clean_environ() | environ,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run


@pytest.fixture(scope="session")
def ms_swift():
    """Runs programs that use ms-swift: `preloaded.Preloaded.run`."""
    from tests.preloaded import Preloaded

    process = Preloaded(
        "import swift.dataset, swift.arguments, swift.cli.main, swift.rewards, swift.rl_core.grpo_algorithm"
    )
    yield process
    process.close()


def tiny_model(folder: Path) -> None:
    """A whole model folder of Qwen2's form, a few kB, with the args.json that ms-swift leaves beside what it saves."""
    from benchmarks.preflight.first.pieces import model_files

    folder.mkdir(parents=True)
    for name, content in model_files("").items():
        (folder / name.lstrip("/")).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "args.json").write_text('{"swift_version": "4.6.0", "model_type": "qwen2", "template": "qwen2_5"}')


def clean_environ() -> dict[str, str]:
    """This process's environment without the variables that steer a recipe."""
    steering = {"MODEL", "DATASET", "OUTPUT_DIR", "GPUS", "SERVE_GPUS", "TENSOR_PARALLEL", "VLLM", "DEVICE", "PUSH"}
    steering |= {"EVAL", "EVAL_GPUS", "BENCHMARKS", "RESUME", "RESTARTS", "ALERT", "PLUGIN", "SFT", "URL", "SYSTEM"}
    steering |= {"CONFIG", "DATA", "TRACES", "VARIANT", "SET", "TEST", "MODEL_FLAGS", "SFT_FLAGS", "EVAL_FLAGS"}
    steering |= {"NODES", "NODE", "SERVERS", "PORT", "INTERFACE", "REQUEUES", "SWIFT_GRPO_RUN"}
    steering |= {"TEACHER", "TEACHER_GPUS", "TEACHER_FLAGS", "TEACHER_URL", "TEACHERS"}
    steering |= {"STEP_TIMES", "SKIP_OLD_LOGPS", "CUDA_VISIBLE_DEVICES", "OPENAI_API_KEY"}
    steering |= {"VLLM_GPUS", "NUM_GPUS", "PARALLEL", "COPIES", "N", "BEST", "REQUIRE"}  # earlier names, refused
    return {n: value for n, value in os.environ.items() if n not in steering and not n.startswith("SLURM_")}


def complete_checkpoint(folder: Path) -> Path:
    """`folder` with what makes a checkpoint complete: a safetensors file without a tensor, and the trainer's state."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    (folder / "trainer_state.json").write_text('{"global_step": 1}')
    return folder


def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """`--dist loadgroup`: a file's tests on one worker, like loadfile; those of a group on one, of whatever files they are."""
    from xdist.scheduler import LoadGroupScheduling

    class ByGroupOrFile(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            group = super()._split_scope(nodeid)
            return nodeid.split("::")[0] if group == nodeid else group

        def _assign_work_unit(self, node) -> None:
            if "ms_swift" in self.workqueue:  # few and long: xdist begins with what has most tests
                self.workqueue.move_to_end("ms_swift", last=False)
            super()._assign_work_unit(node)

    return ByGroupOrFile(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of real data are skipped where there is none. The fast tests first: a mistake shows before minutes are spent."""
    if not DATA.is_dir():
        reason = f"no data sets in {DATA}; name their folder in SWIFT_GRPO_DATA"
        for item in items:
            if item.get_closest_marker("real_data"):
                item.add_marker(pytest.mark.skip(reason=reason))
    for item in items:
        if "ms_swift" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("ms_swift"))  # one worker imports it
    items.sort(key=lambda item: [item.get_closest_marker(name) is not None for name in ("e2e", "slow")])
