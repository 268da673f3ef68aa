"""Measures the page and the server on a generated log: python -m benchmarks.inspector.page [GIGABYTES …]

Needs about 1.1 times the size on disk, below $TMPDIR; it is removed at the end.
"""

import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from starlette.testclient import TestClient

from benchmarks.diagnosis.own.synthetic import write_large
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.page import serve
from swift_grpo.rollouts.page.report_page import report

_PATHS = (
    "/api/groups", "/api/groups?offset=40000", "/api/groups?step=1234", "/api/groups?outcome=mixed&first=100&offset=5000",
    "/api/group?g=1234:3", "/api/text?id=200000", "/api/state?seen=1",
)  # fmt: skip


def main() -> None:
    for gigabytes in [float(size) for size in sys.argv[1:]] or [1.0]:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
            measure(Path(folder), write_large(Path(folder) / "run", gigabytes))


def measure(folder: Path, run: Path) -> None:
    print(f"{(run / 'completions.jsonl').stat().st_size / 1e9:.2f} GB, load {os.getloadavg()[0]:.1f}")
    with open_index(run) as index:
        start = time.perf_counter()
        html = report(index).encode()
        print(f"report            {time.perf_counter() - start:6.2f} s, {len(html) / 1e6:.2f} MB")
        (folder / "report.html").write_bytes(html)
        opened(folder / "report.html")
        answered(index)
    print(f"memory, peak      {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10:6} MB")


def opened(page: Path) -> None:
    """Milliseconds until the page has drawn everything and listens to keys, by the browser's own clock."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        times = []
        for _ in range(5):
            tab = browser.new_page()
            tab.goto(page.as_uri())
            tab.wait_for_selector("html[data-ready]")
            times.append(tab.evaluate("performance.now()"))
            tab.close()
        browser.close()
    print(f"page interactive  {statistics.median(times):6.0f} ms (median of 5)")


def answered(index) -> None:
    state = serve.State(index)
    start = time.perf_counter()
    state.renew(changed=True, diagnose=False)
    print(f"serve: first data {time.perf_counter() - start:6.2f} s")
    start = time.perf_counter()
    state.renew(changed=False)
    print(f"serve: diagnosis  {time.perf_counter() - start:6.2f} s")
    client = TestClient(serve.application(state, "token", 1), base_url="http://127.0.0.1:1")
    client.get("/?token=token")
    for path in _PATHS:
        times = []
        for _ in range(9):
            start = time.perf_counter()
            assert client.get(path).status_code == 200
            times.append(1000 * (time.perf_counter() - start))
        print(f"{path:<50} {statistics.median(times):5.0f} ms, slowest of 9 {max(times):5.0f} ms")


if __name__ == "__main__":
    main()
