"""The command `sweep`."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def sweep(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The settings, see docs/sweeps.md.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, check each run, and exit.")] = False,
    stop_critical: Annotated[
        bool, typer.Option("--stop-critical", help="End runs at a critical finding of the diagnosis.")
    ] = False,
    slurm: Annotated[bool, typer.Option("--slurm", help="Submit a job array; words after -- are sbatch's.")] = False,
    only: Annotated[int | None, typer.Option(min=0, help="Only the run with this index, from 0.")] = None,
) -> None:
    """Train with several settings and seeds, and compare.

    Prints the plan and checks every run before the first one starts. Finished runs are skipped and interrupted ones
    continued, so the same command goes on after a stop. Exit code 1 if a run failed.

    Examples:
      swift-grpo sweep sweep.yaml --dry-run
      swift-grpo sweep sweep.yaml --slurm -- --gpus=1 --time=8:00:00
    """
    from swift_grpo.commands import sweeping

    sys.exit(sweeping.run(file, dry_run, stop_critical, slurm, only, context.args))
