"""Resident memory of the app while visitors come and go: it must not grow.

Each visitor is a browser of their own, in Chromium. In turn, they open the sample support-tickets or upload
rows that nobody else has; they search, cluster, map and compare them, and go. Memory is read after each has
gone. Not of files is what the system cannot drop by itself.
"""

from __future__ import annotations

import argparse
import sys
import tempfile

from benchmarks.journey import table
from benchmarks.processes import resident
from benchmarks.results import record
from benchmarks.served import chromium, served
from benchmarks.visitor import visit

_MOST = 1.05  # of the memory after the second visitor
_FIRST = 2  # by then, everything was imported and compiled
_ROWS = 300


def main() -> None:
    """Print a line per visitor; exit with 1 if memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=20)
    options = parser.parse_args()
    glosses = table(_ROWS * options.visitors)
    own, whole = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        served({"EXPLORER_CACHE_DIR": folder}) as (url, server),
        chromium() as browser,
    ):
        for visitor in range(1, options.visitors + 1):
            theirs = range(visitor - 1, len(glosses), options.visitors)
            rows = None if visitor % 2 else glosses.take(list(theirs))
            visit(browser, url, server, rows)
            whole.append(resident(server.pid, "VmRSS"))
            own.append(resident(server.pid, "RssAnon"))
            what = "the sample" if rows is None else "own rows"
            print(
                f"visitor {visitor:2}, {what:10}  {whole[-1]:6,.0f} MB resident, "
                f"{own[-1]:6,.0f} MB not of files",
                flush=True,
            )
        peak = resident(server.pid, "VmHWM")
    grown = whole[-1] / whole[_FIRST - 1]
    print(f"{grown:.3f} times the memory after visitor {_FIRST}; peak {peak:,.0f} MB")
    record(
        "soak",
        {
            "visitors": options.visitors,
            f"after visitor {_FIRST}, resident MB": whole[_FIRST - 1],
            f"after visitor {_FIRST}, not of files MB": own[_FIRST - 1],
            "after the last, resident MB": whole[-1],
            "after the last, not of files MB": own[-1],
            "peak MB": peak,
        },
    )
    if grown > _MOST:
        sys.exit(f"It grew to more than {_MOST} times.")


if __name__ == "__main__":
    main()
