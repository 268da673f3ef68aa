"""What the sampler costs beside a bare httpx loop, against the stub of a hosted API, in one run.

    python -m tests.sampling.bench            # prints requests a second of both, and their ratio

Both send the same requests, 64 at a time, from this process; the stub answers at once from a process of its own, so what is
measured is the client. Rounds alternate; the median ratio counts.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from swift_grpo.sampling.models import Hosted
from swift_grpo.sampling.sampler import sample
from swift_grpo.sampling.samples import SamplingParameters
from tests.conftest import ROOT

PROMPTS, N, CONCURRENCY, ROUNDS = 150, 4, 64, 3


async def bare(url: str, prompts: list[str]) -> int:
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
    async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as http:
        await asyncio.gather(*(work(http) for _ in range(CONCURRENCY)))
    return len(texts)


def measure(url: str, folder: Path) -> dict:
    prompts = [f"What is {i} + {i}?" for i in range(PROMPTS)]
    rows = [{"query": prompt} for prompt in prompts]
    rates: dict[str, list[float]] = {"bare httpx": [], "sampler": []}
    for number in range(ROUNDS):
        begun = time.perf_counter()
        assert asyncio.run(bare(url, prompts)) == PROMPTS * N
        rates["bare httpx"].append(PROMPTS * N / (time.perf_counter() - begun))
        begun = time.perf_counter()
        parameters = SamplingParameters(n=N)
        summary = sample(rows, Hosted("stub", (url,)), parameters, folder / str(number), CONCURRENCY, quiet=True)
        assert summary.new == PROMPTS * N
        rates["sampler"].append(PROMPTS * N / (time.perf_counter() - begun))
    ratios = [ours / theirs for ours, theirs in zip(rates["sampler"], rates["bare httpx"], strict=True)]
    return {
        "requests": PROMPTS * N,
        **{name: f"{statistics.median(values):.0f}/s" for name, values in rates.items()},
        "ratio": round(statistics.median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in ratios],
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
