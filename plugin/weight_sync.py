"""What `swift rollout --external_plugins plugin/weight_sync.py` loads: a weight sync that fails ends the server.

ms-swift 4.6.0 sends a sync to the engine as `fire_and_forget` and logs its exception without telling anybody
(`llm_worker` in swift/pipelines/infer/rollout.py): the trainer would go on to the end with rollouts of the first weights.
"""

import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from swift.pipelines.infer import rollout

HARMLESS = {"close_communicator", "get_state_keys"}  # what an engine is asked that changes no weight


def give_up(method: str, error: Exception) -> NoReturn:
    """End this worker; the launcher sees it gone and ends the run with this line as its cause."""
    print(f"WeightSyncError: {method} failed on the rollout server: {error!r}", file=sys.stderr, flush=True)
    os._exit(1)


def or_give_up(collective_rpc: Callable) -> Callable:
    """`collective_rpc(method, ...)` of a vLLM engine, plain or async, that never fails unnoticed."""

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
    """ms-swift's own function, which each of the server's workers calls with its new engine."""

    @functools.wraps(get_rollout_engine_type)
    def get(args: Any, engine: Any) -> Any:
        engine.engine.collective_rpc = or_give_up(engine.engine.collective_rpc)
        return get_rollout_engine_type(args, engine)

    return get


rollout.get_rollout_engine_type = with_checked_sync(rollout.get_rollout_engine_type)
