"""What a log means where more than one row of the table of causes fits it: the cause is named, and not its consequence."""

import itertools
import re

import pytest

from swift_grpo.check.known_flags import known
from swift_grpo.launch.causes import CAUSES, explain
from swift_grpo.launch.end import End

# What a log holds where a row is the cause, in the words of torch, vLLM, ms-swift and torchrun. The key begins the row's words.
LOGS = {
    "the adapter's rank": "WeightSyncError: update_adapter_flattened_param failed on the rollout server: "
    "ValueError('LoRA rank 64 is greater than max_lora_rank 16.')",
    "the disk is full": "OSError: [Errno 28] No space left on device: 'out/checkpoint-10/model.safetensors'",
    "the card's memory does not hold": "ValueError: No available memory for the cache blocks. Try increasing "
    "`gpu_memory_utilization` when initializing the engine.",
    "a card ran out of memory": "[rank1]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 1 has …",
    "a port was taken": "torch.distributed.DistNetworkError: The server socket has failed to listen on any local network "
    "address. port: 29500, useIpv6: false, code: -98, name: EADDRINUSE, message: address already in use",
    "the trained weights did not arrive": "WeightSyncError: update_flattened_params failed on the rollout server: "
    "WeightsDiffer('model.norm.weight and 0 more of 13 parameters kept other values than were sent')",
    "a prompt, or a trajectory of several turns": "ValueError: Input length (617) leaves no room for generation with "
    "max_model_len (512) and max_tokens_offset (-1). Please shorten the input or increase max_model_len.",
    "a reward function needs a column": "TypeError: MathAccuracy.__call__() missing 1 required positional argument: 'solution'",
    "the model or data set was not found": "huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error. Not Found for url",
    "a flag that ms-swift": "ValueError: remaining_argv: ['--max_lenght', '8']",
    "a process was killed from outside": "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n====\n"
    "Root Cause (first observed failure):\n  exitcode  : -9 (pid: 42)\n  traceback : Signal 9 (SIGKILL) received by PID 42\n====",
    "the cards lost each other": "[rank0]: torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:3690, "
    "ncclRemoteError: A call failed possibly due to a network error or a remote process exiting prematurely.",
    "a process of the rollout server died": "(EngineCore_DP0 pid=7) ERROR 11-29 21:00:00 [multiproc_executor.py:316] Worker proc "
    "VllmWorker-0 died unexpectedly (exit code: -9), shutting down executor.\nWeightSyncError: update_flattened_params failed on "
    "the rollout server: EngineDeadError('EngineCore encountered an issue. See stack trace (above) for the root cause.')",
}  # fmt: skip
SAID_ALONE = {
    "the scheduler asked for": "the rollout server failed: KeyError: 'solution' (rollout.log)",
    "the run stood still": "the run made no progress for 612 s (limit 600 s): swift rlhf (train): waits",
}
CHATTER = "[INFO:swift] vllm_max_lora_rank=16\nrun sh: `python rlhf.py --max_lora_rank 16`\nTrain: 1/6\n"


def row(beginning):
    (found,) = [cause for cause in CAUSES if cause.words.startswith(beginning)]
    return found


def meaning(tmp_path, log: str, what: str = "swift rlhf ended with code 1"):
    """What the launcher makes of a log, and what it says before."""
    (tmp_path / "log").write_text(CHATTER + log + "\n")
    end = End(1, what, tmp_path / "log")
    return explain(end.cause(), end.log)


def test_every_row_has_a_log():
    assert [c.words for c in CAUSES if not c.words.startswith((*LOGS, *SAID_ALONE))] == []


@pytest.mark.parametrize("beginning", LOGS)
def test_a_log_has_one_meaning(tmp_path, beginning):
    assert meaning(tmp_path, LOGS[beginning]) == row(beginning)


