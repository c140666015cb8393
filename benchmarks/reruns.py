"""Bytes and time of a rerun in which nothing changes, on seven pages, beside another checkout's.

A rerun is what Streamlit does for the key R; its time is from the key until the script has ended, median of
`--runs`. Both checkouts are served at a time and take turns, so that what else the machine does meets both.
The rows are the tickets, which come with the app.

Run: `git worktree add ../before COMMIT`, then `python -m benchmarks.reruns --before ../before`.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpora import ROOT
from benchmarks.results import record
from benchmarks.served import chromium, count_received, open_when_up, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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
    figures: dict[str, float | str] = {}
    with contextlib.ExitStack() as stack:
        browser = stack.enter_context(chromium())
        tabs = {name: _Tab(stack, browser, checkout) for name, checkout in checkouts.items()}
        for path in PAGES:
            for tab in tabs.values():
                tab.open(path)
            reruns: dict[str, list[tuple[int, float]]] = {name: [] for name in tabs}
            for _ in range(asked.runs):
                for name, tab in tabs.items():
                    reruns[name].append(tab.rerun())
            line = []
            for name, found in reruns.items():
                size, seconds = (statistics.median(each) for each in zip(*found, strict=True))
                line.append(f"{name} {size / 1000:.1f} kB, {1000 * seconds:.0f} ms")
                figures |= {f"{path} {name}, kB": size / 1000, f"{path} {name}, ms": 1000 * seconds}
            print(f"{path:>10}: {'; '.join(line)}", flush=True)
    record("reruns", figures)


class _Tab:
    """A tab with the app of a checkout, served until the stack is closed."""

    def __init__(self, stack: contextlib.ExitStack, browser: Browser, checkout: Path) -> None:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self._url, server = stack.enter_context(served({"EXPLORER_CACHE_DIR": folder}, checkout))
        self._page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        self._page.set_default_timeout(300_000)
        self._received = count_received(self._page)
        open_when_up(self._page, self._url, server)

    def open(self, path: str) -> None:
        """Show a page, and wait until nothing is computed."""
        self._page.goto(f"{self._url}/{path}?corpus=support-tickets")
        _quiet(self._page)

    def rerun(self) -> tuple[int, float]:
        """Bytes and seconds of a rerun."""
        self._received[0] = 0
        self._page.evaluate(_LISTEN)
        self._page.keyboard.press("r")
        self._page.wait_for_function(_ENDED)
        return self._received[0], self._page.evaluate("(rerunEnded - rerunBegan) / 1000")


def _quiet(page: Page) -> None:
    """Wait until the page has been drawn and nothing is computed."""
    page.locator('[data-test-script-state="notRunning"]').first.wait_for()
    page.wait_for_timeout(4_000)
    page.get_by_role("button", name=_CANCEL).first.wait_for(state="hidden")
    page.wait_for_timeout(2_000)
    page.locator('[data-test-script-state="notRunning"]').first.wait_for()


if __name__ == "__main__":
    main()
