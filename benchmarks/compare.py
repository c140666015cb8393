"""Comparing four contenders after encoding: seconds of each phase, peak memory, and again from a saved file.

Then a sweep over smaller vectors, and what a swap of two contenders changes.

Rows are glosses of WordNet, with their lexicographer file as labels. The contenders are the bundled model,
its vectors in int8 and cut to 128 dimensions, and TF-IDF. `--rows 117659` takes all rows.
"""

from __future__ import annotations

import argparse
import collections
import re
import sys
import tempfile
import time
from pathlib import Path

import explorer
from benchmarks.corpora import ROOT
from benchmarks.results import record
from explorer.comparison.compression.sweep import sweep_contender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.data.corpus import Corpus
from explorer.jobs.progress import Progress

_FILE = ROOT.parent / "shared" / "data" / "wordnet.parquet"


class Phases:
    """Seconds by phase, from the progress that is reported."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = collections.defaultdict(float)
        self._phase, self._since = "", time.perf_counter()

    def __call__(self, progress: Progress) -> None:
        """Count the time since the last report for the phase before it."""
        now = time.perf_counter()
        if self._phase:
            self.seconds[self._phase] += now - self._since
        self._phase, self._since = progress.phase, now


def main() -> None:
    """Print seconds and megabytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    rows = parser.parse_args().rows
    corpus = _corpus(rows)
    model = explorer.embed(corpus)
    contenders = [model, model.quantize("int8"), model.truncate(128), explorer.embed(corpus, "tfidf")]
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    phases, started = Phases(), time.perf_counter()
    result = explorer.compare(contenders, on_progress=phases)
    seconds = time.perf_counter() - started
    peak = _memory("VmHWM")
    for phase, took in sorted(phases.seconds.items(), key=lambda item: -item[1]):
        print(f"{took:7.1f} s  {phase}")
    print(f"{seconds:7.1f} s  in all; peak {peak:,.0f} MB, of which {before:,.0f} MB before it began")
    print(result.verdict.text)
    started = time.perf_counter()
    swept = sweep_contender(SpaceContender(model, result.names[0]), result.sample, result.groups)
    sweep_seconds = time.perf_counter() - started
    started = time.perf_counter()
    moved = result.migration(result.names[-1], result.names[0])
    print(f"{sweep_seconds:7.1f} s  sweep of {len(swept.forms)} forms: {swept.text}")
    print(f"{time.perf_counter() - started:7.1f} s  migration: {moved.text}")
    with tempfile.TemporaryDirectory() as folder:
        file, report = Path(folder, "saved.comparison"), Path(folder, "report.html")
        result.save(file)
        started = time.perf_counter()
        opened = explorer.open_comparison(file, corpus)
        _ = opened.scorecard, opened.differences, opened.rows()
        again = time.perf_counter() - started
        started = time.perf_counter()
        result.report(report)
        reported = time.perf_counter() - started
        size = file.stat().st_size / 1e6
    print(f"{again:7.1f} s  opened from a file of {size:.1f} MB, with its tables; report: {reported:.1f} s")
    figures: dict[str, float | str] = {
        "rows": rows,
        "compare, s": seconds,
        "compare, peak MB": peak,
        "sweep, s": sweep_seconds,
        "before it, MB": before,
        "opened again, s": again,
        "file, MB": size,
        "report, s": reported,
    }
    record("compare", figures | {f"{phase}, s": took for phase, took in phases.seconds.items()})


def _corpus(rows: int) -> Corpus:
    if not _FILE.is_file():
        sys.exit(f"{_FILE} not found")
    return explorer.open_corpus(_FILE, text="gloss", label="lexname", limit=rows)


def _memory(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
