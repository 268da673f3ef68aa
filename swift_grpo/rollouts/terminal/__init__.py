"""Views of a run in a terminal. Each module prints one view; text from the log first goes through `clean`."""
