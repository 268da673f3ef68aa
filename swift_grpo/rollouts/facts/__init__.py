"""What a run's rollouts say, as plain values: every number that a view shows is made here. Draws nothing."""
