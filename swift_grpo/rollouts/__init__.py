"""Reads what a GRPO run wrote: `completions.jsonl` and `logging.jsonl`. `index.open_index` is the way in."""
