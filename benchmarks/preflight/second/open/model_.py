"""Models and adapters."""

from benchmarks.preflight.second.base import *

KIND = "model"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 988097824\n"
INDEX = {"metadata": {"total_size": 300000}, "weight_map": {n: f"model-0000{1 + (k > 12)}-of-00002.safetensors" for k, n in enumerate(shapes(config()))}}
FIRST = {n: s for n, s in shapes(config()).items() if INDEX["weight_map"][n].startswith("model-00001")}
mistake(KIND, "model-path-missing-absolute", train(model="/srv/models/qwen2.5-7b"), "/srv/models/qwen2.5-7b", "path|exist|not there", "an absolute path that does not exist")
mistake(
    KIND,
    "model-shard-missing",
    train(),
    ["model-00002-of-00002.safetensors"],
    "model-00002-of-00002.safetensors|download|copy",
    "the index names two shards, one is there",
    files=DATA | model(without=("model.safetensors",)) | {"m/model.safetensors.index.json": json.dumps(INDEX), "m/model-00001-of-00002.safetensors": safetensors(FIRST)},
)
mistake(KIND, "model-torn", train(), ["model.safetensors"], "download|copy|again|torn|cut|incomplete|shorter", "the copy stopped in the middle: safetensors raises (incomplete metadata, file not fully covered)", files=DATA | MODEL | {"m/model.safetensors": MODEL["m/model.safetensors"][:90000]})
mistake(KIND, "model-weights-lfs", train(), ["model.safetensors"], "lfs|download", "a git-lfs pointer in place of the weights: header too large", files=DATA | MODEL | {"m/model.safetensors": LFS})
mistake(KIND, "model-is-adapter", train(model="a"), ["a", "adapter"], "--adapters|adapters", "a LoRA's folder given as --model: it has no config.json", files=MODEL | DATA | adapter("a"))
mistake(KIND, "adapter-is-model", train(adapters="m2"), ["m2", "adapter"], "--model|model", "base_args.py: `m2` is not an adapter, please try using `--model` to pass it", files=MODEL | DATA | model("m2"))
mistake(KIND, "adapter-other-base", train(adapters="a"), ["a", "m"], "base|128|64|shape|size|hidden", "an adapter of a model of width 128 on one of width 64: size mismatch", files=MODEL | DATA | adapter("a", "other-base", hidden=128))
mistake(KIND, "adapter-other-modules", train(adapters="a"), ["a", "c_attn|target_modules"], "q_proj|base|c_attn|module", "peft: target modules {'c_attn'} not found in the base model", files=MODEL | DATA | adapter("a", "gpt2", target_modules=["c_attn"]))
mistake(KIND, "adapter-missing", train(adapters="adapters/a"), ["adapters/a"], "path|exist|not there|adapter_config.json", "no such folder", level="warning")
mistake(KIND, "model-config-broken", train(), ["config.json"], "json|line|parse|cut|download", "a config.json cut off in the middle: not JSON", files=DATA | MODEL | {"m/config.json": MODEL["m/config.json"][:200]})
mistake(KIND, "model-vocabulary-mismatch", train(), ["model.safetensors|config.json|vocab", "259|300"], "259|300|config.json", "config.json says 300 words, the embedding has 259 rows: size mismatch", files=DATA | MODEL | {"m/config.json": json.dumps(config(vocab_size=300))})
