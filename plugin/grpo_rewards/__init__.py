"""Rewards and the answer grader. Imports neither torch nor swift, so it loads in milliseconds."""
