"""What ranking in stages costs: 100 hits re-ranked, beside sentence-transformers' `rank`, and words.

Rows are glosses with random vectors: what the vectors say costs nothing more. Without `--model`, the
cross-encoder is one of a few kilobytes with random weights, so its figures show what Explorer adds, not what
reading takes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from sentence_transformers import CrossEncoder

import explorer
from benchmarks.corpora import glosses
from benchmarks.results import record
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.jobs.sizes import parts_of
from explorer.retrieval.options import RankOptions
from explorer.retrieval.ranked import ranked_search
from tests.tiny_model import save_pair_model

QUERY, HITS, DIMS = "a small animal that lives near water", 100, 384


def main() -> None:
    """Print seconds and megabytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--model", help="a folder of a cross-encoder")
    options = parser.parse_args()
    texts = glosses(options.rows)
    vectors = np.random.default_rng(0).normal(size=(len(texts), DIMS)).astype(np.float32)
    space = Space(explorer.open_corpus(texts), make_index(vectors))
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or str(save_pair_model(Path(folder) / "cross", ["relevance"]))
        rerank = RankOptions(rerank=HITS, model=model)
        first = ranked_search(space, QUERY, HITS, rerank, vector=vectors[0])  # loads the model
        peer = CrossEncoder(model, device="cpu")
        found = [space.corpus.texts[row] for row in first.before]
        peer.rank(QUERY, found)
        ours, theirs = [], []
        for _ in range(options.runs):  # in turn: other work on the machine meets both
            again = ranked_search(space, QUERY, HITS, rerank, vector=vectors[0])
            ours.append(again.seconds.rerank or 0.0)
            began = time.perf_counter()
            peer.rank(QUERY, found)
            theirs.append(time.perf_counter() - began)
    words, hybrid = Bm25Contender(space.corpus), RankOptions(words=True, variety=0.3)
    counted, *later = [
        ranked_search(space, QUERY, 10, hybrid, vector=vectors[0], words=words).seconds
        for _ in range(options.runs + 1)
    ]
    figures: dict[str, float | str] = {
        "rows": len(texts),
        "model": Path(model).name,
        "100 hits re-ranked, s": statistics.median(ours),
        "the same by CrossEncoder.rank, s": statistics.median(theirs),
        "words counted and searched, s": counted.words or 0.0,
        "words searched again, s": statistics.median(each.words or 0.0 for each in later),
        "variety of the first hundred, s": statistics.median(each.variety or 0.0 for each in later),
        "the words in memory, MB": (_bytes(words) - _bytes(space.corpus)) / 1e6,
    }
    for name, value in figures.items():
        print(f"{name:40} {value if isinstance(value, str) else f'{value:,.4g}'}")
    record("ranking", figures)


def _bytes(thing: object) -> int:
    return sum(parts_of(thing).values())


if __name__ == "__main__":
    main()
