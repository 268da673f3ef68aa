"""Turns the files of a run into records, numbers and text. Does not use the index."""
