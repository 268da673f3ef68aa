"""Model folders and adapters."""

from ..base import *  # noqa: F403

CASES = []
add = adder("model", CASES)
GOOD = safetensors(shapes(CONFIG))
SHARDS = {f"model/{name}": content for name, content in sharded(CONFIG).items()}
FIRST, SECOND = "model/model-00001-of-00002.safetensors", "model/model-00002-of-00002.safetensors"


def M(more=None, *drop):
    """The files, with `more` in the model's folder and without `drop`."""
    return F({f"model/{name}": content for name, content in (more or {}).items()}, drop=[f"model/{name}" for name in drop])


add("model-not-there", "error", grpo(model="/models/Qwen2.5-7B"), "/models/Qwen2.5-7B", "exist|found|not there|path", "hub_utils.py: the local path does not exist")
add("model-no-weights", "error", grpo(), ["model", "weight|safetensors"], "safetensors|weight|download", "transformers: no file named model.safetensors", files=M({}, "model.safetensors"))
add("model-shard-missing", "error", grpo(), ["model-00002-of-00002"], "download|missing|shard|again", "transformers: the index names a file that is not there", files=F(SHARDS, drop=["model/model.safetensors", SECOND]))
add("model-torn", "error", grpo(), ["model.safetensors"], "again|download|torn|short|incomplete|truncated|bytes|copy", "safetensors: MetadataIncompleteBuffer", files=M({"model.safetensors": GOOD[: len(GOOD) * 2 // 3]}))
add("model-torn-shard", "error", grpo(), ["model-00001-of-00002"], "again|download|torn|short|incomplete|truncated|bytes|copy", "safetensors: MetadataIncompleteBuffer", files=F(SHARDS, {FIRST: SHARDS[FIRST][:-100]}, drop=["model/model.safetensors"]))
add("model-zero-bytes", "error", grpo(), ["model.safetensors"], "again|download|empty|copy|bytes", "safetensors: HeaderTooSmall", files=M({"model.safetensors": b""}))
add("model-lfs-pointer", "error", grpo(), ["model.safetensors"], "lfs|download|pull", "safetensors: HeaderTooLarge; git clone without LFS left a pointer", files=M({"model.safetensors": "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 15231233024\n"}))
add("model-tensor-missing", "error", grpo(), ["model.layers.1|tensor|missing"], "missing|again|download|layer", "transformers makes the missing tensors up at random and goes on", files=M({"model.safetensors": safetensors({n: s for n, s in shapes(CONFIG).items() if "layers.1." not in n})}))
add("model-shapes", "error", grpo(), ["config.json|hidden_size|shape"], "32|16|shape|match|hidden_size", "transformers: size mismatch; config.json says 32, the weights 16", files=M({"config.json": json.dumps(CONFIG | {"hidden_size": 32})}))
add("model-tokenizer-large", "error", grpo(), ["tokenizer|vocab"], "272|vocab_size|resize|embedding", "ids from 272 on are beyond the embedding: index out of range at the first such token", files=M({"tokenizer.json": tokenizer([f"<extra_{n}>" for n in range(60)])}))
add("model-no-chat-template", "error", grpo(template_backend="jinja"), ["chat_template|chat template"], "template_backend|chat_template|swift|template", "template/base.py:1283: apply_chat_template without a template in the tokenizer", files=F(model_files(template=None)))
add("model-type-other", "warning", grpo(model_type="qwen3_moe"), "model_type", "qwen2", "config.json says qwen2")
add("model-is-adapter", "error", grpo(model="adapter"), ["adapter"], "--adapters|adapters|base", "a folder with adapter_config.json and no config.json", files=F(adapter_files()))
add("adapter-no-config", "error", grpo(adapters="adapter"), ["adapter"], "adapter_config.json|--model", "base_args.py: `adapter` is not an adapter, please try using --model", files=F(adapter_files(), drop=["adapter/adapter_config.json"]))
add("adapter-other-base", "error", grpo(adapters="adapter"), ["adapter"], "base|other|shape|model|32", "peft: size mismatch; made for a model of hidden size 32", files=F(adapter_files(base="other/Qwen-wide", hidden_size=32)))
add("adapter-torn", "error", grpo(adapters="adapter"), ["adapter_model.safetensors|adapter"], "again|torn|short|incomplete|truncated|bytes|copy", "safetensors: incomplete buffer", files=F(adapter_files(), {"adapter/adapter_model.safetensors": adapter_files()["adapter/adapter_model.safetensors"][:-500]}))
