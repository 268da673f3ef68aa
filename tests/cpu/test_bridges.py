"""Each bridge is in place where there is no CUDA, absent where there is, and what it stands in for still has its name."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.preloaded import Preloaded

pytestmark = pytest.mark.slow

SITE = str(ROOT / "swift_grpo" / "cpu" / "site")


def source(module: str) -> str:
    """The text of an installed module, found without importing it."""
    package, *rest = module.split(".")
    folder = Path(importlib.util.find_spec(package).submodule_search_locations[0])
    path = folder.joinpath(*rest)
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("swift.rlhf_trainers.vllm_client", "with device_module.device(communicator.device):"),
        ("swift.rlhf_trainers.vllm_client", "comm = PyNcclCommunicator(pg, device=device)"),
        (
            "swift.rlhf_trainers.vllm_client",
            "from vllm.distributed.device_communicators.pynccl import PyNcclCommunicator",
        ),
        (
            "swift.pipelines.infer.rollout",
            "from vllm.distributed.device_communicators.pynccl import PyNcclCommunicator",
        ),
        ("swift.pipelines.infer.rollout", "self.communicator = PyNcclCommunicator(pg, device=device)"),
        ("swift.utils.torch_utils", "torch.cuda.synchronize(device)"),
        ("transformers.models.llama.modeling_llama", "self.lm_head(hidden_states[:, slice_indices, :])"),
        ("transformers.models.qwen2.modeling_qwen2", "self.lm_head(hidden_states[:, slice_indices, :])"),
        ("deepspeed.comm.torch", "self.shm_comm_op = build_shm_op()"),
        ("swift.arguments.deploy_args", "local_device_count = get_device_count()"),
        ("vllm.distributed.device_communicators.pynccl", "class PyNcclCommunicator"),
        ("vllm.model_executor.layers.utils", "def dispatch_cpu_unquantized_gemm("),
        ("vllm.v1.worker.gpu_model_runner", "gen.set_offset(gen.get_offset() - 4)"),
        ("vllm.engine.arg_utils", "def _set_default_chunked_prefill_and_prefix_caching_args("),
        ("vllm.engine.arg_utils", "enforce_eager: bool = ModelConfig.enforce_eager"),
        ("vllm.v1.sample.ops.logprobs", "@torch.compile("),
        ("vllm.platforms.cpu", 'os.environ["VLLM_WORKER_MULTIPROC_METHOD"] = "spawn"'),
        ("vllm.v1.engine.utils", "from vllm.utils.system_utils import get_mp_context"),
        ("swift.pipelines.infer.rollout", "safe_set_start_method()"),
        ("vllm.distributed.utils", "def broadcast(self, tensor: torch.Tensor, src: int)"),
    ],
)
def test_what_a_bridge_stands_in_for_is_still_there(module, line):
    assert line in source(module)


@pytest.fixture(scope="module")
def with_site():
    yield from preloaded({"PYTHONPATH": SITE})


@pytest.fixture(scope="module")
def without_site():
    yield from preloaded({})


def preloaded(environ):
    process = Preloaded("import vllm.engine.arg_utils", VLLM_PLUGINS="none", **environ)
    yield lambda *words: said(process.run(*words))[-1]
    process.close()


def said(done: subprocess.CompletedProcess) -> list[str]:
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def python(code: str, **environ: str) -> str:
    """In a process of its own."""
    command = [sys.executable, "-c", code]
    return said(subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, timeout=120))[-1]


def test_a_process_group_ends_before_the_interpreter(tmp_path):
    code = f"""
