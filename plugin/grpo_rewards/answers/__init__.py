"""What an answer means: its spelling, its kind, its value, and whether two are equal."""
