"""Training runs with one illness planted in each, and healthy ones that look ill: written to judge the diagnosis by another hand."""
