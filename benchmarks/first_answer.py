"""Time from starting the server until Chromium shows the first query's hits: on a new machine, and restarted.

New means an empty cache. Then the server is killed and started again over the same cache. The sample comes
with its vectors; with `--own-rows` the same 624 texts, each with a word added, are uploaded and encoded
before the query, in clicks without a pause. `--before` names another checkout, which is measured in turn
with this one. Processor time is that of the server and of the processes it waited for: on a busy machine it
says more than the clock.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from pathlib import Path

import pyarrow as pa
from playwright.sync_api import Browser
from pyarrow import csv

from benchmarks.corpora import ROOT
from benchmarks.processes import processor_seconds
from benchmarks.results import record
from benchmarks.served import chromium, encode_upload, open_when_up, served
from explorer.data.opening import open_corpus

_STARTS = ("new", "restarted")
_QUERY = "q=my+parcel+never+came"
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


def measure(browser: Browser, app: Path, folder: Path, rows: bytes | None) -> tuple[float, float, set[str]]:
    """Seconds until the hits are shown, seconds of processor time until then, and what was imported.

    Args:
        browser: The browser.
        app: The checkout to serve.
        folder: Where its cache is.
        rows: A CSV file to upload and encode first; None for the sample.
    """
    note = folder / "imported"
    note.write_text("")
    (folder / "sitecustomize.py").write_text(_HOOK.format(note=str(note)))
    environment = {"PYTHONPATH": str(folder), "EXPLORER_CACHE_DIR": str(folder / "cache")}
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    started = time.perf_counter()
    with served(environment, app) as (url, server):
        if rows is None:
            open_when_up(page, f"{url}/search?{_QUERY}", server)
        else:
            open_when_up(page, f"{url}/data", server)
            encode_upload(page, "rows.csv", rows, 624)
            page.get_by_text("texts encoded").wait_for(timeout=600_000)
            page.goto(page.url.replace("/data?", f"/search?{_QUERY}&"))
        page.wait_for_selector(".explorer-hit", timeout=600_000)
        seconds, worked = time.perf_counter() - started, processor_seconds(server.pid)
    page.close()
    return seconds, worked, set(note.read_text().split())


def own_rows() -> bytes:
    """A CSV file of the sample's texts, each with a word added."""
    texts = pa.array([f"{text} Please." for text in open_corpus("support-tickets").texts])
    file = io.BytesIO()
    csv.write_csv(pa.table({"text": texts}), file)
    return file.getvalue()


def main() -> None:
    """Print one line per start, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier version, to compare with")
    parser.add_argument("--own-rows", action="store_true", help="upload rows that come without vectors")
    arguments = parser.parse_args()
    rows = own_rows() if arguments.own_rows else None
    apps = {"now": ROOT} | ({"before": arguments.before.resolve()} if arguments.before else {})
    results: dict[tuple[str, str], list[tuple[float, float]]] = {}
    imported: dict[tuple[str, str], set[str]] = {}
    with chromium() as browser:
        for run in range(1, arguments.runs + 1):
            for version, app in apps.items():
                with tempfile.TemporaryDirectory() as folder:
                    for start in _STARTS:
                        seconds, worked, found = measure(browser, app, Path(folder), rows)
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
    record("first_answer", {"rows": "own" if rows else "of the sample", **figures})


if __name__ == "__main__":
    main()
