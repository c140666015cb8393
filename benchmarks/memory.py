"""Resident memory: of the app after every page was shown, and for a million short rows encoded and searched.

Chromium shows the pages, on the sample support-tickets. The million rows are encoded and searched in a
separate process; their vectors of 384 dimensions alone take 1,536 MB. `--pages` and `--million` select one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time

from benchmarks.corpora import ROOT
from benchmarks.processes import children, resident
from benchmarks.results import record
from benchmarks.served import chromium, served

PAGES = (
    ("/", "unusually far"),
    ("/search?q=my+parcel+never+came", "More like this"),
    ("/similarity", "The closest pair"),
    ("/similarity?view=Near-duplicates", "near-duplicates ="),
    ("/similarity?view=Between+groups", "The mean cosine"),
    ("/similarity?view=Usual+scores", "random pairs"),
    ("/clusters", "over resamples"),
    ("/clusters?clusters-view=How+many+clusters%3F", "The silhouette is highest"),
    ("/map", "Trustworthiness"),
    ("/compare", "95 % confidence intervals"),
    ("/compare?compare-shows=Maps", "Draw around points"),
    ("/classify?ways=Similarity&ways=Examples", "95 % intervals"),
    ("/data", "texts encoded"),
    ("/models", "Good starting points"),
)
_REST = 65.0  # seconds: by then libraries' pages are dropped, and processes that wait have ended
_MILLION = """
import re, sys, time
import explorer
def resident(name):
    return int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
words = "red blue small large old new cat dog house river tree stone ran sat fell grew".split()
rows = int(sys.argv[1])
def text(n):
    return " ".join(words[n >> 4 * place & 15] for place in range(5))
started = time.time()
space = explorer.embed([text(n) for n in range(rows)])
encoded = time.time() - started
hits = space.search("a small dog that ran", 10)
assert len(hits) == 10
print(f"{encoded:.0f} {resident('VmRSS'):.0f} {resident('VmHWM'):.0f} {resident('RssAnon'):.0f}")
"""


def main() -> None:
    """Print megabytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    both = options.pages == options.million
    figures: dict[str, float | str] = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "EXPLORER_CACHE_DIR": folder, "PYTHONPATH": str(ROOT)}
        if options.pages or both:
            figures |= pages(environment)
        if options.million or both:
            figures |= million(options.rows, environment)
    record("memory", figures)


def pages(environment: dict[str, str]) -> dict[str, float]:
    """Show every page; return the server's memory after the last, in MB."""
    with served(environment) as (url, server), chromium() as browser:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        time.sleep(5)  # until it listens
        for path, sign in PAGES:
            page.goto(url + path)
            page.get_by_text(sign).first.wait_for(timeout=120_000)
            page.wait_for_timeout(1000)
            shown = resident(server.pid, "VmRSS")
            theirs = sum(resident(one, "VmRSS") for one in children(server.pid))
            print(f"{shown:6,.0f} MB, its processes {theirs:3,.0f} MB after {path}", flush=True)
        time.sleep(_REST)
        own, later = resident(server.pid, "RssAnon"), resident(server.pid, "VmRSS")
        left = sum(resident(one, "VmRSS") for one in children(server.pid))
        print(f"{later:6,.0f} MB ({own:,.0f} MB not of files), its processes {left:3,.0f} MB a minute later")
        return {
            "every page shown, resident MB": shown,
            "every page shown, its processes, resident MB": theirs,
            "every page shown, peak MB": resident(server.pid, "VmHWM"),
            "a minute later, resident MB": later,
            "a minute later, not of files MB": own,
            "a minute later, its processes, resident MB": left,
        }


def million(rows: int, environment: dict[str, str]) -> dict[str, float]:
    """Encode and search many rows in a separate process; return its memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", _MILLION, str(rows)],
        env=environment | {"EXPLORER_MAX_ROWS": str(rows)},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, now, peak, own = map(float, done.stdout.split())
    print(
        f"{rows:,} rows: encoded in {seconds:,.0f} s, {now:,.0f} MB resident, peak {peak:,.0f} MB; "
        f"{own:,.0f} MB of it cannot be dropped, the rest is of files"
    )
    return {
        f"{rows:,} rows, resident MB": now,
        f"{rows:,} rows, peak MB": peak,
        f"{rows:,} rows, not of files MB": own,
        "encoding, s": seconds,
    }


if __name__ == "__main__":
    main()
