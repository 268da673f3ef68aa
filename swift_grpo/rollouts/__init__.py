"""Reads the logs of a GRPO run, `completions.jsonl` and `logging.jsonl`. Start at `index.open_index`."""
