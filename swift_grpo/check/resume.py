"""Can a run go on from --resume_from_checkpoint? Is it a whole checkpoint, of this model, these ranks, and unfinished?"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from swift_grpo.check.estimate import steps_of
from swift_grpo.check.model import Model, model_of
from swift_grpo.check.problem import Problem, warning
from swift_grpo.check.safetensors_header import read_json, torn
from swift_grpo.check.weights import check_adapter, check_folder
from swift_grpo.formats.command_line import Command, path_of

EARLIER = "name an earlier, complete checkpoint, or add --resume_only_model true to start the optimizer anew"
SHAPE = ("model_type", "hidden_size", "num_hidden_layers", "intermediate_size", "num_attention_heads", "vocab_size")
OPTIMIZER_RANK = re.compile(r"(?:bf16_)?zero_pp_rank_(\d+)_mp_rank_\d+_optim_states\.pt")


def check_resume(command: Command) -> Iterator[Problem]:
    name = command.text("resume_from_checkpoint")
    if not name or not command.trains:
        return
    if name.lower() in {"true", "false"}:
        yield Problem(
            f"--resume_from_checkpoint {name}: ms-swift wants a folder", "name a checkpoint-N folder, or remove it"
        )
        return
    folder = path_of(name)
    if not folder.is_dir():
        below = _checkpoints(folder.parent) if folder.parent.is_dir() else []
        near = f"; {folder.parent} has {', '.join(p.name for p in below[-3:])}" if below else ""
        yield Problem(
            f"--resume_from_checkpoint {name} is no folder{near}"
            + (" (it is not there)" if not folder.exists() else ""),
            "name a checkpoint-N folder; ms-swift makes them below OUTPUT_DIR/vN-<time>/",
        )
        return
    adapter, full = (folder / "adapter_config.json").is_file(), (folder / "config.json").is_file()
    if not adapter and not full and not (folder / "trainer_state.json").is_file():
        below = _checkpoints(folder)
        fix = f"use --resume_from_checkpoint {below[-1]}" if below else "name a checkpoint-N folder"
        yield Problem(
            f"--resume_from_checkpoint {name} is no checkpoint: it has neither weights nor trainer_state.json", fix
        )
        return
    yield from _kind(command, folder, adapter, full)
    if not command.true("resume_only_model"):
        yield from _state(command, folder)
        yield from _from_sft(command, folder)


def _checkpoints(folder: Path) -> list[Path]:
    found = [
        p
        for p in [*folder.glob("checkpoint-*"), *folder.glob("*/checkpoint-*")]
        if re.fullmatch(r"checkpoint-\d{1,9}", p.name)
    ]
    return sorted(found, key=lambda p: int(p.name.split("-")[1]))


# ---- its weights
def _kind(command: Command, folder: Path, adapter: bool, full: bool) -> Iterator[Problem]:
    model = model_of(command)
    if command.lora and not adapter:
        if full:
            yield Problem(
                f"{folder} is a checkpoint of all parameters (no adapter_config.json), and --tuner_type is"
                f" {command.text('tuner_type')}",
                f"use --tuner_type full, or begin anew from it: --model {folder}",
            )
        else:
            yield Problem(f"{folder} has no adapter_config.json: it is torn or no checkpoint", EARLIER)
    elif not command.lora and not full:
        what = "is a checkpoint of an adapter" if adapter else "has no config.json"
        yield Problem(
            f"{folder} {what}, and --tuner_type is full",
            "use --tuner_type lora, or name a checkpoint of all parameters",
        )
    elif adapter:
        yield from check_adapter(folder, model, "resume_from_checkpoint")
        yield from _rank(command, folder)
    else:
        yield from check_folder(folder, "resume_from_checkpoint")
        yield from _same_model(folder, model)


def _rank(command: Command, folder: Path) -> Iterator[Problem]:
    try:
        config = read_json(folder / "adapter_config.json")
    except ValueError:  # reported by check_adapter
        return
    config = config if isinstance(config, dict) else {}
    for flag, key in (("lora_rank", "r"), ("lora_alpha", "lora_alpha")):
        has, wanted = config.get(key), command.number(flag)
        if has is not None and command.given(flag) and wanted != has:
            yield warning(
                f"--{flag} {wanted} does nothing: the checkpoint's adapter has {flag} {has}, which is loaded",
                f"use --{flag} {has}",
            )


def _same_model(folder: Path, model: Model | None) -> Iterator[Problem]:
    try:
        config = read_json(folder / "config.json")
    except ValueError:  # reported by check_folder
        return
    if not model or not isinstance(config, dict):
        return
    for name in SHAPE:
        ours, theirs = model.config.get(name), config.get(name)
        if ours is not None and theirs is not None and ours != theirs:
            yield Problem(
                f"the checkpoint {folder} is of another model: its config.json has {name} {theirs},"
                f" {model.name} has {ours}",
                "name the model that was trained in --model, or a checkpoint of this one",
            )
            return


# ---- its optimizer and place in the run
def _state(command: Command, folder: Path) -> Iterator[Problem]:
    path = folder / "trainer_state.json"
    if not path.is_file():
        yield Problem(f"{folder} has no trainer_state.json: where the run stood is not known", EARLIER)
        return
    try:
        state = read_json(path)
        if not isinstance(state, dict):
            raise ValueError(f"{path} is no JSON object")
    except ValueError as error:
        yield Problem(f"{error}: it is torn", EARLIER)
        return
    yield from _finished(command, folder, state)
    batch, was = command.whole("per_device_train_batch_size"), state.get("train_batch_size")
    if batch and isinstance(was, int) and was > 0 and batch != was:
        yield warning(
            f"{folder} was trained with --per_device_train_batch_size {was}, and this run has {batch}: the rows to skip are"
            " counted in batches, so some are seen twice or never",
            f"use --per_device_train_batch_size {was}, and change --gradient_accumulation_steps instead",
        )
    for name in (
        "optimizer.pt",
        "optimizer.bin",
        "scheduler.pt",
        "training_args.bin",
        *_names(folder, "rng_state*.pth"),
    ):
        if (folder / name).is_file() and (reason := torn(folder / name)):
            yield Problem(f"{folder / name} {reason}", EARLIER)
    if _names(folder, "global_step*") or (folder / "latest").is_file():
        yield from _deepspeed(command, folder)
    elif not _names(folder, "optimizer*") and not _names(folder, "pytorch_model_fsdp*"):
        yield warning(
            f"{folder} has no optimizer state (was it saved with --save_only_model?): the optimizer starts"
            " anew in silence",
            "resume from a checkpoint that has one, or add --resume_only_model true",
        )
    elif command.given("deepspeed"):
        yield Problem(
            f"{folder} was saved without DeepSpeed (it has optimizer.pt and no global_step folder), and"
            " --deepspeed is given",
            "resume as it was saved: remove --deepspeed, or add --resume_only_model true",
        )
    elif not _names(folder, "scheduler*"):
        yield warning(
            f"{folder} has no scheduler.pt: the learning rate's schedule starts anew in silence",
            "resume from a checkpoint that has one, or add --resume_only_model true",
        )
    yield from _random_states(command, folder)


def _names(folder: Path, pattern: str) -> list[str]:
    return sorted(path.name for path in folder.glob(pattern))


def _finished(command: Command, folder: Path, state: dict) -> Iterator[Problem]:
    step, steps = state.get("global_step"), command.whole("max_steps") or state.get("max_steps")
    if not isinstance(step, int) or not isinstance(steps, int) or isinstance(step, bool):
        return
    by_epochs = not command.whole("max_steps")
    if by_epochs:
        epoch, epochs = state.get("epoch"), command.number("num_train_epochs")
        if isinstance(epoch, int | float) and epochs and epoch >= epochs > 0:
            yield Problem(
                f"{folder} is at epoch {epoch} of {epochs} already: there is nothing left to do",
                f"use --num_train_epochs {int(epoch) + 1} or more",
            )
    elif step >= steps > 0:
        yield Problem(
            f"{folder} is at step {step}, and --max_steps is {steps}: the run is finished, there is nothing left to do",
            f"use --max_steps {step + steps} or more, above {step}",
        )


def _from_sft(command: Command, folder: Path) -> Iterator[Problem]:
    """A run of another kind, whose place, optimizer and learning rate would go on: args.json says what the run was."""
    try:
        args = read_json(folder / "args.json")
    except (OSError, ValueError):
        return
    if command.grpo and isinstance(args, dict) and "learning_rate" in args and args.get("rlhf_type") != "grpo":
        begin = f"--adapters {folder}" if command.lora else f"--model {folder}"
        yield warning(
            f"{folder} is a checkpoint of {args.get('rlhf_type') or 'SFT'}: --resume_from_checkpoint goes on at its step, with"
            " its optimizer, and skips as many rows",
            f"begin GRPO from its weights: {begin} without --resume_from_checkpoint, or add --resume_only_model true",
        )


def check_steps_left(command: Command, rows: int | None) -> Iterator[Problem]:
    """A checkpoint whose step is past the end of this run, which goes by epochs of `rows` rows (transformers trainer.py)."""
    folder = path_of(command.text("resume_from_checkpoint") or "")
    if not command.given("resume_from_checkpoint") or command.whole("max_steps") or command.true("resume_only_model"):
        return
    try:
        state = read_json(folder / "trainer_state.json")
        step, epoch = state["global_step"], state.get("epoch")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return
    steps, epochs = steps_of(command, rows), command.number("num_train_epochs") or 1
    if isinstance(epoch, int | float) and epoch >= epochs:  # reported by _finished
        return
    if isinstance(step, int) and steps and step >= steps:
        yield Problem(
            f"{folder} is at step {step}, and this run has {steps} steps ({epochs:g} epochs of {rows} rows): nothing is left",
            f"use --num_train_epochs {math.ceil(epochs * (step + 1) / steps)} or more, or --resume_only_model true for step 0",
        )


def _deepspeed(command: Command, folder: Path) -> Iterator[Problem]:
    latest = folder / "latest"
    try:
        tag = latest.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        yield Problem(f"{folder} has no file `latest`, which names DeepSpeed's folder of states: it is torn", EARLIER)
        return
    states = folder / tag
    if not tag or not states.is_dir():
        yield Problem(
            f"{latest} names the folder {tag or '(nothing)'}, which is not there: the checkpoint is torn", EARLIER
        )
        return
    if not command.given("deepspeed"):
        yield Problem(
            f"{folder} was saved by DeepSpeed ({tag}), and --deepspeed is not given",
            "add --deepspeed as it was, or --resume_only_model true",
        )
        return
    found = {
        int(match[1]) for path in states.glob("*optim_states.pt") if (match := OPTIMIZER_RANK.fullmatch(path.name))
    }
    if not found:
        yield Problem(f"{states} has no optimizer states (*_optim_states.pt): the checkpoint is torn", EARLIER)
    elif len(found) != command.ranks:
        missing = sorted(set(range(max(found) + 1)) - found)
        if missing:
            yield Problem(f"{states} lacks the optimizer states of rank {missing[0]}: the checkpoint is torn", EARLIER)
        else:
            yield Problem(
                f"{folder} was saved by {len(found)} ranks, and this run has {command.ranks}"
                " (deepspeed/runtime/engine.py)",
                f"use NPROC_PER_NODE={len(found)}, the same number of ranks, or add --resume_only_model true",
            )
    for path in states.glob("*.pt"):
        if reason := torn(path):
            yield Problem(f"{path} {reason}", EARLIER)
            return


def _random_states(command: Command, folder: Path) -> Iterator[Problem]:
    states = _names(folder, "rng_state*.pth")
    ranks = len(states)
    if states and not (folder / "latest").is_file() and ranks != command.ranks and (ranks > 1 or command.ranks > 1):
        yield warning(
            f"{folder} has the random states of {ranks} ranks, and this run has {command.ranks}: the order of"
            " the data differs",
            f"use NPROC_PER_NODE={ranks}, as it was",
        )
