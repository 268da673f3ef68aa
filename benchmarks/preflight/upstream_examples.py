"""Checks ms-swift's own GRPO examples and the commands of its guides, and prints what is said of each.

    git clone https://github.com/modelscope/ms-swift
    python -m benchmarks.preflight.upstream_examples ms-swift [PART-OF-A-NAME...]

The scripts of examples/train/grpo and the ```bash blocks of docs/source_en/Instruction/GRPO that hold a command. A server's
command in a comment above is read with the trainer's, `<node1_ip>` becomes an address, `...` is left out. A stand-in
`nvidia-smi` lists eight cards of 80 GB, empty packages stand for those the examples name; no hub is reached. What is said of
the disk and of 0.0.0.0 is left out, and of a fragment (`...`) what it lacks.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.preflight.field.score import TORCHRUN, stand_in
from tests.conftest import ROOT, clean_environ

COMMAND = re.compile(r"^[^#\n]*\b(swift|megatron) [a-z]+ ", re.MULTILINE)
LACKS = re.compile(
    r"^no (model|reward|dataset) is named|^a step makes|cards for 1 rank|cards and uses 1|does nothing without vLLM"
    r"|trainer does not use it"
)
ELSEWHERE = re.compile(r"the disk of|listens on every interface")
PACKAGES = ("wandb", "swanlab", "flash_attn", "bitsandbytes")  # as on the machines that the examples are for
SERVER = re.compile(r"^# *((?:[A-Z_]+=\S+ \\\n# *)*swift rollout(?: *\\\n# *.*?)*)$", re.MULTILINE)


def scripts(checkout: Path) -> dict[str, str]:
    """Name -> text of everything that is to be checked."""
    found = {
        str(path.relative_to(checkout)): path.read_text()
        for path in sorted((checkout / "examples/train/grpo").rglob("*.sh"))
    }
    for page in sorted((checkout / "docs/source_en/Instruction/GRPO").rglob("*.md")):
        blocks = re.findall(r"```(?:bash|shell)\n(.*?)```", page.read_text(), re.DOTALL)
        for number, block in enumerate(filter(COMMAND.search, blocks), start=1):
            found[f"{page.name}, block {number}"] = block
    return found


def readable(text: str) -> str:
    """A server that stands in a comment as a command, and something for what the reader is to fill in."""
    text = SERVER.sub(lambda found: re.sub(r"\n# *", "\n", found[1]) + " &", text)
    text = re.sub(r"<(\w+)_ip>", lambda found: f"10.9.0.{re.sub(r'[^0-9]', '', found[1]) or 9}", text)
    text = re.sub(r"--vllm_server_host xxx", "--vllm_server_host 10.9.0.9", text)
    text = text.replace("--model xxx", "--model Qwen/Qwen3-1.7B").replace("rank xxx", "rank 8")
    text = re.sub(r"(\"?)path/to/\S+?\.parquet\1 *", "org/a-set ", text)
    return re.sub(r"<\w+_port>", "8000", re.sub(r"(?<=\s)(\.\.\.|# \.\.\. .*)\s*(?=\n|$)", "", text))


def check(text: str, checkout: Path, programs: Path) -> list[dict]:
    """The problems of `swift-grpo check` on a script, run where the examples are."""
    path = programs.with_name("script.sh")
    path.write_text(readable(text))
    environ = {name: value for name, value in clean_environ().items() if name not in TORCHRUN}
    environ |= {"PATH": f"{programs}:{ROOT}/.venv/bin:{os.environ['PATH']}", "HF_ENDPOINT": "http://127.0.0.1:9"}
    for package in PACKAGES:
        (programs.with_name("packages") / package).mkdir(parents=True, exist_ok=True)
        (programs.with_name("packages") / package / "__init__.py").touch()
    environ |= {"PYTHONPATH": str(programs.with_name("packages"))}
    environ |= {"MODELSCOPE_DOMAIN": "127.0.0.1:9", "HF_HOME": str(programs), "MODELSCOPE_CACHE": str(programs)}
    words = [str(ROOT / ".venv/bin/swift-grpo"), "check", "--json", str(path)]
    done = subprocess.run(words, cwd=checkout, env=environ, capture_output=True, text=True, timeout=300)
    try:
        return json.loads(done.stdout.splitlines()[-1])["problems"]
    except (ValueError, IndexError):
        return [{"severity": "error", "what": (done.stdout + done.stderr)[-300:], "fix": ""}]


def main(checkout: Path, parts: list[str]) -> None:
    count = said = stopped = 0
    with tempfile.TemporaryDirectory(prefix="examples-") as folder:
        programs = stand_in(Path(folder) / "bin", 8)
        for name, text in scripts(checkout).items():
            if (parts and not any(part in name for part in parts)) or not COMMAND.search(readable(text)):
                continue
            problems = check(text, checkout, programs)
            loud = [p for p in problems if p["severity"] != "SKIPPED" and not ELSEWHERE.search(p["what"])]
            if "..." in text:  # a part of a command: what it lacks is not its fault
                loud = [p for p in loud if not LACKS.search(p["what"])]
            quiet = [p["what"] for p in problems if p["severity"] == "SKIPPED" and "cannot be reached" not in p["what"]]
            quiet = [what for what in quiet if "was not asked again" not in what]
            errors = sum(p["severity"] == "error" for p in loud)
            count, said, stopped = count + 1, said + bool(loud), stopped + bool(errors)
            verdict = "error" if errors else "warning" if loud else "quiet"
            print(f"{name:<64} {verdict:<8}{'; '.join(quiet)[:200]}", flush=True)
            for problem in loud:
                print(f"    {problem['severity']}: {problem['what']}; {problem['fix']}"[:420], flush=True)
    print(f"{count} scripts and blocks, {said} with something to say, {stopped} with an error")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
