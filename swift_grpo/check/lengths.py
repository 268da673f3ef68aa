"""Prompt and completion against the windows that hold them: the model's positions, vLLM's, the server's."""

from collections.abc import Iterator

from swift_grpo.check.model import model_of
from swift_grpo.check.problem import Problem, warning
from swift_grpo.formats.command_line import Command


def check_lengths(commands: list[Command]) -> Iterator[Problem]:
    """Lengths of the trainer in its own windows and in those of the servers of the launch."""
    servers = [c for c in commands if c.kind == "rollout"]
    for command in commands:
        model = model_of(command)
        positions = model.positions if model else None
        window = command.whole("vllm_max_model_len")
        if window and positions and window > positions and (command.kind == "rollout" or command.vllm == "colocate"):
            yield Problem(
                f"--vllm_max_model_len {window} is more than the model's {positions} positions (vLLM refuses it)",
                f"use --vllm_max_model_len {positions}, or --rope_scaling",
            )
        if command.trains and not command.given("rope_scaling"):
            yield from _positions(command, positions)
        if command.vllm == "colocate":
            yield from _window(command, window, "")
        elif command.vllm == "server":
            for server in servers:
                yield from _window(command, server.whole("vllm_max_model_len"), "the server's ")


def _positions(command: Command, positions: int | None) -> Iterator[Problem]:
    prompt = command.whole("max_length")
    if not positions or not prompt:
        return
    if not command.grpo:
        if prompt > positions:
            yield warning(
                f"--max_length {prompt} is more than the model's {positions} positions",
                f"use --max_length {positions}, or --rope_scaling",
            )
        return
    completion = command.whole("max_completion_length") or 0
    if completion >= positions:
        yield Problem(
            f"--max_completion_length {completion} fills the model's {positions} positions: there is no room"
            " for a prompt",
            f"use a smaller --max_completion_length, such as {positions // 2}",
        )
    elif prompt + completion > positions:
        yield Problem(
            f"--max_length {prompt} + --max_completion_length {completion} = {prompt + completion} are more"
            f" than the model's {positions} positions",
            f"use --max_length {positions - completion}, or a smaller --max_completion_length",
        )


def _window(command: Command, window: int | None, whose: str) -> Iterator[Problem]:
    completion, prompt = command.whole("max_completion_length"), command.whole("max_length")
    if not window or not completion:
        return
    flag = f"{whose}--vllm_max_model_len {window}"
    need = (prompt or 1024) + completion
    if completion >= window:
        yield (Problem if completion > window else warning)(
            f"--max_completion_length {completion} does not fit into {flag} beside a prompt: ms-swift cuts every completion"
            " at what the prompt leaves (infer_engine/infer_engine.py:251)",
            f"use a larger --vllm_max_model_len {need}, or a smaller --max_completion_length {window // 2}",
        )
    elif prompt and prompt + completion > window:
        yield warning(
            f"--max_length {prompt} + --max_completion_length {completion} exceed {flag}: completions of long"
            " prompts are cut",
            f"use --vllm_max_model_len {need}",
        )
