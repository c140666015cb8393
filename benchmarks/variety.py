"""What variety takes from fused rankings, with relevance by scaled scores or by the cosines in their places.

Queries are 36 support tickets that say the same as another one, which should be among the first ten. `alike`
is the mean cosine between these ten.
"""

from __future__ import annotations

import numpy as np

import explorer
from benchmarks.results import record
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.retrieval.diversity import maximal_marginal_relevance, scaled_onto
from explorer.retrieval.fusion import reciprocal_rank_fusion
from explorer.retrieval.ranked import POOL
from explorer.tensor import normalize

VARIETIES, HITS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5), 10


def main() -> None:
    """Print how many are found and how alike the hits are."""
    corpus = explorer.open_corpus("support-tickets")
    table = corpus.table.to_pydict()
    again = np.array(
        [
            relation == "paraphrase" and number > other
            for relation, number, other in zip(
                table["relation"], table["id"], table["related_to"], strict=True
            )
        ]
    )
    rest = explorer.embed(corpus.take(np.flatnonzero(~again)))
    rows = {number: row for row, number in enumerate(rest.corpus.table["id"].to_pylist())}
    asked, words, units = np.flatnonzero(again), Bm25Contender(rest.corpus), normalize(rest.vectors)
    queries = normalize(rest.encode_queries([table["body"][row] for row in asked]))
    found: dict[tuple[str, float], list[tuple[bool, float]]] = {}
    for row, query in zip(asked, queries, strict=True):
        by_vectors = np.argsort(-(units @ query), kind="stable")[:POOL]
        by_words = words.search([table["body"][row]], len(rest))
        with_word = by_words.indices[0][by_words.scores[0] > 0][:POOL]
        fused = reciprocal_rank_fusion([by_vectors, with_word], POOL)
        cosines = np.sort(units[fused.indices] @ query)[::-1]
        for how, candidates, relevance in (
            ("vectors alone", by_vectors, units[by_vectors] @ query),
            ("fused, by scores", fused.indices, scaled_onto(fused.scores, cosines)),
            ("fused, by places", fused.indices, cosines),
        ):
            for variety in VARIETIES:
                hits = candidates[maximal_marginal_relevance(relevance, units[candidates], HITS, 1 - variety)]
                alike = (units[hits] @ units[hits].T)[np.triu_indices(HITS, 1)].mean()
                is_found = rows[table["related_to"][row]] in hits
                found.setdefault((how, variety), []).append((is_found, float(alike)))
    figures: dict[str, float | str] = {}
    for (how, variety), each in found.items():
        share, alike = np.mean(each, axis=0)
        print(f"{how:18} variety {variety:4.0%}: {share:4.0%} found, alike {alike:.2f}")
        figures |= {
            f"{how}, {variety:.0%}, found": float(share),
            f"{how}, {variety:.0%}, alike": float(alike),
        }
    record("variety", figures)


if __name__ == "__main__":
    main()
