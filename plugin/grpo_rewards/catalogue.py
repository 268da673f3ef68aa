"""Imports every reward, which registers it."""

from grpo_rewards import accuracy, environment, format, gym, judge, length, style, tool_use

__all__ = ["accuracy", "environment", "format", "gym", "judge", "length", "style", "tool_use"]
