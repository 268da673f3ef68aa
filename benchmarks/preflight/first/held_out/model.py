"""Model folders and adapters."""

from ..base import *  # noqa: F403

CASES = []
add = adder("model", CASES)


def M(more=None, *drop):
    """The files, with `more` in the model's folder and without `drop`."""
    return F({f"model/{name}": content for name, content in (more or {}).items()}, drop=[f"model/{name}" for name in drop])


add("model-none", "error", grpo(model=None), "--model|`model`|model", "--model|`model`|model", "model_args.py:220: please set --model")
add("model-config-missing", "error", grpo(), ["config.json"], "config.json", "transformers AutoConfig: no config.json", files=M({}, "config.json"))
add("model-config-broken", "error", grpo(), ["config.json"], "json|pars|again|download|line", "not a valid JSON file", files=M({"config.json": json.dumps(CONFIG, indent=1)[:-60]}))
add("model-no-tokenizer", "error", grpo(), ["tokenizer"], "tokenizer", "transformers AutoTokenizer finds neither tokenizer.json nor vocab.json", files=M({}, "tokenizer.json", "tokenizer_config.json"))
add("model-type-ambiguous", "error", grpo(model_type=None), "model_type", "--model_type|qwen2", "model_meta.py:231: qwen2 and qwen2_gte both match Qwen2ForCausalLM")
