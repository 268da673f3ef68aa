"""What a model's folder says: its config, shape and positions. No weights are read here."""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from swift_grpo.check.shapes import PUBLIC
from swift_grpo.formats.command_line import Command


@dataclass(frozen=True)
class Model:
    """A model's config.json; `folder` is None for a model that is only known by its public shape."""

    name: str
    config: dict[str, Any] = field(hash=False)
    folder: Path | None = None

    def size(self, name: str, default: int = 0) -> int:
        """A whole number of the config; of several parts the text part comes first."""
        for config in (self.config.get("text_config"), self.config):
            value = config.get(name) if isinstance(config, dict) else None
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        return default

    @property
    def architecture(self) -> str:
        """The first of its architectures, '' without one."""
        listed = self.config.get("architectures")
        return str(listed[0]) if isinstance(listed, list) and listed else ""

    @property
    def positions(self) -> int | None:
        """max_position_embeddings, times the factor of its rope_scaling if it has one."""
        positions = self.size("max_position_embeddings")
        given = self.config.get("rope_scaling")
        scaling = given if isinstance(given, dict) else {}
        factor = scaling.get("factor")
        if (
            isinstance(factor, int | float)
            and factor > 1
            and scaling.get("original_max_position_embeddings") != positions
        ):
            positions = int(positions * factor) if positions * factor < 1e9 else positions
        return positions or None

    @property
    def kv_heads(self) -> int:
        return self.size("num_key_value_heads") or self.size("num_attention_heads")

    @property
    def head_size(self) -> int:
        heads = self.size("num_attention_heads")
        return self.size("head_dim") or (self.size("hidden_size") // heads if heads > 0 else 0)

    @property
    def parameters(self) -> int:
        """Parameters of a decoder like Llama's or Qwen's, of a mixture all experts; 0 if the config does not say."""
        hidden, inner, layers = (self.size(n) for n in ("hidden_size", "intermediate_size", "num_hidden_layers"))
        heads, vocabulary = self.size("num_attention_heads"), self.size("vocab_size")
        if min(hidden, layers, heads, vocabulary) < 1:
            return 0
        attention = 2 * hidden * self.head_size * (heads + self.kv_heads)
        experts = self.size("num_experts") or self.size("num_local_experts") or self.size("n_routed_experts")
        inner = (self.size("moe_intermediate_size") or inner) * experts if experts else inner
        embeddings = vocabulary * hidden * (1 if self.config.get("tie_word_embeddings") else 2)
        return layers * (attention + 3 * hidden * inner + 2 * hidden) + embeddings + hidden


def model_of(command: Command) -> Model | None:
    """The model that a command names; None if its shape cannot be known here."""
    name = command.text("model")
    return find_model(name, str(Path.cwd())) if name else None


@lru_cache(maxsize=64)
def find_model(name: str, folder: str) -> Model | None:
    """The model `name` as seen from `folder`."""
    path = Path(folder, name)
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        shape = PUBLIC.get(name)
        return Model(name, shape) if shape else None
    return Model(name, config, path) if isinstance(config, dict) else None
