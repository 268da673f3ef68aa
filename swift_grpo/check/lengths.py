"""Prompt and completion against the windows that hold them: the model's positions, vLLM's, the server's."""

from collections.abc import Iterator

from swift_grpo.check.model import model_of
from swift_grpo.check.problem import ERROR, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import Command

CUT = "--max_completion_length {completion} does not fit into {flag} next to a prompt: ms-swift cuts every completion to what the prompt leaves ({why})"
LARGER = "use a larger --vllm_max_model_len {need}, or a smaller --max_completion_length {half}"
rules(
    Rule("lengths/window-above-positions", ERROR,
         "--vllm_max_model_len {window} is more than the model's {positions} positions (vLLM refuses it)",
         "use --vllm_max_model_len {positions}, or --rope_scaling",
         "vllm/config/model.py: user-specified max_model_len is greater than the derived"),
    Rule("lengths/rows-above-positions", WARNING, "--max_length {prompt} is more than the model's {positions} positions",
         "use --max_length {positions}, or --rope_scaling",
         "the model was not trained on positions past its max_position_embeddings"),
    Rule("lengths/no-room-for-prompt", ERROR,
         "--max_completion_length {completion} fills the model's {positions} positions: there is no room for a prompt",
         "use a smaller --max_completion_length, such as {half}", "config.json: max_position_embeddings"),
    Rule("lengths/above-positions", ERROR,
         "--max_length {prompt} + --max_completion_length {completion} = {both} are more than the model's {positions} positions",
         "use --max_length {rest}, or a smaller --max_completion_length", "config.json: max_position_embeddings"),
    Rule("lengths/completion-above-window", ERROR, CUT, LARGER, "infer_engine/infer_engine.py:251"),
    Rule("lengths/completion-fills-window", WARNING, CUT, LARGER, "infer_engine/infer_engine.py:251"),
    Rule("lengths/long-prompts-cut", WARNING,
         "--max_length {prompt} + --max_completion_length {completion} exceed {flag}: completions of long prompts are cut",
         "use --vllm_max_model_len {need}", "infer_engine/infer_engine.py:251"),
)  # fmt: skip


def check_lengths(commands: list[Command]) -> Iterator[Problem]:
    """Lengths of the trainer in its own windows and in those of the servers of the launch."""
    servers = [c for c in commands if c.kind == "rollout"]
    for command in commands:
        model = model_of(command)
        positions = model.positions if model else None
        window = command.whole("vllm_max_model_len")
        if window and positions and window > positions and (command.kind == "rollout" or command.vllm == "colocate"):
            yield found("lengths/window-above-positions", window=window, positions=positions)
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
            yield found("lengths/rows-above-positions", prompt=prompt, positions=positions)
        return
    completion = command.whole("max_completion_length") or 0
    sizes = {"positions": positions, "prompt": prompt, "completion": completion}
    if completion >= positions:
        yield found("lengths/no-room-for-prompt", half=positions // 2, **sizes)
    elif prompt + completion > positions:
        yield found("lengths/above-positions", both=prompt + completion, rest=positions - completion, **sizes)


def _window(command: Command, window: int | None, whose: str) -> Iterator[Problem]:
    completion, prompt = command.whole("max_completion_length"), command.whole("max_length")
    if not window or not completion:
        return
    fields = {
        "completion": completion,
        "flag": f"{whose}--vllm_max_model_len {window}",
        "need": (prompt or 1024) + completion,
    }
    if completion >= window:
        id = "lengths/completion-above-window" if completion > window else "lengths/completion-fills-window"
        yield found(id, half=window // 2, **fields)
    elif prompt and prompt + completion > window:
        yield found("lengths/long-prompts-cut", prompt=prompt, **fields)
