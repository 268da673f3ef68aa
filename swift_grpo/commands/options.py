"""Options that several commands share: each field of a dataclass is an option. Imports nothing but typer."""

import contextlib
import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from swift_grpo.formats.samples import SamplingParameters
    from swift_grpo.sampling.models import Model
    from swift_grpo.sampling.servers import Served

SERVER_FLAGS = {"allow_extra_args": True}  # what follows `--` are flags of `swift deploy`
DEVICE = Annotated[str, typer.Option(metavar="gpu|cpu", help="What to run on; cpu is the CPU backend.")]
PREFILLED = Annotated[bool, typer.Option("--prefilled", help="The chat template writes the first <think>.")]
URL = Annotated[
    list[str] | None,
    typer.Option(help="An OpenAI-compatible endpoint, up to /v1. Repeatable. Its key is in OPENAI_API_KEY."),
]
PLUGIN = Annotated[list[Path] | None, typer.Option(help="Python file that registers your own rewards or tools.")]
TOKENIZER = Annotated[str, typer.Option(help="Folder or hub id of a model whose tokenizer counts tokens.")]


def takes_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command in the form that typer reads: each dataclass parameter becomes the options that its fields declare.

    A default object of the parameter replaces the fields' own defaults. When called, the command gets the object.
    """
    signature = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    objects: dict[str, Any] = {}  # parameter name -> class
    for name, one in signature.parameters.items():
        kind: Any = one.annotation
        if is_dataclass(kind):
            objects[name] = kind
            defaults = one.annotation() if one.default is one.empty else one.default
            parameters += [
                one.replace(name=o.name, default=getattr(defaults, o.name), annotation=o.type) for o in fields(kind)
            ]
        else:
            parameters.append(one)

    @functools.wraps(command)
    def call(**given: Any) -> None:
        made = {name: kind(**{o.name: given.pop(o.name) for o in fields(kind)}) for name, kind in objects.items()}
        command(**given, **made)

    keyword = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    call.__signature__ = signature.replace(parameters=keyword)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    return call


@dataclass(frozen=True)
class Draws:
    """How many answers are sampled per prompt, and how."""

    n: Annotated[int, typer.Option("--n", "-n", min=1, help="Samples per prompt.")] = 1
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token.")] = 1.0
    top_p: Annotated[float, typer.Option(help="Sample from this share of the probability.")] = 1.0
    max_tokens: Annotated[int, typer.Option(min=1, help="Cut completions after this many tokens.")] = 2048


@dataclass(frozen=True)
class Prompted(Draws):
    """Draws with a system prompt."""

    system: Annotated[str, typer.Option(help="The system prompt: a file, or its text. Replaces the rows' own.")] = ""

    def system_text(self) -> str | None:
        """The content of the file, or the text; None if empty. Raises ValueError for a missing file."""
        with contextlib.suppress(OSError):  # the text may be too long for a file name
            if self.system and Path(self.system).is_file():
                return Path(self.system).read_text(encoding="utf-8")
        if self.system.endswith(".txt"):
            raise ValueError(f"--system {self.system}: there is no such file")
        return self.system or None


@dataclass(frozen=True)
class Sampling(Prompted):
    """Everything but the model that decides which set a sample belongs to."""

    seed: Annotated[int, typer.Option(help="Each seed gives its own set of samples.")] = 0
    tools: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help="Tools that the model may call: calculator,python,run_python. Default: none."
        ),
    ] = ""
    max_turns: Annotated[int, typer.Option(min=1, help="With tools: most turns of an answer.")] = 4
    plugin: PLUGIN = None

    def parameters(self, system: str | None = None) -> "SamplingParameters":
        """`system` is used if no prompt is given. Raises ValueError for a value out of range."""
        from swift_grpo.formats.samples import SamplingParameters

        text, tools = self.system_text() or system, ",".join(self.tools.replace(",", " ").split())
        draws = (self.n, self.temperature, self.top_p, self.max_tokens)
        return SamplingParameters(*draws, text, self.seed, tools, self.max_turns)

    def load_plugins(self) -> None:
        """Raises RewardError if a file cannot be imported."""
        from swift_grpo.evaluation.user_rewards import load_plugins

        load_plugins(self.plugin or [])


@dataclass(frozen=True)
class Server:
    """A server that the command starts."""

    device: DEVICE = "gpu"
    tensor_parallel: Annotated[int, typer.Option(min=1, help="Cards per server.")] = 1

    def served(self, flags: Sequence[str], folder: Path, model: str = "", adapter: str | None = None) -> "Served":
        """`flags` are those of `swift deploy`; logs go below `folder`."""
        from swift_grpo.sampling.servers import Served

        copies = getattr(self, "copies", 1)
        return Served(model, adapter, copies, self.tensor_parallel, self.device, tuple(flags), folder / "servers")


@dataclass(frozen=True)
class Servers(Server):
    """Several such servers."""

    copies: Annotated[int, typer.Option(min=1, help="Servers that share the work, each on its own cards.")] = 1


@dataclass(frozen=True)
class Sampler(Sampling, Servers):
    """The whole sampler: the model, served here or elsewhere, and how its answers are sampled."""

    model: Annotated[
        str, typer.Option(help="A hub id or a folder, served with vLLM; with --url, the endpoint's name for the model.")
    ] = ""
    url: URL = None
    adapter: Annotated[str, typer.Option(help="A LoRA checkpoint on top of --model.")] = ""
    concurrency: Annotated[int, typer.Option(min=1, help="Requests in flight at once, over all servers.")] = 64
    timeout: Annotated[float, typer.Option(min=1, help="Longest time for one answer.")] = 1800
    key_from: Annotated[str, typer.Option(help="The variable that holds the key.")] = "OPENAI_API_KEY"

    def source(self, flags: Sequence[str], folder: Path) -> "Model":
        """The model to sample from. Raises SamplingError if the options do not fit together."""
        from swift_grpo.sampling.models import Hosted, SamplingError

        if not self.model:
            raise SamplingError("name the model: --model PATH_OR_ID, and --url ADDRESS if it is served already")
        if self.device not in ("gpu", "cpu"):
            raise SamplingError(f"--device {self.device}: gpu or cpu")
        if not self.url:
            return self.served(flags, folder, self.model, self.adapter or None)
        if flags or self.adapter:
            raise SamplingError(f"{' '.join(flags) or '--adapter'}: a server at --url takes no flags from here")
        return Hosted(self.model, tuple(self.url), self.key_from)


@dataclass(frozen=True)
class StoredSampler(Sampler):
    """The sampler of a command that uses the samples."""

    samples: Annotated[Path, typer.Option(help="Folder of samples; a killed run resumes from here.")] = Path(
        "output/samples"
    )
    prefilled: PREFILLED = False
