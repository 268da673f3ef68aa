"""Pages, and a headless Chromium to open them."""

import shutil
from pathlib import Path

import pytest

from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.page.report_page import report

WAIT = 60_000  # milliseconds for anything to appear: a busy machine is no fault of the page
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def page_of(tmp_path_factory):
    """The report of a run as a file."""

    def write(run: Path) -> Path:
        target = tmp_path_factory.mktemp("page") / "report.html"
        with open_index(run) as index:
            target.write_bytes(report(index).encode())
        return target

    return write


@pytest.fixture(scope="package")
def chromium():
    """Playwright keeps an event loop while it runs; it ends with this package, so that others can start theirs."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the PATH")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """A page that is open, and everything it did that it should not have."""

    def __init__(self, browser, url: str, **options) -> None:
        self.requests, self.faults = [], []
        self.page = browser.new_page(viewport={"width": 1280, "height": 900}, **options)
        self.page.set_default_timeout(WAIT)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.faults.append("dialog"), dialog.dismiss()))
        self.page.goto(url)
        self.page.wait_for_selector("html[data-ready]")


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
