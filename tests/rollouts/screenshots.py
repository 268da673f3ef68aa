"""Makes the pictures of the inspector. Needs a Chromium on the PATH.

python -m tests.rollouts.screenshots                        all of them
python -m tests.rollouts.screenshots output/demo/grpo 80:1  the README's alone, of another run, with a group of it to show

Those in swift_grpo/rollouts/screenshots are of a generated run whose wrong answers grow; those in docs/pictures, the README's, of
a real run's log.
"""

import asyncio
import io
import re
import shutil
import sys
import tempfile
from pathlib import Path

from swift_grpo.rollouts.index import Index, open_index
from tests.conftest import ROOT
from tests.rollouts.illnesses import WrongLengthGrowth

TARGET = ROOT / "swift_grpo/rollouts/screenshots"
README = ROOT / "docs/pictures"
Shot = tuple[Path, str, str, int]  # file, colour scheme, link into the page, height in pixels
GENERATED: list[Shot] = [
    (TARGET / "page-light.png", "light", "", 1000),
    (TARGET / "page-dark.png", "dark", "#g=34:3", 1000),
]


def main() -> None:
    if len(sys.argv) == 3:
        real(Path(sys.argv[1]), sys.argv[2])
        return
    real(ROOT / "tests/rollouts/logs/server", "13:1")
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run = WrongLengthGrowth(seed=1).write(Path(folder) / "output/train_multi_gpu/v0-20260101-120000")
        with open_index(run) as index:
            (TARGET / "summary.svg").write_text(without_network(summary(index)))
            (TARGET / "tui.svg").write_text(without_network(asyncio.run(tui(index))))
            pages(index, GENERATED)


def real(run: Path, group: str) -> None:
    """The README's two: the page's curves, and a group side by side."""
    README.mkdir(exist_ok=True)
    with open_index(run) as index:
        pages(
            index,
            [(README / "curves.png", "light", "#curves", 800), (README / "group.png", "light", f"#g={group}", 580)],
        )


def summary(index: Index) -> str:
    """`inspect summary` and the findings of `inspect diagnose`, as SVG."""
    from rich.console import Console

    from swift_grpo.rollouts.diagnosis import diagnose
    from swift_grpo.rollouts.examined import places_of
    from swift_grpo.rollouts.facts.trust import trust
    from swift_grpo.rollouts.terminal.findings import print_findings
    from swift_grpo.rollouts.terminal.summary import print_summary

    console = Console(record=True, width=128, file=io.StringIO(), force_terminal=True, highlight=False, markup=False)
    print_summary(console, index, trust(index))
    console.print()
    found = diagnose(index)
    print_findings(console, found, places_of(index, found))
    return console.export_svg(title="swift-grpo inspect summary; swift-grpo inspect diagnose")


async def tui(index: Index) -> str:
    """`inspect tui` at a group that is half right, as SVG."""
    from swift_grpo.rollouts.tui.app import Inspector

    app = Inspector(index)
    async with app.run_test(size=(136, 40)) as pilot:
        await pilot.press("c", "c", "c", "c", "p", "p", "j", "j", "j")
        await pilot.pause()
        return app.export_screenshot(title="swift-grpo inspect tui")


def without_network(svg: str) -> str:
    """The SVG without the fonts it would load from a server."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def pages(index: Index, shots: list[Shot]) -> None:
    """The report's page in a browser, a picture a shot."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    from swift_grpo.rollouts.page.build import report

    browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        html = Path(folder) / "report.html"
        html.write_text(report(index), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for picture, scheme, link, height in shots:
            page = browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": height})
            page.goto(html.as_uri() + link)
            page.wait_for_selector("html[data-ready]")
            page.screenshot(path=picture)
            with Image.open(picture) as image:
                image.convert("RGB").quantize(128).save(picture, optimize=True)
            print(f"{picture.name:<16} {picture.stat().st_size / 1000:.0f} KB")
        browser.close()


if __name__ == "__main__":
    main()
