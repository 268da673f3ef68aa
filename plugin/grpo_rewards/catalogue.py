"""Imports every reward, which registers it."""

from grpo_rewards import accuracy, format, judge, length, style

__all__ = ["accuracy", "format", "judge", "length", "style"]
