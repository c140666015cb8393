"""Time from starting the server until Chromium shows the first query's hits: on a new machine, and restarted.

New means an empty cache: the model is opened and checked, and the 624 rows of the sample are encoded. Then
the server is killed and started again over the same cache. `--before` names another checkout, which is
measured in turn with this one. Processor time is that of the server and of the processes it waited for: on a
busy machine it says more than the clock.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.corpora import ROOT
from benchmarks.results import record
from benchmarks.served import chromium, open_when_up, served

_STARTS = ("new", "restarted")
# Notes which of the heavy libraries any process of the server imports.
_HOOK = """
import sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("torch", "transformers", "sentence_transformers"):
            open({note!r}, "a").write(f"{{name}}\\n")
        return None
sys.meta_path.insert(0, Watch())
"""


def measure(browser: Browser, app: Path, folder: Path) -> tuple[float, float, set[str]]:
    """Seconds until the hits are shown, seconds of processor time until then, and what was imported.

    Args:
        browser: The browser.
        app: The checkout to serve.
        folder: Where its cache is.
    """
    note = folder / "imported"
    note.write_text("")
    (folder / "sitecustomize.py").write_text(_HOOK.format(note=str(note)))
    environment = {"PYTHONPATH": str(folder), "EXPLORER_CACHE_DIR": str(folder / "cache")}
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    started = time.perf_counter()
    with served(environment, app) as (url, server):
        open_when_up(page, f"{url}/?q=my+parcel+never+came", server)
        page.wait_for_selector("text=random pairs", timeout=600_000)
        seconds, worked = time.perf_counter() - started, processor_seconds(server.pid)
    page.close()
    return seconds, worked, set(note.read_text().split())


def processor_seconds(process: int) -> float:
    """Processor time of a process and of the children it has waited for; see proc_pid_stat(5)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print one line per start, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier version, to compare with")
    arguments = parser.parse_args()
    apps = {"now": ROOT} | ({"before": arguments.before.resolve()} if arguments.before else {})
    results: dict[tuple[str, str], list[tuple[float, float]]] = {}
    imported: dict[tuple[str, str], set[str]] = {}
    with chromium() as browser:
        for run in range(1, arguments.runs + 1):
            for version, app in apps.items():
                with tempfile.TemporaryDirectory() as folder:
                    for start in _STARTS:
                        seconds, worked, found = measure(browser, app, Path(folder))
                        results.setdefault((version, start), []).append((seconds, worked))
                        imported.setdefault((version, start), set()).update(found)
                        print(f"run {run}  {version:7} {start:10} {seconds:6.2f} s", flush=True)
    figures: dict[str, float | str] = {}
    for (version, start), taken in results.items():
        seconds, worked = (statistics.median(column) for column in zip(*taken, strict=True))
        libraries = ", ".join(sorted(imported[version, start])) or "none"
        print(
            f"median, {version:7} {start:10} {seconds:6.2f} s, processor {worked:6.2f} s; imports {libraries}"
        )
        figures[f"{version}, {start}, s"] = seconds
        figures[f"{version}, {start}, processor s"] = worked
        figures[f"{version}, {start}, imports"] = libraries
    record("first_answer", figures)


if __name__ == "__main__":
    main()
