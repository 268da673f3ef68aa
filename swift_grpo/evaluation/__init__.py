"""Before and after: accuracy on held-out questions, with intervals."""
