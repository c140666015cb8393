"""The log of benchmark figures: one line of JSON per run, with machine, versions and date.

`python -m benchmarks.results` prints the last figures of each benchmark as one table.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import time
from pathlib import Path

FILE = Path(__file__).with_name("results.jsonl")
_PACKAGES = (
    "torch", "openvino", "sentence-transformers", "scikit-learn", "umap-learn", "faiss-cpu", "streamlit",
)  # fmt: skip


def record(benchmark: str, figures: dict[str, float | str]) -> None:
    """Append what a benchmark measured.

    Args:
        benchmark: The module's name.
        figures: What it measured; the name of each figure ends with its unit.
    """
    line = {
        "date": time.strftime("%Y-%m-%d"),
        "benchmark": benchmark,
        "figures": {
            name: float(f"{value:.4g}") if isinstance(value, float) else value
            for name, value in figures.items()
        },
        "machine": {"processor": _processor(), "cores": os.cpu_count(), "memory": _memory()},
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in _PACKAGES},
    }
    with FILE.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def main() -> None:
    """Print the last figures of each benchmark as a Markdown table."""
    last = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        run = json.loads(line)
        last[run["benchmark"]] = run
    print("| benchmark | figure | value | date |\n| --- | --- | --- | --- |")
    for name, run in sorted(last.items()):
        for figure, value in run["figures"].items():
            shown = f"{value:,.4g}" if isinstance(value, float) else value
            print(f"| {name} | {figure} | {shown} | {run['date']} |")


if __name__ == "__main__":
    main()
