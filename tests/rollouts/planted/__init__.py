"""Training runs with one illness planted in each, and healthy ones that look ill, by another hand than the diagnosis."""
