"""A run's rollouts as numbers for SQL queries, kept in the cache. Start at `open_index`."""

from swift_grpo.rollouts.index.index import Index, open_index
from swift_grpo.rollouts.index.sql import column_names, literal, numbers, quoted

__all__ = ["Index", "column_names", "literal", "numbers", "open_index", "quoted"]
