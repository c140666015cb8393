"""What measures mean, by their names: a file only names them."""

from __future__ import annotations

import functools
from dataclasses import replace

from explorer.comparison import (
    agreement,
    cluster_proxies,
    correlation,
    costs,
    geometry,
    label_measures,
    retrieval,
    two_view,
)
from explorer.comparison.measure import Measure
from explorer.numbers import number_from

_RECALL = "recall@"
_MOST_RECALL = 10_000


def explained(measure: Measure) -> Measure:
    """The measure with its meaning and source; unchanged if this Explorer does not have it."""
    known = _known().get(measure.name)
    depth = number_from(measure.name.removeprefix(_RECALL), 1, _MOST_RECALL)
    if measure.name.startswith(_RECALL) and depth is not None:
        known = retrieval.recall(depth)
    if known is None or known.kind != measure.kind:
        return measure
    return replace(measure, meaning=known.meaning, source=known.source)


@functools.cache
def _known() -> dict[str, Measure]:
    modules = (agreement, cluster_proxies, correlation, geometry, label_measures, retrieval, two_view)
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Measure)]
    return {measure.name: measure for measure in (*found, *costs.MEASURES.values())}
