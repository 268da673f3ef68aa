"""Views of a run in a terminal. Each module prints one view; text from the log goes through `text.clean` first."""
