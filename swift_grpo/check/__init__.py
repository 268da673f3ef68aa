"""Preflight: mistakes in `swift …` commands found before a card is held, all of them at once, each with its fix."""

from swift_grpo.check.preflight import CHECKS, Report, check_command, check_launch
from swift_grpo.check.problem import Problem

__all__ = ["CHECKS", "Problem", "Report", "check_command", "check_launch"]
