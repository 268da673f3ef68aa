"""Rewards and the answer grader. Imports neither torch nor swift, so it loads in milliseconds."""

from grpo_rewards.grading import grade

__all__ = ["grade"]
