"""Can a run continue from --resume_from_checkpoint? Is it complete, of this model, these ranks, and unfinished?"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from swift_grpo.check.estimate import steps_of
from swift_grpo.check.model import Model, model_of
from swift_grpo.check.problem import ERROR, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.check.server import SHAPE
from swift_grpo.check.weights import check_adapter, check_folder, read_json, torn
from swift_grpo.formats.command_line import Command, path_of

EARLIER = "name an earlier, complete checkpoint, or add --resume_only_model true to start a new optimizer"
WITH_ONE = "resume from a checkpoint that has one, or add --resume_only_model true"
OPTIMIZER_RANK = re.compile(r"(?:bf16_)?zero_pp_rank_(\d+)_mp_rank_\d+_optim_states\.pt")
LOADS = "transformers trainer.py: the state is loaded at the start"
rules(
    Rule("resume/true-or-false", ERROR, "--resume_from_checkpoint {name}: ms-swift wants a folder",
         "name a checkpoint-N folder, or remove it", "arguments/sft_args.py _init_resume: a path"),
    Rule("resume/no-folder", ERROR, "--resume_from_checkpoint {name} is not a folder{near}",
         "name a checkpoint-N folder; ms-swift makes them below OUTPUT_DIR/vN-<time>/",
         "ms-swift opens the folder when the run starts"),
    Rule("resume/no-checkpoint", ERROR,
         "--resume_from_checkpoint {name} is not a checkpoint: it has neither weights nor trainer_state.json", "{fix}",
         "transformers trainer.py: cannot find a valid checkpoint"),
    Rule("resume/all-parameters", ERROR,
         "{folder} is a checkpoint of all parameters (no adapter_config.json), and --tuner_type is {tuner}",
         "use --tuner_type full, or start again from it: --model {folder}", "peft loads an adapter alone"),
    Rule("resume/no-adapter-config", ERROR, "{folder} has no adapter_config.json: it is torn or not a checkpoint", EARLIER,
         "peft reads it first"),
    Rule("resume/not-full", ERROR, "{folder} {what}, and --tuner_type is full",
         "use --tuner_type lora, or name a checkpoint of all parameters",
         "transformers trainer.py _load_from_checkpoint wants all weights"),
    Rule("resume/adapter-decides", WARNING,
         "--{flag} {wanted} does nothing: the checkpoint's adapter has {flag} {has}, which is loaded", "use --{flag} {has}",
         "pipelines/train/tuner.py loads the adapter with its own configuration"),
    Rule("resume/another-model", ERROR,
         "the checkpoint {folder} is of another model: its config.json has {name} {theirs}, {model} has {ours}",
         "name the model that was trained in --model, or a checkpoint of this one", "the weights do not fit"),
    Rule("resume/no-trainer-state", ERROR, "{folder} has no trainer_state.json: the step of the run is not known", EARLIER, LOADS),
    Rule("resume/trainer-state-torn", ERROR, "{error}: it is torn", EARLIER, LOADS),
    Rule("resume/batch-differs", WARNING,
         "{folder} was trained with --per_device_train_batch_size {was}, and this run has {batch}: the rows to skip are counted in batches, so some are seen twice or never",
         "use --per_device_train_batch_size {was}, and change --gradient_accumulation_steps instead",
         "transformers trainer.py skips batches, not rows"),
    Rule("resume/file-torn", ERROR, "{file} {reason}", EARLIER, LOADS),
    Rule("resume/no-optimizer", WARNING,
         "{folder} has no optimizer state (was it saved with --save_only_model?): the optimizer silently starts from zero", WITH_ONE,
         "transformers trainer.py _load_optimizer_and_scheduler silently returns"),
    Rule("resume/without-deepspeed", ERROR,
         "{folder} was saved without DeepSpeed (it has optimizer.pt and no global_step folder), and --deepspeed is given",
         "resume as it was saved: remove --deepspeed, or add --resume_only_model true",
         "transformers integrations/deepspeed.py: can't find a valid checkpoint"),
    Rule("resume/no-scheduler", WARNING, "{folder} has no scheduler.pt: the learning rate's schedule silently starts from zero",
         WITH_ONE, "transformers trainer.py _load_optimizer_and_scheduler silently returns"),
    Rule("resume/epochs-done", ERROR, "{folder} is at epoch {epoch} of {epochs} already: there is nothing left to do",
         "use --num_train_epochs {more} or more", "transformers trainer.py trains the epochs that are left"),
    Rule("resume/steps-done", ERROR,
         "{folder} is at step {step}, and --max_steps is {steps}: the run is finished, there is nothing left to do",
         "use --max_steps {more} or more, above {step}", "transformers trainer.py trains the steps that are left"),
    Rule("resume/steps-of-rows-done", ERROR,
         "{folder} is at step {step}, and this run has {steps} steps ({epochs:g} epochs of {rows} rows): nothing is left",
         "use --num_train_epochs {more} or more, or --resume_only_model true for step 0",
         "transformers trainer.py trains the steps that are left"),
    Rule("resume/another-algorithm", WARNING,
         "{folder} is a checkpoint of {kind}: --resume_from_checkpoint goes on at its step, with its optimizer, and skips as many rows",
         "begin GRPO from its weights: {begin} without --resume_from_checkpoint, or add --resume_only_model true", LOADS),
    Rule("resume/no-latest", ERROR, "{folder} has no file `latest`, which names DeepSpeed's folder of states: it is torn", EARLIER,
         "deepspeed/runtime/engine.py load_checkpoint"),
    Rule("resume/no-states-folder", ERROR, "{latest} names the folder {tag}, which is not there: the checkpoint is torn", EARLIER,
         "deepspeed/runtime/engine.py load_checkpoint"),
    Rule("resume/by-deepspeed", ERROR, "{folder} was saved by DeepSpeed ({tag}), and --deepspeed is not given",
         "add --deepspeed as it was, or --resume_only_model true", LOADS),
    Rule("resume/no-states", ERROR, "{states} has no optimizer states (*_optim_states.pt): the checkpoint is torn", EARLIER,
         "deepspeed/runtime/engine.py load_checkpoint"),
    Rule("resume/rank-missing", ERROR, "{states} lacks the optimizer states of rank {rank}: the checkpoint is torn", EARLIER,
         "deepspeed/runtime/engine.py load_checkpoint"),
    Rule("resume/other-ranks", ERROR, "{folder} was saved by {saved} ranks, and this run has {ranks} ({why})",
         "use NPROC_PER_NODE={saved}, the same number of ranks, or add --resume_only_model true", "deepspeed/runtime/engine.py"),
    Rule("resume/random-states", WARNING,
         "{folder} has the random states of {saved} ranks, and this run has {ranks}: the order of the data differs",
         "use NPROC_PER_NODE={saved}, as it was", "transformers trainer.py _load_rng_state looks for its own rank"),
)  # fmt: skip


def check_resume(command: Command) -> Iterator[Problem]:
    name = command.text("resume_from_checkpoint")
    if not name or not command.trains:
        return
    if name.lower() in {"true", "false"}:
        yield found("resume/true-or-false", name=name)
        return
    folder = path_of(name)
    if not folder.is_dir():
        below = _checkpoints(folder.parent) if folder.parent.is_dir() else []
        near = f"; {folder.parent} has {', '.join(p.name for p in below[-3:])}" if below else ""
        yield found("resume/no-folder", name=name, near=near + ("" if folder.exists() else " (it is not there)"))
        return
    adapter, full = (folder / "adapter_config.json").is_file(), (folder / "config.json").is_file()
    if not adapter and not full and not (folder / "trainer_state.json").is_file():
        below = _checkpoints(folder)
        fix = f"use --resume_from_checkpoint {below[-1]}" if below else "name a checkpoint-N folder"
        yield found("resume/no-checkpoint", name=name, fix=fix)
        return
    yield from _kind(command, folder, adapter, full)
    if not command.true("resume_only_model"):
        yield from _state(command, folder)
        yield from _from_sft(command, folder)


def _checkpoints(folder: Path) -> list[Path]:
    below = [*folder.glob("checkpoint-*"), *folder.glob("*/checkpoint-*")]
    complete = [path for path in below if re.fullmatch(r"checkpoint-\d{1,9}", path.name)]
    return sorted(complete, key=lambda path: int(path.name.split("-")[1]))


# ---- its weights
def _kind(command: Command, folder: Path, adapter: bool, full: bool) -> Iterator[Problem]:
    model = model_of(command)
    if command.lora and not adapter:
        if full:
            yield found("resume/all-parameters", folder=folder, tuner=command.text("tuner_type"))
        else:
            yield found("resume/no-adapter-config", folder=folder)
    elif not command.lora and not full:
        what = "is a checkpoint of an adapter" if adapter else "has no config.json"
        yield found("resume/not-full", folder=folder, what=what)
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
            yield found("resume/adapter-decides", flag=flag, wanted=wanted, has=has)


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
            yield found("resume/another-model", folder=folder, name=name, theirs=theirs, model=model.name, ours=ours)
            return


# ---- its optimizer and place in the run
def _state(command: Command, folder: Path) -> Iterator[Problem]:
    path = folder / "trainer_state.json"
    if not path.is_file():
        yield found("resume/no-trainer-state", folder=folder)
        return
    try:
        state = read_json(path)
        if not isinstance(state, dict):
            raise ValueError(f"{path} is not a JSON object")
    except ValueError as error:
        yield found("resume/trainer-state-torn", error=error)
        return
    yield from _finished(command, folder, state)
    batch, was = command.whole("per_device_train_batch_size"), state.get("train_batch_size")
    if batch and isinstance(was, int) and was > 0 and batch != was:
        yield found("resume/batch-differs", folder=folder, was=was, batch=batch)
    states = ("optimizer.pt", "optimizer.bin", "scheduler.pt", "training_args.bin", *_names(folder, "rng_state*.pth"))
    for name in states:
        if (folder / name).is_file() and (reason := torn(folder / name)):
            yield found("resume/file-torn", file=folder / name, reason=reason)
    if _names(folder, "global_step*") or (folder / "latest").is_file():
        yield from _deepspeed(command, folder)
    elif not _names(folder, "optimizer*") and not _names(folder, "pytorch_model_fsdp*"):
        yield found("resume/no-optimizer", folder=folder)
    elif command.given("deepspeed"):
        yield found("resume/without-deepspeed", folder=folder)
    elif not _names(folder, "scheduler*"):
        yield found("resume/no-scheduler", folder=folder)
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
            yield found("resume/epochs-done", folder=folder, epoch=epoch, epochs=epochs, more=int(epoch) + 1)
    elif step >= steps > 0:
        yield found("resume/steps-done", folder=folder, step=step, steps=steps, more=step + steps)


def _from_sft(command: Command, folder: Path) -> Iterator[Problem]:
    """A checkpoint of another kind of run (by args.json): its step, optimizer and learning rate would go on."""
    try:
        args = read_json(folder / "args.json")
    except (OSError, ValueError):
        return
    if command.grpo and isinstance(args, dict) and "learning_rate" in args and args.get("rlhf_type") != "grpo":
        begin = f"--adapters {folder}" if command.lora else f"--model {folder}"
        yield found("resume/another-algorithm", folder=folder, kind=args.get("rlhf_type") or "SFT", begin=begin)


def check_steps_left(command: Command, rows: int | None) -> Iterator[Problem]:
    """A checkpoint past the end of this run, which counts epochs of `rows` rows (transformers trainer.py)."""
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
        counts = {"step": step, "steps": steps, "epochs": epochs, "rows": rows}
        yield found("resume/steps-of-rows-done", folder=folder, more=math.ceil(epochs * (step + 1) / steps), **counts)


def _deepspeed(command: Command, folder: Path) -> Iterator[Problem]:
    latest = folder / "latest"
    try:
        tag = latest.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        yield found("resume/no-latest", folder=folder)
        return
    states = folder / tag
    if not tag or not states.is_dir():
        yield found("resume/no-states-folder", latest=latest, tag=tag or "(nothing)")
        return
    if not command.given("deepspeed"):
        yield found("resume/by-deepspeed", folder=folder, tag=tag)
        return
    names = (OPTIMIZER_RANK.fullmatch(path.name) for path in states.glob("*optim_states.pt"))
    saved = {int(match[1]) for match in names if match}
    if not saved:
        yield found("resume/no-states", states=states)
    elif len(saved) != command.ranks:
        if missing := sorted(set(range(max(saved) + 1)) - saved):
            yield found("resume/rank-missing", states=states, rank=missing[0])
        else:
            yield found("resume/other-ranks", folder=folder, saved=len(saved), ranks=command.ranks)
    for path in sorted(states.glob("*.pt")):
        if reason := torn(path):
            yield found("resume/file-torn", file=path, reason=reason)


def _random_states(command: Command, folder: Path) -> Iterator[Problem]:
    states = _names(folder, "rng_state*.pth")
    ranks = len(states)
    if states and not (folder / "latest").is_file() and ranks != command.ranks and (ranks > 1 or command.ranks > 1):
        yield found("resume/random-states", folder=folder, saved=ranks, ranks=command.ranks)
