"""What ranking by words too and for variety costs; re-ranking is in `benchmarks.classify`.

Rows are glosses with random vectors: what the vectors say costs nothing more.
"""

from __future__ import annotations

import argparse
import statistics

import numpy as np

import explorer
from benchmarks.corpora import glosses
from benchmarks.results import record
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.jobs.sizes import parts_of
from explorer.retrieval.options import RankOptions
from explorer.retrieval.ranked import ranked_search

QUERY, DIMS = "a small animal that lives near water", 384


def main() -> None:
    """Print seconds and megabytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    texts = glosses(options.rows)
    vectors = np.random.default_rng(0).normal(size=(len(texts), DIMS)).astype(np.float32)
    space = Space(explorer.open_corpus(texts), make_index(vectors))
    words, hybrid = Bm25Contender(space.corpus), RankOptions(words=True, variety=0.3)
    counted, *later = [
        ranked_search(space, QUERY, 10, hybrid, vector=vectors[0], words=words).seconds
        for _ in range(options.runs + 1)
    ]
    figures: dict[str, float | str] = {
        "rows": len(texts),
        "words counted and searched, s": counted.words or 0.0,
        "words searched again, s": statistics.median(each.words or 0.0 for each in later),
        "variety of the first hundred, s": statistics.median(each.variety or 0.0 for each in later),
        "the words in memory, MB": (_bytes(words) - _bytes(space.corpus)) / 1e6,
    }
    for name, value in figures.items():
        print(f"{name:40} {value:,.4g}")
    record("ranking", figures)


def _bytes(thing: object) -> int:
    return sum(parts_of(thing).values())


if __name__ == "__main__":
    main()
