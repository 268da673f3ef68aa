"""What runs around the trainer: preflight, launch, data, evaluation, rollout inspection."""
