"""Kept out of sight: see the README beside this file before reading on."""
