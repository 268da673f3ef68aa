"""Preflight: mistakes in a `swift …` command found before a card is held, all of them at once, each with its fix."""

import json
import re

from swift_grpo.check import known_flags
from swift_grpo.check.cards import check_cards
from swift_grpo.check.commandline import expand
from swift_grpo.check.dataset import check_dataset
from swift_grpo.check.files import check_files
from swift_grpo.check.flags import check_flags
from swift_grpo.check.grpo import check_grpo
from swift_grpo.check.model import check_model
from swift_grpo.check.problem import Problem
from swift_grpo.check.rewards import check_rewards, need_solution

__all__ = ["Problem", "check_command"]

ASSIGNMENT = re.compile(r"\w+=.*", re.DOTALL)


def check_command(argv: list[str], environ: dict[str, str], device: str) -> list[Problem]:
    """All problems of one command: `[env A=B …] swift SUBCOMMAND [config.yaml] --flags`.

    `environ` is the environment it will run in, less its own assignments; `device` is "gpu" or "cpu". Takes well below a
    second, but for hub look-ups (8 s each at most) and for the first time with a new ms-swift (15 s).
    """
    words = argv[1:] if argv[:1] == ["env"] else argv
    environ = dict(environ)
    while words and ASSIGNMENT.fullmatch(words[0]):
        name, _, value = words[0].partition("=")
        environ[name] = value
        words = words[1:]
    if len(words) < 2 or words[0] != "swift":
        return [
            Problem(
                f"{' '.join(words[:3]) or 'nothing'} is no swift command",
                "give `swift rlhf …`, `swift sft …` or another",
            )
        ]
    try:
        flags = expand(words[2:])
    except (OSError, ValueError) as error:
        return [
            Problem(f"the configuration {words[2]} cannot be read ({error})", "name a YAML file of flags and values")
        ]
    return _check(words[1], flags, environ, device)


def _check(command: str, flags: dict[str, list[str]], environ: dict[str, str], device: str) -> list[Problem]:
    known = known_flags.known()
    use_hf = (flags.get("use_hf", [environ.get("USE_HF", "0")])[-1]).lower() in {"1", "true"}
    columns, problems = _columns(flags)
    problems += check_flags(command, flags, known)
    problems += [p for name in flags.get("model", []) if (p := check_model(name, use_hf))]
    problems += check_files(flags)
    grpo = command == "rlhf" and flags.get("rlhf_type", [""])[-1] == "grpo"
    needy = need_solution(flags.get("reward_funcs", []), environ) if grpo else []
    if command in {"rlhf", "sft"} and "dataset" not in flags:
        problems.append(Problem("no dataset is named", "set DATASET, or add --dataset"))
    for name in [*flags.get("dataset", []), *flags.get("val_dataset", [])]:
        problems += check_dataset(name, columns, needy, use_hf)
    if grpo:
        ranks = int(environ.get("NPROC_PER_NODE", 1)) * int(environ.get("NNODES", 1))
        names, reward_problems = check_rewards(flags, environ, known["rewards"])
        problems += [*check_grpo(flags, ranks, names), *reward_problems]
    if device == "gpu" and (problem := check_cards(environ.get("CUDA_VISIBLE_DEVICES"))):
        problems.append(problem)
    return problems


def _columns(flags: dict[str, list[str]]) -> tuple[dict[str, str], list[Problem]]:
    if not (given := flags.get("columns")):
        return {}, []
    try:
        columns = json.loads(given[-1])
        if isinstance(columns, dict):
            return columns, []
    except ValueError:
        pass
    return {}, [Problem(f"--columns {given[-1]} is no JSON object", """write --columns '{"answer": "solution"}'""")]
