"""Runs the same stack without a GPU. Only `DEVICE=cpu` in the scripts activates it, with `site/` on PYTHONPATH."""
