"""The options that every command on top of the sampler has, and what is made of them. Imports nothing but typer."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from swift_grpo.formats.samples import SamplingParameters
    from swift_grpo.sampling.models import Model

PASS_ON = {"allow_extra_args": True}  # what follows `--` are flags of `swift deploy`
MODEL = Annotated[
    str, typer.Option(help="A hub id or a folder, which vLLM serves; with --url: the endpoint's name of it.")
]
ADAPTER = Annotated[str, typer.Option(help="A LoRA checkpoint on top of --model.")]
URL = Annotated[
    list[str] | None,
    typer.Option(
        help="An OpenAI-compatible endpoint, up to /v1; may be repeated. Its key is read from OPENAI_API_KEY."
    ),
]
KEY_FROM = Annotated[str, typer.Option(help="The variable that holds the key, by name.")]
N = Annotated[int, typer.Option("--n", "-n", min=1, help="Samples a prompt.")]
TEMPERATURE = Annotated[float, typer.Option(help="0 is greedy.")]
TOP_P = Annotated[float, typer.Option()]
MAX_TOKENS = Annotated[int, typer.Option(min=1, help="Longest completion; a longer one is cut off.")]
SYSTEM = Annotated[str, typer.Option(help="The system prompt: a file, or its text. Takes the place of the rows' own.")]
SEED = Annotated[int, typer.Option(help="Another seed is another set of samples.")]
SAMPLES = Annotated[Path, typer.Option(help="Folder of samples; a run that was killed goes on here.")]
CONCURRENCY = Annotated[int, typer.Option(min=1, help="Requests in flight at once, over all servers.")]
TIMEOUT = Annotated[float, typer.Option(min=1, help="Seconds that one answer may take.")]
DEVICE = Annotated[str, typer.Option(help="gpu, or cpu for the CPU backend.")]
COPIES = Annotated[int, typer.Option(min=1, help="Servers that share the work, each on cards of its own.")]
TENSOR_PARALLEL = Annotated[int, typer.Option(min=1, help="Cards a server.")]
PREFILLED = Annotated[
    bool, typer.Option("--prefilled", help="The chat template writes the first <think> into the prompt.")
]
JSON = Annotated[bool, typer.Option("--json", help="For a program to read.")]


@dataclass(frozen=True)
class Asked:
    """The options as given; `flags` are those of `swift deploy`."""

    model: str = ""
    adapter: str = ""
    url: tuple[str, ...] = ()
    key_from: str = "OPENAI_API_KEY"
    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 2048
    system: str = ""
    seed: int = 0
    device: str = "gpu"
    copies: int = 1
    tensor_parallel: int = 1
    flags: tuple[str, ...] = ()
    logs: Path = Path("output/sampling")

    def who(self) -> "Model":
        """The model that is asked. Raises SamplingError where the options do not fit together."""
        from swift_grpo.sampling.models import Hosted, SamplingError
        from swift_grpo.sampling.servers import Served

        if not self.model:
            raise SamplingError(
                "name the model: --model PATH_OR_ID, and --url ADDRESS where somebody serves it already"
            )
        if self.device not in ("gpu", "cpu"):
            raise SamplingError(f"--device {self.device}: gpu or cpu")
        if not self.url:
            adapter = self.adapter or None
            return Served(
                self.model, adapter, self.copies, self.tensor_parallel, self.device, self.flags, self.logs / "servers"
            )
        if self.flags or self.adapter:
            raise SamplingError(f"{' '.join(self.flags) or '--adapter'}: a server at --url takes no flags from here")
        return Hosted(self.model, tuple(self.url), self.key_from)

    def how(self) -> "SamplingParameters":
        """Raises ValueError for a value out of range or a system prompt that is not there."""
        from swift_grpo.formats.samples import SamplingParameters

        return SamplingParameters(
            self.n, self.temperature, self.top_p, self.max_tokens, text_of(self.system), self.seed
        )


def text_of(system: str) -> str | None:
    """What --system says: the content of a file, or a text; None for none. Raises ValueError for a file that is not there."""
    with contextlib.suppress(OSError):  # a text longer than a name may be
        if system and Path(system).is_file():
            return Path(system).read_text(encoding="utf-8")
    if system.endswith(".txt"):
        raise ValueError(f"--system {system}: there is no such file")
    return system or None
