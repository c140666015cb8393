"""Names of a map's regions: seconds, and memory on top of texts and coordinates.

The coordinates are generated clumps; the texts are the glosses, for a million of them repeated. Each size has
a process of its own, which has imported what is needed before it is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.corpora import ROOT
from benchmarks.results import record

_SIZES = (117_659, 1_000_000)
_MEASURED = """
import json, sys, time
import numpy as np
from benchmarks.corpora import glosses
from benchmarks.processes import resident
from explorer.analysis.region_names import name_regions
rows = int(sys.argv[1])
known = glosses(117_659)
texts = [f"{known[row % len(known)]} " for row in range(rows)]
random = np.random.default_rng(0)
centres = 6 * random.standard_normal((200, 2))
group = np.arange(rows) % len(known) * 200 // len(known)
coordinates = (centres[group] + 0.4 * random.standard_normal((rows, 2))).astype(np.float32)
name_regions(coordinates[:2_000], texts[:2_000])
open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew
before, started = resident("self", "VmRSS"), time.perf_counter()
found = name_regions(coordinates, texts)
seconds, peak = time.perf_counter() - started, resident("self", "VmHWM")
named = [sum(map(bool, level.names)) for level in found.levels]
print(json.dumps([seconds, peak - before, named]))
"""


def main() -> None:
    """Print one line per size."""
    figures: dict[str, float | str] = {}
    for rows in _SIZES:
        command = [sys.executable, "-c", _MEASURED, str(rows)]
        ran = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        seconds, megabytes, names = json.loads(ran.stdout)
        print(f"{rows:9,} rows: {seconds:.2f} s, {megabytes:,.0f} MB, names at each level {names}")
        figures |= {f"{rows} rows, s": seconds, f"{rows} rows, MB": megabytes}
    record("region_names", figures)


if __name__ == "__main__":
    main()
