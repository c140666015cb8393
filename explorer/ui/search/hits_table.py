"""Hits as a table to download."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from explorer.analysis.score_scales import ScoreScale
from explorer.analysis.space import Hit, Space
from explorer.retrieval.ranked_hit import RankedHit
from explorer.share.export import rows_table
from explorer.tensor import Metric
from explorer.ui.search.hit_scores import percentile_of

# The columns for each rank and score of a hit.
_STAGES = {
    "vector_rank": "vector_rank",
    "word_rank": "word_rank",
    "word_score": "bm25",
    "fused_rank": "fused_rank",
    "fused_score": "reciprocal_ranks",
    "pair_rank": "cross_encoder_rank",
    "pair_score": "cross_encoder",
}


def hits_table(
    space: Space,
    queries: Sequence[str],
    hits: Sequence[Sequence[Hit]],
    metric: Metric,
    scale: ScoreScale | None = None,
) -> pa.Table:
    """Hits as a table: query, rank, score and percentile, then the columns of `rows_table`.

    The percentile is among the scores of `scale`, or of random pairs of rows.

    Hits that were not ranked by vectors alone have the name of the metric in place of `score`, and each of
    their ranks and scores; those that no hit has are left out.
    """
    listed = [
        (query, rank, hit)
        for query, found in zip(queries, hits, strict=True)
        for rank, hit in enumerate(found, start=1)
    ]
    every = [hit for _, _, hit in listed]
    ranked = [hit for hit in every if isinstance(hit, RankedHit)]
    stages = {name: [getattr(hit, name) for hit in ranked] for name in _STAGES}
    return rows_table(
        space.corpus,
        [hit.row for hit in every],
        {
            "query": [query for query, _, _ in listed],
            "rank": [rank for _, rank, _ in listed],
            metric if ranked else "score": [hit.score for hit in every],
            "percentile": [percentile_of(space, hit, metric, scale) for hit in every],
            **{
                _STAGES[name]: values
                for name, values in stages.items()
                if any(value is not None for value in values)
            },
        },
    )
