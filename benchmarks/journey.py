"""Memory of the app while one visitor encodes, searches, clusters, maps and compares many rows.

The rows are uploaded in Chromium; the contenders are the bundled model, TF-IDF and BM25. With `--cache`,
vectors are kept in a folder, so that the next run reads them instead of encoding. The peak is of the server
together with its worker processes, looked at twenty times a second. Later is a minute after that.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from benchmarks.corpora import glosses, wordnet
from benchmarks.processes import family_of, resident
from benchmarks.results import record
from benchmarks.served import chromium, served
from benchmarks.visitor import visit

_LONGEST = 3600.0  # seconds that a page may take
_LOOK = 0.05  # seconds
_LATER = 60.0  # seconds, after which pages of libraries were dropped
_MADE = ("maps", "comparisons")  # folders of the cache with results, which are to be computed again


def main() -> None:
    """Print a line per page, and the peak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--cache", type=Path, help="a folder for the vectors, kept for the next run")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        cache = options.cache or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for made in _MADE:
            shutil.rmtree(cache / made, ignore_errors=True)
        server_url, server = stack.enter_context(served({"EXPLORER_CACHE_DIR": str(cache)}))
        browser = stack.enter_context(chromium())
        peak = stack.enter_context(watched(server.pid))

        def show(page: str) -> None:
            own, whole = resident(server.pid, "RssAnon"), resident(server.pid, "VmRSS")
            print(
                f"{page:8}  {whole:6,.0f} MB resident, {own:6,.0f} MB not of files; "
                f"peak until then {peak[0]:6,.0f} MB, of the server alone "
                f"{resident(server.pid, 'VmHWM'):6,.0f} MB",
                flush=True,
            )

        visit(browser, server_url, server, table(options.rows), seconds=_LONGEST, on_shown=show)
        figures = {
            "rows": options.rows,
            "at the end, resident MB": resident(server.pid, "VmRSS"),
            "at the end, not of files MB": resident(server.pid, "RssAnon"),
            "peak of the server, MB": resident(server.pid, "VmHWM"),
            "peak with its workers, MB": peak[0],
        }
        show("the end")
        time.sleep(_LATER)
        show("later")
        figures |= {
            "a minute later, resident MB": resident(server.pid, "VmRSS"),
            "a minute later, not of files MB": resident(server.pid, "RssAnon"),
        }
        record("journey", figures)


def table(rows: int) -> pa.Table:
    """The first glosses with their lexicographer files as labels."""
    corpus = wordnet(rows)
    texts = glosses(rows) if corpus is None else corpus.texts
    labels = None if corpus is None else corpus.labels
    return pa.table({"text": texts, "label": labels or [f"group {row % 10}" for row in range(len(texts))]})


@contextlib.contextmanager
def watched(process: int) -> Iterator[list[float]]:
    """Watch the resident memory of a process with its descendants; yield a list of one number, its peak."""
    peak, end = [0.0], threading.Event()

    def watch() -> None:
        while not end.wait(_LOOK):
            with contextlib.suppress(OSError):  # one of them ended
                peak[0] = max(peak[0], sum(resident(one, "VmRSS") for one in family_of(process)))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield peak
    end.set()
    thread.join()


if __name__ == "__main__":
    main()
