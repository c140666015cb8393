"""From a Parquet file to a map in a fresh process with nothing cached, compared with Embedding Atlas.

Ours: open, encode, UMAP, and write the map as one HTML file; then the same again with cached vectors.
Embedding Atlas: `--export-application` with the same model and file, from a separate environment installed by
`make atlas`. Without it only ours is timed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from benchmarks.corpora import ROOT, glosses
from benchmarks.results import record

_OURS = """
import sys
from pathlib import Path
import explorer
import numpy as np
from explorer.share.map.colouring import Colouring
from explorer.share.map.contents import MapContents
from explorer.share.map.page import MapPage
corpus = explorer.open_corpus(sys.argv[1], text="text", label=None)
space = explorer.embed(corpus)
made = space.project()
contents = MapContents((made.coordinates,), Colouring(""))
Path(sys.argv[2]).write_bytes(MapPage(contents, corpus, np.arange(len(corpus))).html())
"""


def main() -> None:
    """Print seconds, the ratio, and the peak memory of each process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--atlas", type=Path, default=ROOT / ".venv-atlas" / "bin" / "embedding-atlas")
    options = parser.parse_args()
    figures: dict[str, float | str] = {"rows": options.rows}
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        pa.parquet.write_table(pa.table({"text": glosses(options.rows)}), here / "rows.parquet")
        environment = {**os.environ, "EXPLORER_CACHE_DIR": str(here / "cache"), "PYTHONPATH": str(ROOT)}
        environment["NUMBA_CACHE_DIR"] = str(here / "compiled")
        command = [sys.executable, "-c", _OURS, str(here / "rows.parquet"), str(here / "map.html")]
        for name in ("ours, nothing cached", "ours, again"):
            figures |= timed(name, command, environment)
            if not (here / "map.html").stat().st_size > options.rows:
                raise AssertionError("there is no map")
        if options.atlas.is_file():
            from explorer.encode.models import BUNDLED_MODEL, find_model

            model = str(find_model(BUNDLED_MODEL).folder)
            command = [str(options.atlas), str(here / "rows.parquet"), "--text", "text", "--model", model]
            command += ["--export-application", str(here / "atlas.zip")]
            figures |= timed("Embedding Atlas, nothing cached", command, {**os.environ, "HOME": folder})
            if not (here / "atlas.zip").stat().st_size > options.rows:
                raise AssertionError("Embedding Atlas made no map")
            ratio = float(figures["Embedding Atlas, nothing cached, s"]) / float(
                figures["ours, nothing cached, s"]
            )
            figures["Embedding Atlas to ours"] = ratio
            print(f"{ratio:.2f} times as fast")
    record("time_to_map", figures)


def timed(name: str, command: list[str], environment: dict[str, str]) -> dict[str, float | str]:
    """Run a command; return its seconds and its peak memory."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise RuntimeError(f"{name} failed:\n{said}")
    peak = usage.ru_maxrss / 1024
    print(f"{name:32} {seconds:6.1f} s, peak {peak:,.0f} MB", flush=True)
    return {f"{name}, s": seconds, f"{name}, peak MB": peak}


if __name__ == "__main__":
    main()
