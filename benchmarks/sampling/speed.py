"""What the sampler costs beside bare httpx loops, against the stub of a hosted API, in one run.

    python -m benchmarks.sampling.speed            # prints requests a second of each, and our ratio to both peers

All send the same requests, 64 at a time, from this process; the stub answers at once from a process of its own, so what is
measured is the client. One peer shares a client among its workers, as httpx's documentation has it; the other gives each
worker a client of its own, as the sampler does. Rounds alternate; the median counts.
"""

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from swift_grpo.formats.samples import SamplingParameters
from swift_grpo.sampling.models import Hosted
from swift_grpo.sampling.sampler import sample
from tests.conftest import ROOT

PROMPTS, N, CONCURRENCY, ROUNDS = 150, 4, 64, 3


async def bare(url: str, prompts: list[str], clients: int) -> int:
    """A loop as one writes it by hand: a worker for each request in flight, no retries, nothing kept but the text."""
    jobs = iter([(prompt, seed) for seed in range(N) for prompt in prompts])
    texts: list[str] = []

    async def work(http: httpx.AsyncClient) -> None:
        for prompt, seed in jobs:
            body = {
                "model": "stub",
                "messages": [{"role": "user", "content": prompt}],
                "seed": seed,
                "max_tokens": 2048,
            }
            answer = await http.post(url + "/chat/completions", json=body)
            texts.append(answer.json()["choices"][0]["message"]["content"])

    limits = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    encryption = httpx.create_ssl_context()
    async with contextlib.AsyncExitStack() as stack:
        some = [
            httpx.AsyncClient(timeout=60, limits=limits, trust_env=False, verify=encryption) for _ in range(clients)
        ]
        for http in some:
            await stack.enter_async_context(http)
        await asyncio.gather(*(work(some[i % clients]) for i in range(CONCURRENCY)))
    return len(texts)


def ours(url: str, prompts: list[str], folder: Path) -> int:
    rows = [{"query": prompt} for prompt in prompts]
    return sample(rows, Hosted("stub", (url,)), SamplingParameters(n=N), folder, CONCURRENCY, quiet=True).new


def measure(url: str, folder: Path) -> dict:
    prompts = [f"What is {i} + {i}?" for i in range(PROMPTS)]
    rates: dict[str, list[float]] = {"one client": [], "a client each": [], "sampler": []}
    for number in range(ROUNDS):
        runs = {
            "one client": lambda: asyncio.run(bare(url, prompts, 1)),
            "a client each": lambda: asyncio.run(bare(url, prompts, CONCURRENCY)),
            "sampler": lambda number=number: ours(url, prompts, folder / str(number)),
        }
        for name, run in runs.items():
            begun = time.perf_counter()
            assert run() == PROMPTS * N
            rates[name].append(PROMPTS * N / (time.perf_counter() - begun))
    median = {name: statistics.median(values) for name, values in rates.items()}
    return {
        "requests": PROMPTS * N,
        **{name: f"{value:.0f}/s" for name, value in median.items()},
        **{f"ratio to {name}": round(median["sampler"] / median[name], 2) for name in ("one client", "a client each")},
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        port_file = Path(name) / "port"
        command = [sys.executable, "-m", "tests.sampling.hosted_stub", str(port_file)]
        stub = subprocess.Popen(command, cwd=ROOT)
        try:
            while not port_file.exists():
                time.sleep(0.05)
            print(json.dumps(measure(f"http://127.0.0.1:{port_file.read_text()}/v1", Path(name))))
        finally:
            stub.kill()
            stub.wait()


if __name__ == "__main__":
    main()
