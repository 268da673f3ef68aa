"""Shapes of public models, copied from their config.json: memory is estimated before any download."""

_COLUMNS = (
    "hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads vocab_size max_position_embeddings"
).split()
# https://huggingface.co/Qwen/Qwen2.5-…B-Instruct/blob/main/config.json; the last column: tie_word_embeddings
_QWEN = {
    "0.5B": (896, 4864, 24, 14, 2, 151936, 32768, True),
    "1.5B": (1536, 8960, 28, 12, 2, 151936, 32768, True),
    "3B": (2048, 11008, 36, 16, 2, 151936, 32768, True),
    "7B": (3584, 18944, 28, 28, 4, 152064, 32768, False),
    "14B": (5120, 13824, 48, 40, 8, 152064, 32768, False),
    "32B": (5120, 27648, 64, 40, 8, 152064, 32768, False),
    "72B": (8192, 29568, 80, 64, 8, 152064, 32768, False),
}


def _config(row: tuple) -> dict:
    return dict(zip(_COLUMNS, row[:-1], strict=True)) | {"model_type": "qwen2", "tie_word_embeddings": row[-1]}


PUBLIC = {f"Qwen/Qwen2.5-{size}-Instruct": _config(row) for size, row in _QWEN.items()}
# the base models differ in their positions
PUBLIC |= {
    f"Qwen/Qwen2.5-{size}": _config(row)
    | {"max_position_embeddings": 131072 if size not in {"0.5B", "1.5B", "3B"} else 32768}
    for size, row in _QWEN.items()
}
# https://huggingface.co/deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B/blob/main/config.json: embeddings untied
PUBLIC["deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B"] = _config((*_QWEN["1.5B"][:-1], False)) | {
    "max_position_embeddings": 131072
}
PUBLIC["deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"] = _config(_QWEN["7B"]) | {"max_position_embeddings": 131072}
