"""Options that several commands share, declared once: dataclasses whose fields are options. Imports nothing but typer."""

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
PREFILLED = Annotated[
    bool, typer.Option("--prefilled", help="The chat template writes the first <think> into the prompt.")
]
URL = Annotated[
    list[str] | None,
    typer.Option(
        help="An OpenAI-compatible endpoint, up to /v1; may be repeated. Its key is read from OPENAI_API_KEY."
    ),
]
PLUGIN = Annotated[list[Path] | None, typer.Option(help="Python file that registers rewards of your own.")]


def takes_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command as typer is to see it: for each parameter that is a dataclass, the options which its fields declare.

    The parameter's default, an object of the class, holds the options' defaults, if they are not the fields' own. When called,
    the command gets the object.
    """
    signature = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    objects: dict[str, Any] = {}  # the classes, by their parameters' names
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
    """How many answers are drawn to a prompt, and how."""

    n: Annotated[int, typer.Option("--n", "-n", min=1, help="Samples a prompt.")] = 1
    temperature: Annotated[float, typer.Option(help="0 is greedy.")] = 1.0
    top_p: Annotated[float, typer.Option()] = 1.0
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest completion; a longer one is cut off.")] = 2048


@dataclass(frozen=True)
class Prompted(Draws):
    """With a system prompt."""

    system: Annotated[
        str, typer.Option(help="The system prompt: a file, or its text. Takes the place of the rows' own.")
    ] = ""

    def system_text(self) -> str | None:
        """The content of the file, or the text; None for none. Raises ValueError for a file that is not there."""
        with contextlib.suppress(OSError):  # a text longer than a name may be
            if self.system and Path(self.system).is_file():
                return Path(self.system).read_text(encoding="utf-8")
        if self.system.endswith(".txt"):
            raise ValueError(f"--system {self.system}: there is no such file")
        return self.system or None


@dataclass(frozen=True)
class Sampling(Prompted):
    """All that decides which set a sample belongs to, the model apart."""

    seed: Annotated[int, typer.Option(help="Another seed is another set of samples.")] = 0

    def parameters(self, system: str | None = None) -> "SamplingParameters":
        """`system` stands in for a prompt that is not given. Raises ValueError for a value out of range."""
        from swift_grpo.formats.samples import SamplingParameters

        text = self.system_text() or system
        return SamplingParameters(self.n, self.temperature, self.top_p, self.max_tokens, text, self.seed)


@dataclass(frozen=True)
class Server:
    """A server that is started for the purpose."""

    device: Annotated[str, typer.Option(help="gpu, or cpu for the CPU backend.")] = "gpu"
    tensor_parallel: Annotated[int, typer.Option(min=1, help="Cards a server.")] = 1

    def served(self, flags: Sequence[str], folder: Path, model: str = "", adapter: str | None = None) -> "Served":
        """`flags` are those of `swift deploy`; logs go below `folder`."""
        from swift_grpo.sampling.servers import Served

        copies = getattr(self, "copies", 1)
        return Served(model, adapter, copies, self.tensor_parallel, self.device, tuple(flags), folder / "servers")


@dataclass(frozen=True)
class Servers(Server):
    """Several of them."""

    copies: Annotated[int, typer.Option(min=1, help="Servers that share the work, each on cards of its own.")] = 1


@dataclass(frozen=True)
class Sampler(Sampling, Servers):
    """The whole sampler: the model, served here or elsewhere, and how its answers are drawn."""

    model: Annotated[
        str, typer.Option(help="A hub id or a folder, which vLLM serves; with --url: the endpoint's name of it.")
    ] = ""
    url: URL = None
    adapter: Annotated[str, typer.Option(help="A LoRA checkpoint on top of --model.")] = ""
    concurrency: Annotated[int, typer.Option(min=1, help="Requests in flight at once, over all servers.")] = 64
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that one answer may take.")] = 1800
    key_from: Annotated[str, typer.Option(help="The variable that holds the key, by name.")] = "OPENAI_API_KEY"

    def source(self, flags: Sequence[str], folder: Path) -> "Model":
        """The model that is asked. Raises SamplingError where the options do not fit together."""
        from swift_grpo.sampling.models import Hosted, SamplingError

        if not self.model:
            raise SamplingError(
                "name the model: --model PATH_OR_ID, and --url ADDRESS where somebody serves it already"
            )
        if self.device not in ("gpu", "cpu"):
            raise SamplingError(f"--device {self.device}: gpu or cpu")
        if not self.url:
            return self.served(flags, folder, self.model, self.adapter or None)
        if flags or self.adapter:
            raise SamplingError(f"{' '.join(flags) or '--adapter'}: a server at --url takes no flags from here")
        return Hosted(self.model, tuple(self.url), self.key_from)


@dataclass(frozen=True)
class StoredSampler(Sampler):
    """The sampler of a command that makes something of the samples."""

    samples: Annotated[Path, typer.Option(help="Folder of samples; a run that was killed goes on here.")] = Path(
        "output/samples"
    )
    prefilled: PREFILLED = False
