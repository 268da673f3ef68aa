"""A run with hostile texts, its page, and a headless Chromium."""

import json
import shutil
from pathlib import Path

import pytest

from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.page.build import report
from tests.rollouts.synthetic import Run, line_and_metrics

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HOSTILE = [
    "<script>window.__pwned = 1</script>",
    "<img src=x onerror='window.__pwned = 1'><svg onload='window.__pwned = 1'></svg>",
    "</script><script>window.__pwned = 1</script><!-- <script>",
    '<a href="javascript:window.__pwned = 1">a link</a> [a link](javascript:window.__pwned=1)',
    "abc \u202edlrow\u202c a\u200bb \ufeff c\u2028d\u2029e \x00\x1b[31m\x07 \ud800 \u2066",
    "start " + "x" * 1_000_000 + " <answer>7</answer>",
    "{{script}} {{data}} ${window.__pwned = 1} `${window.__pwned = 1}` \\u003cscript> ]]> &lt;b&gt; &amp;",
    "<think>a thought with 7 in it</think><answer>7</answer><style>body{display:none}</style>",
]


def write_hostile(folder: Path, steps: int = 3) -> Path:
    """Three steps of two groups of eight, as ms-swift writes them; prompts, golds and class names are hostile too."""
    folder.mkdir()
    names = ("MathAccuracy", "<script>window.__pwned = 1</script>")
    (folder / "args.json").write_text(json.dumps({"num_generations": 8, "reward_funcs": ["a", "b"]}))
    for step in range(1, steps + 1):
        append_step(folder, step, names)
    return folder


def append_step(
    folder: Path, step: int, names: tuple = Run.reward_names, prompt: str = HOSTILE[1] + HOSTILE[4]
) -> None:
    rows = [
        {
            "prompt": f"{prompt} {group}",
            "completion": text,
            "solution": HOSTILE[0],
            names[0]: float(k == 7),
            names[1]: 1.0,
        }
        for group in range(2)
        for k, text in enumerate(HOSTILE)
    ]
    line, metrics = line_and_metrics(step, rows, names, None, 8)
    with (folder / "completions.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    with (folder / "logging.jsonl").open("a") as scalars:
        scalars.write(json.dumps(metrics | {"global_step/max_steps": f"{step}/99", "kl": 0.1}) + "\n")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory) -> Path:
    return write_hostile(tmp_path_factory.mktemp("runs") / "hostile <b>run")


@pytest.fixture(scope="session")
def healthy_run(tmp_path_factory) -> Path:
    return Run().write(tmp_path_factory.mktemp("runs") / "healthy")


@pytest.fixture(scope="session")
def page_of(tmp_path_factory):
    """The report of a run as a file."""

    def write(run: Path) -> Path:
        target = tmp_path_factory.mktemp("page") / "report.html"
        with open_index(run) as index:
            target.write_bytes(report(index).encode())
        return target

    return write


@pytest.fixture(scope="session")
def chromium():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """A page that is open, and everything it did that it should not have."""

    def __init__(self, browser, url: str, **options) -> None:
        self.requests, self.faults = [], []
        self.page = browser.new_page(viewport={"width": 1280, "height": 900}, **options)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.faults.append("dialog"), dialog.dismiss()))
        self.page.goto(url)
        self.page.wait_for_selector("html[data-ready]", timeout=10_000)


@pytest.fixture
def visit(chromium):
    """Opens an address and waits until the page answers."""
    pages = []

    def open_page(url: str, **options) -> Visit:
        visited = Visit(chromium, url, **options)
        pages.append(visited.page)
        return visited

    yield open_page
    for page in pages:
        page.close()
