"""Why runs end: a table from a log's messages to their meaning, the fix, and whether a restart may help."""

import re
from dataclasses import dataclass
from pathlib import Path

# in a WeightSyncError: the sync failed because its engine, a worker or the trainer was gone
LOST = r"EngineDeadError|cancelled|died unexpectedly|EOFError|BrokenPipe|ConnectionReset|by peer|NCCL|nccl|DistBackendError"
SIGKILL_OF_A_RANK = r"Signal 9 \(SIGKILL\) received|exitcode\s*: -9|killed by signal 9|ended with code (137|247)"
CHATTER = re.compile(r"\[INFO|run sh:|usage:|\{'")  # lines with flags, arguments and figures, not errors


@dataclass(frozen=True)
class Cause:
    """`pattern` matches a log or the launcher's message; `again`: whether a restart from a checkpoint may succeed.

    `first`: whether it can be the root cause. If not, it follows from another row, which the log may have.
    """

    pattern: str
    words: str
    advice: str
    again: bool
    first: bool = True


CAUSES = (
    Cause(
        SIGKILL_OF_A_RANK,
        "a process was killed from outside, by the kernel because memory ran out, or by a person or program",
        "dmesg or the cluster's log says which; to save memory: --dataloader_num_workers 0, --dataset_num_proc 1",
        again=True,
    ),
    Cause(
        r"is greater than max_lora_rank",
        "the adapter's rank is above what the rollout server takes, so it never got the trained weights",
        "--vllm_max_lora_rank R, R at least --lora_rank",
        again=False,
    ),
    Cause(
        r"No space left on device|basic_ios::clear|Errno 28|disk is nearly full",
        "the disk is full",
        "free space, or --save_total_limit 1, --save_only_model true, or an --output_dir on another disk; then RESUME=auto",
        again=False,
    ),
    Cause(
        r"No available memory for the cache blocks|KV cache is needed|Free memory on device",
        "the card's memory does not hold vLLM's cache",
        "--vllm_gpu_memory_utilization (more if the card is vLLM's alone, less if shared), a smaller --vllm_max_model_len",
        again=False,
    ),
    Cause(
        r"OutOfMemoryError|CUDA out of memory|CUDA error: out of memory",
        "a card ran out of memory",
        "--per_device_train_batch_size 1, a shorter --max_completion_length, --deepspeed zero3, --gradient_checkpointing true; "
        "colocate: a lower --vllm_gpu_memory_utilization, --sleep_level 1, --offload_optimizer true",
        again=True,
    ),
    Cause(
        r"[Aa]ddress already in use|EADDRINUSE|answered by another program",
        "a port was taken by another program in the meantime",
        "start the recipe again: it finds free ports (RESTARTS would use the same ones); to set them: --vllm_server_port, "
        "--vllm_server_group_port, MASTER_PORT",
        again=False,
    ),
    Cause(
        rf"WeightSyncError(?!.*(?:{LOST}))",
        "the trained weights did not arrive in the rollout server",
        "the same --model, --model_type and --torch_dtype on both sides; do not quantize the server's model; the server's log "
        "names the tensor",
        again=False,
    ),
    Cause(
        r"leaves no room for generation|Current length of row\(\d+\) is larger",
        "a prompt, or a trajectory of several turns, grew longer than --vllm_max_model_len (or --max_length) holds",
        "a --vllm_max_model_len of --max_length + --max_turns x (--max_completion_length + what a tool or environment adds), "
        "or a smaller --max_turns; the scheduler `tools` stops a trajectory before that",
        again=True,
    ),
    Cause(
        r"the rollout server failed: KeyError",
        "the scheduler asked for what is not there: a column that the trainer does not pass, or a key of its own",
        "--multi_turn_scheduler for the trainer too, or --vllm_server_pass_dataset true; the server's log has the line",
        again=False,
    ),
    Cause(
        r"missing \d+ required (positional|keyword-only) argument|KeyError: 'solution'|no column",
        "a reward function needs a column that the rows do not have",
        '--columns \'{"answer": "solution"}\' maps one; swift-grpo check names what each reward needs',
        again=False,
    ),
    Cause(
        r"(Repository|Revision|Entry)NotFound|GatedRepo|is not a local folder and is not a valid model identifier|NotExistError",
        "the model or data set was not found",
        "check the name; --use_hf true if it is on Hugging Face; a token if it is gated; or give a local folder",
        again=False,
    ),
    Cause(
        r"unrecognized arguments|remaining_argv: \[.",
        "a flag that ms-swift does not know",
        "run swift-grpo check",
        again=False,
    ),
    Cause(
        r"no progress for \d+",
        "the run stood still",
        "stall.txt in the run's folder says where each side waited; a longer --stall-timeout if it was working",
        again=True,
    ),
    Cause(
        r"NCCL error|nccl\w*Error|Watchdog caught collective operation timeout|DistBackendError|gloo/transport",
        "the cards lost each other",
        "NCCL_DEBUG=INFO names the link; if the cards cannot use peer-to-peer, set NCCL_P2P_DISABLE=1; the first rank that "
        "failed is in the log",
        again=True,
        first=False,
    ),
    Cause(
        r"lost its (VLLM|engine or worker|server)|EngineDeadError|died unexpectedly|WeightSyncError",
        "a process of the rollout server died",
        "the server's log; if nothing is there, it was killed from outside",
        again=True,
        first=False,
    ),
)


def explain(said: str, log: Path | None = None) -> Cause | None:
    """The row for the launcher's message, else for the log's last 200 kB; None if no row fits.

    If the message is only a consequence, a row of the log comes first.
    """
    told = [line for line in re.split(r"[\r\n]", tail(log)) if not CHATTER.search(line)] if log else []
    fitting = [next((c for c in CAUSES if re.search(c.pattern, text)), None) for text in (said, "\n".join(told))]
    found = [cause for cause in fitting if cause]
    return next((cause for cause in found if cause.first), min(found, key=CAUSES.index, default=None))


def tail(log: Path, size: int = 200_000) -> str:
    """The last `size` bytes of a log; '' if it cannot be read."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - size))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def killed_for_memory() -> int:
    """How many processes of this cgroup the kernel has killed because memory ran out; 0 if it does not say."""
    found = re.search(r"^oom_kill (\d+)", tail(Path("/sys/fs/cgroup/memory.events")), re.MULTILINE)
    return int(found[1]) if found else 0
