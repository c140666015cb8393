"""Encoding by torch with threads that spin long, briefly or not at all while waiting for each other.

Alternates the three in fresh processes, alone and beside a busy process; prints the median rates.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

from benchmarks.corpora import glosses
from benchmarks.results import record

_POLICIES = {
    "long": {"OMP_WAIT_POLICY": "active", "GOMP_SPINCOUNT": ""},
    "short": {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "5000"},
    "none": {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"},
}


def encode_once(rows: int) -> None:
    """Print the rows per second of encoding with a loaded, warm model."""
    import torch

    from explorer.encode.batches import plan_batches
    from explorer.encode.engines.torch_engine import TorchEngine
    from explorer.encode.models import BUNDLED_MODEL, find_model

    loaded = TorchEngine(find_model(BUNDLED_MODEL), torch.device("cpu"), torch.float32)
    tokens = loaded.tokenize(glosses(rows))
    plan = plan_batches(tokens.lengths, loaded.token_budget)
    loaded.start(tokens.batch(plan[0]))()
    started = time.perf_counter()
    for batch in plan:
        loaded.start(tokens.batch(batch))()
    print(rows / (time.perf_counter() - started))


def rate(policy: str, rows: int) -> float:
    """Rows per second in a separate process."""
    command = [sys.executable, "-m", "benchmarks.threads", "--once", "--rows", str(rows)]
    environment = {name: value for name, value in (os.environ | _POLICIES[policy]).items() if value}
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
    print(
        f"{'busy others':11} " + " ".join(f"{policy:>8}" for policy in _POLICIES) + "   rows/s, by spinning"
    )
    for busy in (0, 1):
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
        try:
            rates: dict[str, list[float]] = {policy: [] for policy in _POLICIES}
            for _ in range(options.runs):
                for policy in _POLICIES:
                    rates[policy].append(rate(policy, options.rows))
        finally:
            for other in others:
                other.kill()
        medians = [statistics.median(rates[policy]) for policy in _POLICIES]
        print(f"{busy:11} " + " ".join(f"{rate:8.0f}" for rate in medians), flush=True)
        if busy:
            print(f"beside a busy process, short to long: {medians[1] / medians[0]:.2f}")
            record("threads", {"beside a busy process, short spins to long": medians[1] / medians[0]})


if __name__ == "__main__":
    main()
