"""The meanings of measures: a saved comparison has only their names."""

from __future__ import annotations

from dataclasses import replace

from explorer.comparison.agreement.agreement import CKA, CLUSTERS, JACCARD, PROCRUSTES, RBO
from explorer.comparison.health import costs
from explorer.comparison.health.geometry import HUBNESS, LENGTH_CORRELATION, MEAN_NORM
from explorer.comparison.judging.retrieval import MRR, NDCG, recall
from explorer.comparison.measure import Measure
from explorer.comparison.measures import two_view
from explorer.comparison.measures.label_measures import (
    AMI,
    KNN_ACCURACY,
    PROBE_ACCURACY,
    SILHOUETTE,
    V_MEASURE,
)
from explorer.comparison.statistics.correlation import PEARSON, SPEARMAN
from explorer.numbers import number_from

_KNOWN = {
    measure.name: measure
    for measure in (
        *(NDCG, MRR, SPEARMAN, PEARSON),
        *(KNN_ACCURACY, PROBE_ACCURACY, SILHOUETTE, AMI, V_MEASURE),
        *two_view.MASKED_MEASURES,
        *(MEAN_NORM, LENGTH_CORRELATION, HUBNESS),
        *costs.MEASURES.values(),
        *(JACCARD, RBO, CKA, PROCRUSTES, CLUSTERS),
    )
}
_RECALL = "recall@"
_MOST_RECALL = 10_000


def explained(measure: Measure) -> Measure:
    """The measure as this Explorer has it; unchanged if it does not."""
    known = _KNOWN.get(measure.name)
    depth = number_from(measure.name.removeprefix(_RECALL), 1, _MOST_RECALL)
    if measure.name.startswith(_RECALL) and depth is not None:
        known = recall(depth)
    if known is None or known.kind != measure.kind:
        return measure
    return replace(known, higher_is_better=measure.higher_is_better, chance=measure.chance)
