"""Ends the rollout server when a weight sync fails; loaded by `swift rollout --external_plugins plugin/weight_sync.py`.

ms-swift 4.6.0 sends a sync to the engine as `fire_and_forget` and only logs its exception (`llm_worker` in
swift/pipelines/infer/rollout.py), so the trainer would continue with rollouts of the first weights. A sync that changes
nothing would not even raise, so `VerifiedWeights` compares after every load.
"""

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from swift.pipelines.infer import rollout
from swift.rlhf_trainers.utils import VLLM_LORA_INT_ID
from synced_weights import Sync, checked_adapter
from vllm.lora.peft_helper import PEFTHelper

HARMLESS = {"close_communicator", "get_state_keys"}  # calls that change no weight


class VerifiedWeights(rollout.WeightSyncWorkerExtension):
    """ms-swift's part of a vLLM worker; compares every load with the received weights (plugin/synced_weights.py)."""

    weight_sync: Sync | None = None  # the one in progress
    add_lora: Callable[[Any], bool]  # of the worker that this is mixed into

    def init_communicator(self, host: str, port: int, world_size: int) -> None:
        """Listens only on WEIGHT_SYNC_ADDRESS (address:port); ms-swift's client asks for every interface."""
        named = os.environ.get("WEIGHT_SYNC_ADDRESS", "").rpartition(":")[0]
        super().init_communicator(named or host, port, world_size)

    def update_named_param(self, *args: Any, **kwargs: Any) -> None:
        with self._checked_load():
            super().update_named_param(*args, **kwargs)

    def update_flattened_params(self, *args: Any, **kwargs: Any) -> None:
        with self._checked_load():
            super().update_flattened_params(*args, **kwargs)

    def update_adapter_param(self, peft_config: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        with self._checked_adapter(peft_config):
            super().update_adapter_param(peft_config, *args, **kwargs)

    def update_adapter_flattened_param(self, peft_config: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        with self._checked_adapter(peft_config):
            super().update_adapter_flattened_param(peft_config, *args, **kwargs)

    def process_weights_after_loading(self) -> None:
        super().process_weights_after_loading()
        sync, self.weight_sync = self.weight_sync, None
        if sync:
            sync.end()

    @contextmanager
    def _checked_load(self) -> Iterator[None]:
        model = self.model_runner.model
        self.weight_sync = self.weight_sync or Sync()
        model.load_weights = self.weight_sync.checked(model.load_weights, lambda: dict(model.named_parameters()))
        try:
            yield
        finally:
            del model.load_weights

    @contextmanager
    def _checked_adapter(self, peft_config: dict[str, Any]) -> Iterator[None]:
        scale = PEFTHelper.from_dict(peft_config).get_rank_and_scaling
        self.add_lora = checked_adapter(self.add_lora, self._adapter_layers, lambda module: scale(module)[1])
        try:
            yield
        finally:
            del self.add_lora

    def _adapter_layers(self) -> dict[str, Any]:
        adapter = self.model_runner.lora_manager._adapter_manager.get_adapter(VLLM_LORA_INT_ID)
        return adapter.loras if adapter else {}


def give_up(method: str, error: Exception) -> NoReturn:
    """End this worker; the launcher notices and ends the run with this line as its cause."""
    print(f"WeightSyncError: {method} failed on the rollout server: {error!r}", file=sys.stderr, flush=True)
    os._exit(1)


def or_give_up(collective_rpc: Callable) -> Callable:
    """Wraps a vLLM engine's `collective_rpc(method, ...)`, plain or async; a failure ends the worker."""

    @functools.wraps(collective_rpc)
    def call(method: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return collective_rpc(method, *args, **kwargs)
        except Exception as error:
            if method in HARMLESS:
                raise
            give_up(method, error)

    @functools.wraps(collective_rpc)
    async def call_async(method: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return await collective_rpc(method, *args, **kwargs)
        except Exception as error:
            if method in HARMLESS:
                raise
            give_up(method, error)

    return call_async if inspect.iscoroutinefunction(collective_rpc) else call


def with_checked_sync(get_rollout_engine_type: Callable) -> Callable:
    """Wraps ms-swift's function that each of the server's workers calls with its new engine."""

    @functools.wraps(get_rollout_engine_type)
    def get(args: Any, engine: Any) -> Any:
        engine.engine.collective_rpc = or_give_up(engine.engine.collective_rpc)
        return get_rollout_engine_type(args, engine)

    return get


def with_verified_weights(engine_class: Callable) -> Callable:
    """ms-swift's engine class with workers that compare their loads."""

    @functools.wraps(engine_class)
    def build(*args: Any, engine_kwargs: dict[str, Any], **kwargs: Any) -> Any:
        extension = {"worker_extension_cls": "weight_sync.VerifiedWeights"}
        return engine_class(*args, engine_kwargs=engine_kwargs | extension, **kwargs)

    return build


rollout.GRPOVllmEngine = with_verified_weights(rollout.GRPOVllmEngine)
rollout.get_rollout_engine_type = with_checked_sync(rollout.get_rollout_engine_type)
