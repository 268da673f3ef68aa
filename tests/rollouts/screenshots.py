"""Makes the pictures in swift_grpo/rollouts/screenshots: python -m tests.rollouts.screenshots

Of a generated run whose wrong answers grow. Needs a Chromium on the PATH.
"""

import asyncio
import io
import re
import shutil
import tempfile
from pathlib import Path

from swift_grpo.rollouts.index import Index, open_index
from tests.conftest import ROOT
from tests.rollouts.illnesses import WrongLengthGrowth

TARGET = ROOT / "swift_grpo/rollouts/screenshots"
_GROUP = "34:3"


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run = WrongLengthGrowth(seed=1).write(Path(folder) / "output/train_multi_gpu/v0-20260101-120000")
        with open_index(run) as index:
            (TARGET / "summary.svg").write_text(without_network(summary(index)))
            (TARGET / "tui.svg").write_text(without_network(asyncio.run(tui(index))))
            pages(index, Path(folder) / "report.html")
    for file in sorted(TARGET.iterdir()):
        print(f"{file.name:<16} {file.stat().st_size / 1000:.0f} KB")


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


def pages(index: Index, html: Path) -> None:
    """The upper part of the page in light, a group of it in dark."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    from swift_grpo.rollouts.page.build import report

    html.write_text(report(index), encoding="utf-8")
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for name, scheme, link in (("page-light", "light", ""), ("page-dark", "dark", f"#g={_GROUP}")):
            page = browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 1000})
            page.goto(html.as_uri() + link)
            page.wait_for_selector("html[data-ready]")
            picture = TARGET / f"{name}.png"
            page.screenshot(path=picture)
            with Image.open(picture) as image:
                image.convert("RGB").quantize(128).save(picture, optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
