"""Imports every reward, which registers it."""

from grpo_rewards import accuracy, code, environment, format, gym, instructions, judge, length, style, tool_use

__all__ = ["accuracy", "code", "environment", "format", "gym", "instructions", "judge", "length", "style", "tool_use"]
