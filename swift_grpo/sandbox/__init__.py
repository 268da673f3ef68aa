"""Runs Python that a model wrote. The program has no network, writes nothing, starts no process, reads Python's library
and its own files, and its memory, time and output are bounded. Where nothing can hold it, it is not run.

>>> from swift_grpo.sandbox import Case, Program, choose
>>> sandbox = choose()  # doctest: +SKIP
>>> sandbox.run(Program("print(int(input()) ** 2)", [Case("stdin", stdin="3")]))[0].output  # doctest: +SKIP
'9\\n'
"""

from swift_grpo.sandbox.batch import run_all
from swift_grpo.sandbox.choice import BACKENDS, Sandbox, choose
from swift_grpo.sandbox.jobs import Case, Limits, NoSandbox, Outage, Outcome, Program

__all__ = ["BACKENDS", "Case", "Limits", "NoSandbox", "Outage", "Outcome", "Program", "Sandbox", "choose", "run_all"]