@pytest.mark.parametrize("beginning", SAID_ALONE)
def test_what_the_launcher_says_by_itself(beginning):
    assert explain(SAID_ALONE[beginning]) == row(beginning)


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(LOGS, 2)))
def test_two_rows_of_which_one_log_has_both(tmp_path, one, other):
    """Whichever line is the earlier one: a row that begins by itself comes before a consequence. Of two that do the log's first
    exception is the cause, and a weight sync that failed by itself before all; of two consequences the table's order decides."""
    rows = sorted((row(one), row(other)), key=CAUSES.index)
    begun = [cause for cause in rows if cause.first]
    found = [meaning(tmp_path, f"{LOGS[a]}\n{LOGS[b]}") for a, b in ((one, other), (other, one))]
    if len(begun) == 2:
        assert set(found) <= set(rows)
    else:
        assert found == [(begun or rows)[0]] * 2


SERVER = "the rollout server lost its engine or worker (process 41)"
SYNC = "WeightSyncError: update_named_param failed on the rollout server: "
DEAD = "EngineDeadError('EngineCore encountered an issue. See stack trace (above) for the root cause.')"
OOM = (
    "(EngineCore_DP0 pid=7) ERROR 11-29 21:00:00 [core.py:842] torch.OutOfMemoryError: CUDA out of memory. Tried to …\n"
)


@pytest.mark.parametrize(
    ("what", "log", "beginning", "again"),
    [
        (SERVER, SYNC + DEAD, "a process of the rollout server died", True),
        (SERVER, SYNC + "RuntimeError('cancelled')", "a process of the rollout server died", True),
        (SERVER, SYNC + "Exception('Call to collective_rpc method failed: cancelled')", "a process of the rollout", True),
        (SERVER, SYNC + "BrokenPipeError(32, 'Broken pipe')", "a process of the rollout server died", True),
        (SERVER, "no output", "a process of the rollout server died", True),
        (SERVER, OOM + SYNC + DEAD, "a card ran out of memory", True),
        (SERVER, SYNC + "OutOfMemoryError('CUDA out of memory. Tried …')", "a card ran out of memory", True),
        (SERVER, SYNC + "OSError(28, 'No space left on device')", "the disk is full", False),
        (SERVER, SYNC + "DistBackendError('NCCL error in: …')", "the cards lost each other", True),
        (SERVER, SYNC + "RuntimeError('[…/gloo/transport/tcp/pair.cc:534] Connection closed by peer')", "the cards lost", True),
        (SERVER, SYNC + "KeyError('model.layers.0.weight')", "the trained weights did not arrive", False),
        (SERVER, SYNC + "TypeError('load() missing 1 required positional argument: x')", "the trained weights did not", False),
        (SERVER, f"{SYNC}KeyError('x')\n{SYNC}{DEAD}", "the trained weights did not arrive", False),  # of two workers
        (SERVER, SYNC + "RuntimeError('The server socket … EADDRINUSE')", "a port was taken", False),
        ("swift rlhf ended with code 1", "RuntimeError: basic_ios::clear: iostream error", "the disk is full", False),
        ("swift rlhf ended with code 1", "OSError: [Errno 98] Address already in use", "a port was taken", False),
        ("swift rlhf ended with code 247", "no output", "a process was killed from outside", True),  # `swift` makes it of -9
        ("the rollout server was killed by signal 9", SYNC + DEAD, "a process was killed from outside", True),
        ("swift rlhf ended with code 137 (SIGKILL)", "KeyError: 'solution'", "a process was killed from outside", True),
    ],
)  # fmt: skip
def test_what_is_said_and_what_the_log_holds(tmp_path, what, log, beginning, again):
    found = meaning(tmp_path, log, what)
    assert found and (found.words[: len(beginning)], found.again) == (beginning, again)


def test_nothing_is_made_up_about_an_unknown_cause(tmp_path):
    healthy = "[INFO:swift] args: RolloutArguments(vllm_max_lora_rank=16, remaining_argv=[], NCCL)\n"  # every log has such lines
    healthy += "run sh: `python rlhf.py --max_lora_rank 16`\nTrain: 1/6\r{'loss': 1, 'No space left on device': 2}\n"
    assert meaning(tmp_path, healthy + "ValueError: something new") is None


def test_the_flags_that_are_advised_exist():
    advised = {flag for cause in CAUSES for flag in re.findall(r"--(\w+(?:-\w+)*)", cause.advice)}
    ours = {"stall-timeout"}
    assert advised - ours <= {flag for command in known()["flags"].values() for flag in command}
