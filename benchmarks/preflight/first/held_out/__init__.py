"""Planted mistakes in training commands, and commands that are right: the kept fifth: do not open before the end.

`CASES` and `CLEAN` are lists of `base.Case`; `base.make_files(case, folder, root)` writes a case's files. Numbers of one digit in `mention` and
`fix` are best matched as whole numbers, all else as parts of the message without regard to case.
"""

from . import batch, choices, clean, contradictions, data, flags, lengths, machine, model, output, prompt, ranges, resume, rewards, yaml_
from ..base import Case, make_files

CASES: list[Case] = [case for kind in (flags, choices, ranges, contradictions, batch, lengths, rewards, data, model, resume, output, machine, prompt, yaml_) for case in kind.CASES]
CLEAN: list[Case] = clean.CLEAN

__all__ = ["CASES", "CLEAN", "Case", "make_files"]
