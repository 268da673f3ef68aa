"""A full-screen view of a run in the terminal: plot, groups of a step, texts of a group. Keyboard only."""
