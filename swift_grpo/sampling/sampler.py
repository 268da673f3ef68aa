"""Draws the missing samples of a set and reports how it went."""

import asyncio
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from grpo_tools.registry import PLACE

from swift_grpo.formats.rows import prompt_hash, prompt_of
from swift_grpo.formats.samples import Sample, SamplingParameters
from swift_grpo.sampling.client import Rejected, TryAgain, ask
from swift_grpo.sampling.lanes import Lane, connect
from swift_grpo.sampling.ledger import Ledger
from swift_grpo.sampling.meter import Meter
from swift_grpo.sampling.models import Endpoint, Model, SamplingError
from swift_grpo.sampling.turns import Turns, described, tools_of

_SYNC_SECONDS = 5.0
_TROUBLE_SECONDS = 5.0  # of failures only, before the progress line shows them


@dataclass(frozen=True)
class Patience:
    """The limits at which a sample or the run fails."""

    timeout: float = 1800.0  # seconds for one answer: 32,768 tokens at 20 per second
    attempts: int = 10  # for one sample, before it counts as failed
    give_up: float = 300.0  # seconds of failures without a sample, before the run ends
    unreachable: float = 30.0  # the same if nothing ever answered: a wrong address, a server that does not run
    rejected: int = 50  # requests that the server refuses, without a sample, before the run ends


@dataclass
class Summary:
    """The result of a call. `wanted` = prompts x n = kept + new + failed."""

    path: Path  # the file of the set
    prompts: int = 0  # distinct ones
    duplicates: int = 0  # rows that repeat the prompt of another row, sampled once
    wanted: int = 0
    kept: int = 0  # wanted samples that existed before
    new: int = 0
    truncated: int = 0  # of the new ones, cut off at max_tokens
    prompt_tokens: int = 0
    completion_tokens: int = 0
    retries: int = 0
    seconds: float = 0.0  # without the server's loading
    failed: dict[str, int] = field(default_factory=dict)  # reason -> missing samples; the next call tries again
    notes: list[str] = field(default_factory=list)  # about the existing file

    def __str__(self) -> str:
        parts = [f"{self.new:,} new samples of {self.wanted:,}"]
        if self.kept:
            parts.append(f"{self.kept:,} were there")
        if self.seconds and self.new:
            rates = f"{self.new / self.seconds:,.1f}/s, {self.completion_tokens / self.seconds:,.0f} tokens/s"
            parts.append(f"in {self.seconds:,.0f} s ({rates})")
        for count, what in ((self.truncated, "cut off at --max-tokens"), (self.retries, "requests repeated")):
            if count:
                parts.append(f"{count:,} {what}")
        parts += [f"{count:,} FAILED: {reason}" for reason, count in self.failed.items()]
        return "; ".join(parts)


@dataclass
class _Job:
    prompt: str
    messages: list[dict[str, Any]]
    index: int
    attempts: int = 0


