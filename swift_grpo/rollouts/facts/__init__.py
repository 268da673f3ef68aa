"""What is known of a run, step by step: one table that the diagnosis, and whoever else needs a series, reads.

numbers  what the index and logging.jsonl say, of all completions
texts    what a bounded sample of completions says
prompts  what the prompts and their golds say, over the whole run
"""

from swift_grpo.rollouts.facts.table import Facts, Missing

__all__ = ["Facts", "Missing"]
