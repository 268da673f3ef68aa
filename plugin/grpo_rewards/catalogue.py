"""Imports every reward, which registers it."""

from grpo_rewards import accuracy, format, gym, judge, length, style, tool_use

__all__ = ["accuracy", "format", "gym", "judge", "length", "style", "tool_use"]
