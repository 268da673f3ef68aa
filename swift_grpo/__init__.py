"""What runs around the trainer: preflight, launch, data, evaluation, rollout inspection."""

__version__ = "0.1.0"
