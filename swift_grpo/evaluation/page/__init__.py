"""Offline pages: two evaluations side by side, a report card, several runs."""
