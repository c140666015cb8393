"""Bytes and time of a rerun in which nothing changes, on seven pages, beside another checkout's.

A rerun is what Streamlit does for the key R; its time is from the key until the script has ended, median of
`--runs`. The rows are the tickets, which come with the app.

Run: `git worktree add ../before COMMIT`, then `python -m benchmarks.reruns --before ../before`.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpora import ROOT
from benchmarks.results import record
from benchmarks.served import chromium, count_received, open_when_up, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = ("home", "map", "clusters", "similarity", "compare", "data", "models")
_LISTEN = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    const ended = () => app.dataset.testScriptState === "notRunning";
    window.rerun?.disconnect();
    window.rerunEnded = 0;
    window.rerun = new MutationObserver(() => { if (ended()) window.rerunEnded = performance.now(); });
    window.rerun.observe(app, { attributeFilter: ["data-test-script-state"] });
    window.rerunBegan = performance.now();
}"""
_CANCEL = re.compile("Cancel$")  # rows and themes have the word too
_ENDED = "() => window.rerunEnded && performance.now() - window.rerunEnded > 1000"


def main() -> None:
    """Print kilobytes and milliseconds of each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="another checkout with the app")
    parser.add_argument("--runs", type=int, default=7)
    asked = parser.parse_args()
    checkouts = {"here": ROOT, **({"before": asked.before} if asked.before else {})}
    found = {name: measure(checkout, asked.runs) for name, checkout in checkouts.items()}
    figures: dict[str, float | str] = {}
    for path in PAGES:
        line = []
        for name, pages in found.items():
            size, seconds = pages[path]
            line.append(f"{name} {size / 1000:.1f} kB, {1000 * seconds:.0f} ms")
            figures |= {f"{path} {name}, kB": size / 1000, f"{path} {name}, ms": 1000 * seconds}
        print(f"{path:>10}: {'; '.join(line)}")
    record("reruns", figures)


def measure(checkout: Path, runs: int) -> dict[str, tuple[float, float]]:
    """Bytes and seconds of a rerun, by page."""
    found = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        served({"EXPLORER_CACHE_DIR": folder}, checkout) as (url, server),
        chromium() as browser,
    ):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(300_000)
        received = count_received(page)
        open_when_up(page, url, server)
        for path in PAGES:
            page.goto(f"{url}/{path}?corpus=support-tickets")
            _quiet(page)
            reruns = []
            for _ in range(runs):
                received[0] = 0
                page.evaluate(_LISTEN)
                page.keyboard.press("r")
                page.wait_for_function(_ENDED)
                reruns.append((received[0], page.evaluate("(rerunEnded - rerunBegan) / 1000")))
            sizes, seconds = zip(*reruns, strict=True)
            found[path] = (statistics.median(sizes), statistics.median(seconds))
    return found


def _quiet(page: Page) -> None:
    """Wait until the page has been drawn and nothing is computed."""
    page.locator('[data-test-script-state="notRunning"]').first.wait_for()
    page.wait_for_timeout(4_000)
    page.get_by_role("button", name=_CANCEL).first.wait_for(state="hidden")
    page.wait_for_timeout(2_000)
    page.locator('[data-test-script-state="notRunning"]').first.wait_for()


if __name__ == "__main__":
    main()
