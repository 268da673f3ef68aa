"""Are the files and folders that a command names there?"""

import tempfile
from pathlib import Path

from swift_grpo.check.problem import Problem


def check_files(flags: dict[str, list[str]]) -> list[Problem]:
    """The system prompt, the plugins, the checkpoint to resume from, and whether the output folder can be written."""
    problems = [_readable("system", path, "system prompt") for path in flags.get("system", []) if _is_prompt_file(path)]
    problems += [_readable("external_plugins", path, "plugin") for path in flags.get("external_plugins", [])]
    for path in flags.get("resume_from_checkpoint", []):
        if not Path(path).is_dir():
            problems.append(
                Problem(
                    f"--resume_from_checkpoint {path} is no folder",
                    "name a checkpoint-N folder; ms-swift makes them below OUTPUT_DIR/vN-<time>/",
                )
            )
    problems += [_writable(Path(path)) for path in flags.get("output_dir", [])]
    return [problem for problem in problems if problem]


def _is_prompt_file(value: str) -> bool:
    """ms-swift takes --system as a file if one of that name is there, else as the prompt itself: a wrong path would
    silently become the prompt."""
    return value.endswith((".txt", ".md")) and len(value.split()) == 1


def _readable(flag: str, path: str, kind: str) -> Problem | None:
    if not Path(path).is_file():
        return Problem(
            f"the {kind} file {path} is not there", f"give --{flag} a file that exists, relative to {Path.cwd()}"
        )
    try:
        Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Problem(
            f"the {kind} file {path} cannot be read ({error})", f"make it readable UTF-8 text, or give --{flag} another"
        )
    return None


def _writable(folder: Path) -> Problem | None:
    nearest = next(parent for parent in [folder.absolute(), *folder.absolute().parents] if parent.exists())
    if not nearest.is_dir():
        return Problem(f"the output folder {folder} cannot be made: {nearest} is a file", "name another: OUTPUT_DIR=…")
    try:
        tempfile.TemporaryDirectory(dir=nearest).cleanup()  # os.access knows nothing of read-only mounts, nor of root
    except OSError as error:
        return Problem(f"the output folder {folder} cannot be written ({error.strerror})", "name another: OUTPUT_DIR=…")
    return None