def sample(
    rows: Iterable[dict[str, Any]],
    model: Model,
    parameters: SamplingParameters,
    folder: Path,
    concurrency: int = 64,
    patience: Patience | None = None,
    quiet: bool = False,
) -> Summary:
    """Draw samples until `folder` holds `parameters.n` samples of each row's prompt, and return the result.

    `swift_grpo.formats.rows.prompt_of` reads a row, and `prompt_hash` names its samples. The set's file is
    `folder/samples-<set>.jsonl`; <set> is a hash of the model's name and the parameters, so another temperature gets
    another file. Each sample is appended as one line when it arrives, so a kill loses only the requests in flight, and
    the next call resumes. If nothing is missing, the model is not opened. Progress goes to stderr unless `quiet`.

    `concurrency` is the number of requests in flight at once, over all endpoints. With `parameters.tools` a sample is a
    request for each turn; one that fails begins again with its first turn.

    Raises SamplingError if it cannot start or continue (a wrong key, a wrong name, no answer for five minutes, a full
    disk, a set that another process is writing), in one line that says how to fix it.
    """
    prompts, duplicates = prompts_of(rows, parameters)
    draw = Turns(parameters, model).ask if parameters.tools else ask
    with contextlib.closing(Ledger(folder, model.name, parameters)) as ledger:
        wanted = len(prompts) * parameters.n
        missing = sum((prompt, i) not in ledger.done for prompt in prompts for i in range(parameters.n))
        summary = Summary(ledger.path, len(prompts), duplicates, wanted, wanted - missing, notes=ledger.notes)
        if not quiet:
            if parameters.tools and not any(m["role"] == "system" for p in prompts.values() for m in p):
                ledger.notes.append("no system prompt tells the model of its tools: --system prompts/tools.txt does")
            for note in ledger.notes:
                print(f"swift-grpo: {note}", file=sys.stderr, flush=True)
        if missing:
            with model.open() as endpoints:
                jobs = (
                    _Job(p, m, i) for i in range(parameters.n) for p, m in prompts.items() if (p, i) not in ledger.done
                )
                meter = Meter(missing, quiet)
                run = _Run(ledger, summary, parameters, patience or Patience(), meter, jobs, missing, draw)
                try:
                    asyncio.run(run.draw(endpoints, concurrency))
                finally:
                    run.finish()
    return summary


def prompts_of(
    rows: Iterable[dict[str, Any]], parameters: SamplingParameters
) -> tuple[dict[str, list[dict[str, Any]]], int]:
    """prompt_id -> conversation as the model is asked, with the system prompt, and the number of rows that repeat one."""
    system, tools = parameters.system, tools_of(parameters)
    if not tools and PLACE in (system or ""):
        raise SamplingError(f"the system prompt has {PLACE}: name tools by --tools, or another prompt by --system")
    prompts: dict[str, list[dict[str, Any]]] = {}
    number = 0
    for number, row in enumerate(rows, start=1):
        messages = prompt_of(row)
        if not messages:
            raise SamplingError(f"row {number} has no question; `swift-grpo data prepare` writes rows with one")
        name = prompt_hash(messages)
        if system is not None:
            messages = [{"role": "system", "content": system}, *(m for m in messages if m["role"] != "system")]
        prompts.setdefault(name, described(messages, tools))
    if not prompts:
        raise SamplingError("there are no rows to sample from")
    return prompts, number - len(prompts)


