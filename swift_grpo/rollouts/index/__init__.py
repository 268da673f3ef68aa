"""A run's rollouts as numbers that SQL answers, kept in the cache. `open_index` is the way in."""

from swift_grpo.rollouts.index.index import Index, open_index
from swift_grpo.rollouts.index.sql import column_names, literal, numbers, quoted

__all__ = ["Index", "column_names", "literal", "numbers", "open_index", "quoted"]
