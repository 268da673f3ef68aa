"""Replaces code of ms-swift and vLLM that needs a GPU. Each bridge patches one name right after its module is imported;
with CUDA none is applied.

A bridge names the line that it replaces. `tests/cpu/test_bridges.py` fails if that line is gone.
"""

import atexit
import contextlib
import functools
import multiprocessing
from collections.abc import Callable
from typing import Any

import wrapt


def has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def torch_device_calls(torch: Any) -> None:
    """For two calls in `swift.rlhf_trainers.vllm_client` that fail on a CPU: (1) `with
    get_torch_device().device(communicator.device)`, because `torch.cpu` has no `device`; (2) `swift.utils.synchronize`,
    because it calls `torch.cuda.synchronize`."""
    torch.cpu.device = contextlib.nullcontext
    torch.cuda.synchronize = lambda device=None: None


def folded_linear(torch: Any) -> None:
    """For `self.lm_head(hidden_states[:, slice_indices, :])` of transformers: with a frozen weight, as in LoRA, torch
    does not fold the slice into one product (`should_fold` in aten/src/ATen/native/LinearAlgebra.cpp) and copies the
    weight for each row of the batch, 57 MB per row for SmolLM2. That took four fifths of a forward pass."""
    original = torch.nn.Linear.forward

    @functools.wraps(original)
    def forward(self: Any, input: Any) -> Any:
        return original(self, input.contiguous())

    torch.nn.Linear.forward = forward


def process_group_end(torch: Any) -> None:
    """For `swift.cli.rlhf`, which ends without `destroy_process_group`: gloo's threads then outlive the interpreter,
    and a rank that has finished sometimes ends in SIGABRT (pytorch/pytorch pull request 179291)."""

    def leave() -> None:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()

    atexit.register(leave)


def no_compiler(deepspeed_torch: Any) -> None:
    """For `build_shm_op` of `deepspeed.comm.torch`: on a CPU it compiles a shared-memory collective at the first start,
    and waits for a lock, for ever if the lock's owner was killed. gloo does the same work."""
    deepspeed_torch.build_shm_op = lambda: None


def zero3_ranks(partition_parameters: Any) -> None:
    """For `PartialState(cpu=True)` of accelerate, which starts torch's process group but not DeepSpeed's: `zero.Init`
    reads its configuration before DeepSpeed's group exists, so every rank believes that it is alone."""
    original = partition_parameters.Init.__init__

    @functools.wraps(original)
    def joined(self: Any, *args: object, **more: object) -> None:
        partition_parameters.init_distributed(dist_backend="gloo")
        original(self, *args, **more)

    partition_parameters.Init.__init__ = joined


def device_count(deploy_args: Any) -> None:
    """For `swift.arguments.deploy_args.RolloutArguments`: TP x DP must not exceed `get_device_count()`, 0 here."""
    deploy_args.get_device_count = lambda: 1


def weight_sync(pynccl: Any) -> None:
    """For `PyNcclCommunicator(pg, device=device)` in `swift.rlhf_trainers.vllm_client` (sender) and
    `swift.pipelines.infer.rollout` (receiver): weights travel over TCP instead of NCCL."""
    from swift_grpo.cpu.communicator import TcpCommunicator

    pynccl.PyNcclCommunicator = TcpCommunicator


def unpacked_linear(layer_utils: Any) -> None:
    """For `vllm.model_executor.layers.utils.dispatch_cpu_unquantized_gemm`: it repacks the weight and drops
    `weight_loader`, which the weight sync of GRPO needs at every step."""
    import torch

    def dispatch(layer: torch.nn.Module, remove_weight: bool) -> None:
        layer.cpu_linear = torch.nn.functional.linear

    layer_utils.dispatch_cpu_unquantized_gemm = dispatch


def whole_prompts(arg_utils: Any) -> None:
    """For `vllm.v1.worker.gpu_model_runner`, `gen.set_offset(gen.get_offset() - 4)`: a seeded request with a chunked
    prompt resets its random state. A CPU generator has no offset to set, so the engine dies. Here prompts are not
    chunked."""
    name = "_set_default_chunked_prefill_and_prefix_caching_args"
    original = getattr(arg_utils.EngineArgs, name)

    @functools.wraps(original)
    def unless_asked(self: Any, *args: object, **more: object) -> None:
        if self.enable_chunked_prefill is None:
            self.enable_chunked_prefill = False
        original(self, *args, **more)

    setattr(arg_utils.EngineArgs, name, unless_asked)


def eager_torch(config: Any) -> None:
    """For vLLM's functions under `torch.compile`, even in the eager engine (`vllm.v1.sample.ops.logprobs`): on a CPU,
    inductor hashes its own sources and compiles C++ before the first completion. That takes longer than a short run."""
    config.disable = True


def eager_engine(arg_utils: Any) -> None:
    """For `EngineArgs.enforce_eager`: set to true, because dynamo is off here (`eager_torch`) and vLLM will not compile
    without it."""
    original = arg_utils.EngineArgs.__post_init__

    @functools.wraps(original)
    def eager(self: Any) -> None:
        self.enforce_eager = True
        original(self)

    arg_utils.EngineArgs.__post_init__ = eager


def forked_engine(system_utils: Any) -> None:
    """For `os.environ["VLLM_WORKER_MULTIPROC_METHOD"] = "spawn"` of `vllm.platforms.cpu` and of ms-swift's engines:
    engine and worker would import torch and vLLM again, one after the other. Without a CUDA context a fork is safe."""
    system_utils.get_mp_context = lambda: multiprocessing.get_context("fork")


def forked_rollout(rollout: Any) -> None:
    """For `safe_set_start_method` of `swift.pipelines.infer.rollout`: the same for the process of the engine."""
    rollout.safe_set_start_method = lambda: None


BRIDGES: list[tuple[str, Callable[[Any], None]]] = [
    ("torch", torch_device_calls),
    ("torch", folded_linear),
    ("torch", process_group_end),
    ("deepspeed.comm.torch", no_compiler),
    ("deepspeed.runtime.zero.partition_parameters", zero3_ranks),
    ("swift.arguments.deploy_args", device_count),
    ("vllm.distributed.device_communicators.pynccl", weight_sync),
    ("vllm.model_executor.layers.utils", unpacked_linear),
    ("vllm.engine.arg_utils", whole_prompts),
    ("vllm.engine.arg_utils", eager_engine),
    ("torch._dynamo.config", eager_torch),
    ("vllm.utils.system_utils", forked_engine),
    ("swift.pipelines.infer.rollout", forked_rollout),
]


def install() -> None:
    """Apply each bridge when its module is imported, unless torch sees a CUDA device."""

    def unless_cuda(bridge: Callable[[Any], None]) -> Callable[[Any], None]:
        @functools.wraps(bridge)
        def apply(module: Any) -> None:
            if not has_cuda():
                bridge(module)

        return apply

    for name, bridge in BRIDGES:
        wrapt.register_post_import_hook(unless_cuda(bridge), name)
