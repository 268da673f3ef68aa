"""Models and adapters."""

from benchmarks.preflight.second.base import *

KIND = "model"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 988097824\n"
INDEX = {"metadata": {"total_size": 300000}, "weight_map": {n: f"model-0000{1 + (k > 12)}-of-00002.safetensors" for k, n in enumerate(shapes(config()))}}
FIRST = {n: s for n, s in shapes(config()).items() if INDEX["weight_map"][n].startswith("model-00001")}

mistake(KIND, "model-path-missing", train(model="models/m"), "models/m", "path|exist|not there|m", "no such folder; as a hub id there is none either, and nothing is downloaded at 2 a.m.", level="warning")
mistake(KIND, "model-no-weights", train(), ["m", "weights|safetensors"], "safetensors|download", "config and tokenizer without weights: from_pretrained raises OSError", files=DATA | model(without=("model.safetensors",)))
mistake(KIND, "model-weights-empty", train(), ["model.safetensors"], "download|copy|again|empty|torn|0 bytes", "a file of 0 bytes: safetensors raises (header too small)", files=DATA | MODEL | {"m/model.safetensors": b""})
mistake(
    KIND, "model-no-tokenizer", train(), ["m", "tokenizer"], "tokenizer.json|tokenizer", "no tokenizer file at all: transformers 5 makes an empty Qwen2Tokenizer without a word, which knows no token", level="warning", files=DATA | model(without=("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"))
)
mistake(KIND, "model-type-unknown", train(model_type="qwen25"), ["model_type", "qwen25"], "qwen2", "MODEL_MAPPING has no qwen25")
mistake(KIND, "model-is-a-file", train(model="m/model.safetensors"), ["m/model.safetensors"], "folder|m", "a weights file where a folder is due: ms-swift takes it for neither folder nor hub id")
