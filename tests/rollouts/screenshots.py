"""Makes the pictures of the docs from a real run's log, the demo's. Needs a Chromium on the PATH.

python -m tests.rollouts.screenshots output/demo/grpo 5:2 32:4   the run, a group of it, and one of a prompt that came back
python -m tests.rollouts.screenshots output/sweep learning_rate  runs, and what their groups share
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

PICTURES = ROOT / "docs/pictures"
Shot = tuple[str, str, str, int, int]  # file, colour scheme, link into the page, width and height in pixels


def main() -> None:
    if len(sys.argv) == 3:
        from swift_grpo.evaluation.page.runs_page import page
        from swift_grpo.evaluation.runs.groups import group as grouped
        from swift_grpo.evaluation.runs.reading import found

        shot(page(grouped(found([Path(sys.argv[1])], print), [sys.argv[2]])), [("runs.png", "light", "", 1280, 1000)])
        return
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    from swift_grpo.rollouts.page.report_page import report

    run, group, again = Path(sys.argv[1]), *sys.argv[2:]
    shots: list[Shot] = [
        ("curves.png", "light", "#curves", 1280, 800),
        ("ends.png", "light", f"#ends={again}", 1280, 760),
        ("group.png", "light", f"#g={group}", 1280, 580),
        ("page-light.png", "light", "", 1280, 1000),
        ("page-dark.png", "dark", f"#g={group}", 1280, 1000),
        ("page-narrow.png", "light", "", 390, 844),
    ]
    with open_index(run) as index:
        (PICTURES / "summary.svg").write_text(without_network(summary(index)))
        (PICTURES / "tui.svg").write_text(without_network(asyncio.run(tui(index, group))))
        shot(report(index), shots)


def summary(index: Index) -> str:
    """`inspect summary` and the findings of `inspect diagnose`, as SVG."""
    from rich.console import Console

    from swift_grpo.rollouts.diagnosis import diagnose
    from swift_grpo.rollouts.diagnosis_summary import places_of
    from swift_grpo.rollouts.facts.trust import trust
    from swift_grpo.rollouts.terminal.findings import print_findings
    from swift_grpo.rollouts.terminal.overview import print_summary

    console = Console(record=True, width=128, file=io.StringIO(), force_terminal=True, highlight=False, markup=False)
    print_summary(console, index, trust(index))
    console.print()
    found = diagnose(index)
    print_findings(console, found, places_of(index, found))
    return console.export_svg(title="swift-grpo inspect summary; swift-grpo inspect diagnose")


async def tui(index: Index, group: str) -> str:
    """`inspect tui` at a group, as SVG."""
    from swift_grpo.rollouts.tui.app import Inspector

    app = Inspector(index)
    async with app.run_test(size=(136, 40)) as pilot:
        step, _, number = group.partition(":")
        await pilot.press("g", *step, "enter", *["j"] * (int(number) - 1))
        await pilot.pause()
        return app.export_screenshot(title="swift-grpo inspect tui")


def without_network(svg: str) -> str:
    """The SVG without the fonts it would load from a server."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def shot(text: str, shots: list[Shot]) -> None:
    """A page in a browser, a picture a shot."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        html = Path(folder) / "report.html"
        html.write_text(text, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for name, scheme, link, width, height in shots:
            picture = PICTURES / name
            page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": height})
            page.goto(html.as_uri() + link)
            page.wait_for_selector("html[data-ready]")
            page.screenshot(path=picture)
            with Image.open(picture) as image:
                image.convert("RGB").quantize(128).save(picture, optimize=True)
            print(f"{picture.name:<16} {picture.stat().st_size / 1000:.0f} KB")
        browser.close()


if __name__ == "__main__":
    main()
