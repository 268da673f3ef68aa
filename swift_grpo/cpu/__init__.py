"""Lets the same stack run without a GPU: `DEVICE=cpu` in the scripts puts `site/` on PYTHONPATH, nothing else activates it."""