@dataclass
class _Run:
    """The requests of one call; `left` counts those that are neither done nor given up."""

    ledger: Ledger
    summary: Summary
    parameters: SamplingParameters
    patience: Patience
    meter: Meter
    jobs: Iterator[_Job]
    left: int
    ask: Callable[..., Awaitable[Sample]]
    failed: Counter[str] = field(default_factory=Counter)
    failing_since: float | None = None  # first failure after the last success
    reached: bool = False  # whether anything ever answered
    rejected: int = 0  # since the last success
    begun: float = field(default_factory=time.monotonic)
    again: asyncio.Queue[_Job] = field(default_factory=asyncio.Queue)
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    async def draw(self, endpoints: list[Endpoint], concurrency: int) -> None:
        """Keep `concurrency` requests in flight until each job is done or given up."""
        shares = [len(range(i, concurrency, len(endpoints))) or 1 for i in range(len(endpoints))]
        async with contextlib.AsyncExitStack() as stack:
            workers = [asyncio.create_task(self._tick(endpoints))]
            encryption = httpx.create_ssl_context()  # 20 ms: once, not for each connection
            for endpoint, share in zip(endpoints, shares, strict=True):
                lane = Lane(endpoint)
                for _ in range(min(share, self.left)):
                    http = await stack.enter_async_context(connect(endpoint, encryption, self.patience.timeout))
                    workers.append(asyncio.create_task(self._work(lane, http)))
            end = asyncio.create_task(self.finished.wait())
            try:
                await asyncio.wait([end, *workers], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (end, *workers):
                    task.cancel()
                ended = await asyncio.gather(end, *workers, return_exceptions=True)
        for problem in ended:
            if isinstance(problem, Exception):
                raise problem

    async def _work(self, lane: Lane, http: httpx.AsyncClient) -> None:
        while True:
            await lane.opened()
            job = await self._take()
            try:
                one = await self.ask(http, lane.endpoint, job.prompt, job.messages, job.index, self.parameters)
            except TryAgain as fault:
                if fault.wait is not None and fault.wait > self.patience.give_up:
                    raise SamplingError(
                        f"{lane.endpoint.url} asks for a pause of {fault.wait:.0f} s ({fault}); "
                        "finished samples are kept: run the same command then"
                    ) from None
                self._put_back(job, fault, lane.endpoint)
                await lane.back_off(fault)
            except Rejected as refusal:
                self.reached = True
                self.rejected += 1
                if self.rejected >= min(self.patience.rejected, self.summary.wanted) and not self.summary.new:
                    raise SamplingError(
                        f"{lane.endpoint.url} takes none of {self.rejected} requests: {refusal}"
                    ) from None
                self._give_up(str(refusal))
            else:
                self.ledger.append(one)
                lane.failures, self.failing_since, self.rejected = 0, None, 0
                self.reached, self.meter.trouble = True, ""
                self.summary.new += 1
                self.summary.truncated += one.truncated
                self.summary.prompt_tokens += one.prompt_tokens or 0
                self.summary.completion_tokens += one.completion_tokens or 0
                self._one_less()

    async def _take(self) -> _Job:
        """A job that failed before, else a new one, else wait for one in flight to fail."""
        if self.again.empty() and (job := next(self.jobs, None)):
            return job
        return await self.again.get()

    def _put_back(self, job: _Job, fault: TryAgain, endpoint: Endpoint) -> None:
        """Queue the job again. Raises SamplingError after too many seconds of failures only."""
        now = time.monotonic()
        self.reached = self.reached or fault.reached
        self.failing_since = self.failing_since or now
        failing = now - self.failing_since
        self.meter.trouble = f"{fault} at {endpoint.url}, for {failing:.0f} s" if failing > _TROUBLE_SECONDS else ""
        if not self.reached and failing > self.patience.unreachable:
            raise SamplingError(
                f"nothing answers at {endpoint.url}: {fault}; check that the server runs and the address is right"
            )
        if failing > self.patience.give_up:
            raise SamplingError(
                f"no answer for {failing:.0f} s, the last failure: {fault}; "
                "finished samples are kept: run the same command to go on"
            )
        job.attempts += 1
        if job.attempts >= self.patience.attempts:
            self._give_up(f"{fault}, {job.attempts} times")
        else:
            self.summary.retries += 1
            self.again.put_nowait(job)

    def _give_up(self, reason: str) -> None:
        self.failed[reason] += 1
        self._one_less()

    def _one_less(self) -> None:
        self.left -= 1
        if not self.left:
            self.finished.set()

    async def _tick(self, endpoints: list[Endpoint]) -> None:
        """Show progress, check the servers and sync the file, in a thread so that a slow disk does not delay requests.

        Raises SamplingError if a server is gone or stopped.
        """
        synced = time.monotonic()
        while True:
            await asyncio.sleep(1)
            self.meter.show(self.summary)
            if time.monotonic() - synced > _SYNC_SECONDS:
                await asyncio.to_thread(self.ledger.sync)
                if reason := next(filter(None, (endpoint.ended() for endpoint in endpoints)), ""):
                    raise SamplingError(reason)
                synced = time.monotonic()

    def finish(self) -> None:
        self.summary.seconds = time.monotonic() - self.begun
        self.summary.failed = dict(self.failed.most_common())
        self.meter.end()
