"""Encoding with threads that spin while they wait, and with threads that do not.

Alternates the two in fresh processes, alone and beside a busy one; prints the median rates and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

from benchmarks.corpora import glosses

_POLICIES = ("active", "passive")


def encode_once(rows: int) -> None:
    """Print the rows a second of encoding, the model loaded and warm."""
    import torch

    from explorer.encode import engine
    from explorer.encode.batches import plan_batches
    from explorer.encode.models import BUNDLED_MODEL, find_model
    from explorer.encode.tokens import count_tokens

    files = find_model(BUNDLED_MODEL)
    texts = glosses(rows)
    loaded = engine.load(files, torch.device("cpu"), "float32")
    plan = plan_batches(count_tokens(files, texts), loaded.token_budget)
    loaded.run(loaded.prepare(texts[:32]))
    started = time.perf_counter()
    for batch in plan:
        loaded.run(loaded.prepare([texts[position] for position in batch]))
    print(rows / (time.perf_counter() - started))


def rate(policy: str, rows: int) -> float:
    """Rows a second in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.threads", "--once", "--rows", str(rows)]
    environment = {**os.environ, "OMP_WAIT_POLICY": policy}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(told.stdout.split()[-1])


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        encode_once(options.rows)
        return
    print(f"{'busy others':11} {'active':>8} {'passive':>8} {'ratio':>6}   rows/s, median of {options.runs}")
    for busy in (0, 1):
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
        try:
            rates = {policy: [] for policy in _POLICIES}
            for _ in range(options.runs):
                for policy in _POLICIES:
                    rates[policy].append(rate(policy, options.rows))
        finally:
            for other in others:
                other.kill()
        active, passive = (statistics.median(rates[policy]) for policy in _POLICIES)
        print(f"{busy:11} {active:8.0f} {passive:8.0f} {passive / active:6.2f}", flush=True)


if __name__ == "__main__":
    main()
