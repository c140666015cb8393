"""Time from starting the server until Chromium shows the UMAP of the sample, on a new machine.

New means an empty cache and nothing compiled by numba. The map page is the first that is opened, so the map
is asked for as soon as its vectors are there; shown means with how far to trust it. `--before` names another
checkout, which is measured in turn with this one. Processor time is that of the server and of its processes:
on a busy machine it says more than the clock.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.corpora import ROOT
from benchmarks.processes import family_of, processor_seconds
from benchmarks.results import record
from benchmarks.served import chromium, open_when_up, served


def measure(browser: Browser, app: Path) -> tuple[float, float]:
    """Seconds until the map is shown, and seconds of processor time until then.

    Args:
        browser: The browser.
        app: The checkout to serve.
    """
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    with tempfile.TemporaryDirectory() as folder:
        environment = {"EXPLORER_CACHE_DIR": f"{folder}/cache", "NUMBA_CACHE_DIR": f"{folder}/compiled"}
        started = time.perf_counter()
        with served(environment, app) as (url, server):
            open_when_up(page, f"{url}/map", server)
            page.get_by_text("Trustworthiness").first.wait_for(timeout=600_000)
            seconds = time.perf_counter() - started
            worked = sum(map(processor_seconds, family_of(server.pid)))
    page.close()
    return seconds, worked


def main() -> None:
    """Print one line per start, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier version, to compare with")
    arguments = parser.parse_args()
    apps = {"now": ROOT} | ({"before": arguments.before.resolve()} if arguments.before else {})
    results: dict[str, list[tuple[float, float]]] = {version: [] for version in apps}
    with chromium() as browser:
        for run in range(1, arguments.runs + 1):
            for version, app in apps.items():
                results[version].append(measure(browser, app))
                seconds, worked = results[version][-1]
                print(f"run {run}  {version:7} {seconds:6.2f} s, processor {worked:6.2f} s", flush=True)
    figures: dict[str, float | str] = {}
    for version, taken in results.items():
        seconds, worked = (statistics.median(column) for column in zip(*taken, strict=True))
        print(f"median, {version:7} {seconds:6.2f} s, processor {worked:6.2f} s")
        figures[f"{version}, s"], figures[f"{version}, processor s"] = seconds, worked
    record("first_map", figures)


if __name__ == "__main__":
    main()
