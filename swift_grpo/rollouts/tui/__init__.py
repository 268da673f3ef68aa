"""A run on the whole terminal: plot, groups of a step, texts of a group. Keyboard only."""
