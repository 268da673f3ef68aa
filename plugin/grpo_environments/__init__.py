"""Environments that a model plays against. They import neither torch nor swift; plugin/environments.py registers them."""
