"""Time from starting the server until Chromium has drawn the first page, and until torch is imported.

Each run starts a fresh server with an empty cache, and before it an app that only has a title: what Streamlit
and Chromium take by themselves. Drawn means that the title, the corpus and the query field
are visible. A hook in the server's process records when the import of torch begins, which must be later.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.results import record
from benchmarks.served import chromium, open_when_up, served

_HOOK = """
import sys, time
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            open({note!r}, "a").write(f"{{time.time()}}\\n")
            sys.meta_path.remove(self)
        return None
sys.meta_path.insert(0, Watch())
"""


def measure(browser: Browser, folder: Path) -> tuple[float, float | None, float]:
    """Seconds until drawn, until torch's import began (None: it had not), and until 10 hits are shown."""
    note = folder / "torch-imported"
    (folder / "sitecustomize.py").write_text(_HOOK.format(note=str(note)))
    environment = {"PYTHONPATH": str(folder), "EXPLORER_CACHE_DIR": str(folder / "cache")}
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    started = time.time()
    with served(environment) as (url, server):
        open_when_up(page, f"{url}/search?q=my+parcel+never+came", server)
        for sign in ('h1:has-text("Search")', 'input[value^="support-tickets"]', 'input[type="search"]'):
            page.wait_for_selector(sign, timeout=60_000)
        drawn = time.time() - started
        page.wait_for_selector(".explorer-hit", timeout=120_000)
        answered = time.time() - started
        began = float(note.read_text().split()[0]) - started if note.exists() else None
    page.close()
    return drawn, began, answered


def title_alone(browser: Browser, folder: Path) -> float:
    """Seconds until an app that only has a title is drawn."""
    (folder / "streamlit_app.py").write_text("import streamlit as st\n\nst.title('Search')\n")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    started = time.time()
    with served({}, folder) as (url, server):
        open_when_up(page, url, server)
        page.wait_for_selector('h1:has-text("Search")', timeout=60_000)
        drawn = time.time() - started
    page.close()
    return drawn


def main() -> None:
    """Print one line per run, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    results, floors = [], []
    with chromium() as browser:
        print("run   a title alone   first page drawn   torch import began   first answer")
        for run in range(1, runs + 1):
            with tempfile.TemporaryDirectory() as folder:
                floors.append(title_alone(browser, Path(folder)))
            with tempfile.TemporaryDirectory() as folder:
                drawn, began, answered = measure(browser, Path(folder))
            results.append((drawn, began, answered))
            print(
                f"{run:3}   {floors[-1]:11.2f} s   {drawn:14.2f} s   {began or float('nan'):16.2f} s   "
                f"{answered:10.2f} s",
                flush=True,
            )
    floor = statistics.median(floors)
    drawn = statistics.median(drawn for drawn, _, _ in results)
    answered = statistics.median(answered for _, _, answered in results)
    early = sum(began is not None and began < drawn_at for drawn_at, began, _ in results)
    print(
        f"median: drawn {drawn:.2f} s, {drawn / floor:.2f} times a title alone ({floor:.2f} s); first answer "
        f"{answered:.2f} s, over {runs} runs"
    )
    figures: dict[str, float | str] = {"a title alone, s": floor, "first page drawn, s": drawn}
    figures["first answer, s"] = answered
    record("first_page", figures)
    print(f"torch was imported before the page was drawn in {early} of {runs} runs")


if __name__ == "__main__":
    main()