import atexit
atexit.register(lambda: print(torch.distributed.is_initialized()))
import torch
torch.distributed.init_process_group("gloo", init_method="file://{tmp_path}/store", rank=0, world_size=1)
"""
    assert python(code) == "True"
    (tmp_path / "store").unlink(missing_ok=True)
    assert python(code, PYTHONPATH=SITE) == "False"


def test_torch_calls_do_nothing_without_cuda(with_site):
    assert with_site("import torch; torch.cuda.synchronize(); torch.cpu.device('cpu').__enter__(); print('ok')") == "ok"


def test_a_frozen_head_over_a_slice_is_one_product(with_site, without_site):
    code = (
        "import torch\n"
        "from torch.utils._python_dispatch import TorchDispatchMode\n"
        "class Seen(TorchDispatchMode):\n"
        "    def __torch_dispatch__(self, function, types, args=(), kwargs=None):\n"
        "        seen.append(str(function)); return function(*args, **(kwargs or {}))\n"
        "seen, hidden = [], torch.rand(4, 7, 6)\n"
        "head = torch.nn.Linear(6, 9, bias=False).requires_grad_(False)\n"
        "with Seen(): logits = head(hidden[:, -3:])\n"
        "assert torch.allclose(logits, hidden[:, -3:].reshape(-1, 6).mm(head.weight.T).view(4, 3, 9))\n"
        "print('aten.bmm.default' in seen)"
    )
    assert [without_site(code), with_site(code)] == ["True", "False"]


def test_deepspeed_compiles_nothing_without_cuda(with_site):
    code = "from deepspeed.comm.torch import build_shm_op; print(build_shm_op())"
    assert with_site(code) == "None"


def test_nothing_is_compiled_or_imported_anew_without_cuda(with_site, without_site):
    code = (
        "import torch._dynamo.config as dynamo\n"
        "from vllm.engine.arg_utils import EngineArgs\n"
        "from vllm.utils.system_utils import get_mp_context\n"
        "print([dynamo.disable, EngineArgs(model='any').enforce_eager, get_mp_context().get_start_method()])"
    )
    assert ast.literal_eval(with_site(code)) == [True, True, "fork"]
    assert ast.literal_eval(without_site(code))[:2] == [False, False]


def test_vllm_names_are_replaced_without_cuda(with_site):
    code = (
        "from vllm.distributed.device_communicators.pynccl import PyNcclCommunicator as C\n"
        "import vllm.model_executor.layers.utils as u\n"
        "print([C.__module__, u.dispatch_cpu_unquantized_gemm.__module__])"
    )
    assert ast.literal_eval(with_site(code)) == ["swift_grpo.cpu.communicator", "swift_grpo.cpu.bridges"]


def test_nothing_is_replaced_where_cuda_is():
    """CUDA is pretended by the one answer that the bridges ask for."""
    code = (
        "import swift_grpo.cpu.bridges as b; b.has_cuda = lambda: True\n"
        "import torch; print([hasattr(torch.cpu, 'device'), torch.cuda.synchronize.__module__])"
    )
    assert ast.literal_eval(python(code, PYTHONPATH=SITE)) == [False, "torch.cuda"]


def test_nothing_is_replaced_without_the_site_folder(without_site):
    assert without_site("import torch; print(hasattr(torch.cpu, 'device'))") == "False"


def test_communicator_carries_tensors_between_two_processes(without_site):
    code = (
        "import os, sys, torch\n"
        "from vllm.distributed.utils import StatelessProcessGroup\n"
        "from swift_grpo.cpu.communicator import TcpCommunicator\n"
        "other = os.fork()\n"
        "rank = int(not other)\n"
        "c = TcpCommunicator(StatelessProcessGroup.create('127.0.0.1', int(sys.argv[1]), rank, 2))\n"
        "t = torch.arange(6, dtype=torch.bfloat16).reshape(2, 3) if rank else torch.zeros(2, 3, dtype=torch.bfloat16)\n"
        "c.broadcast(t, src=1); c.group.barrier(); assert t.flatten().tolist() == [0, 1, 2, 3, 4, 5]\n"
        "print([rank, os.waitpid(other, 0)[1]] if other else rank)"
    )
    swift_grpo = str(Path(sys.executable).parent / "swift-grpo")
    port = subprocess.run([swift_grpo, "free-ports"], capture_output=True, text=True).stdout.strip()
    assert without_site(code, port) == "[0, 0]"
