"""The third of the second set that is kept out of sight: scored, not read."""

import importlib

from benchmarks.preflight.second import base

KINDS = "flag_names types_choices ranges contradictions batch lengths_server rewards data model_ resume output cards_ prompt yaml_ recipes clean_"
for kind in KINDS.split():
    importlib.import_module(f"{__name__}.{kind}")  # fills base.CASES and base.CLEAN

CASES, CLEAN, make_files = list(base.CASES), list(base.CLEAN), base.make_files
base.CASES.clear()
base.CLEAN.clear()
