"""Starts rollout server and trainer together, watches both, and leaves nothing of either behind."""
