"""Datasets in, ms-swift rows out."""
