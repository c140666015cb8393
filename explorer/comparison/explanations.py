"""What measures mean, by their names: a file only names them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
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

_MODULES = (
    agreement,
    cluster_proxies,
    correlation,
    costs,
    geometry,
    label_measures,
    retrieval,
    two_view,
)
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
    return {measure.name: measure for module in _MODULES for measure in _measures(vars(module).values())}


def _measures(values: Iterable[object]) -> Iterator[Measure]:
    """The measures among constants, alone or in a tuple or dict."""
    for value in values:
        if isinstance(value, Measure):
            yield value
        elif isinstance(value, tuple):
            yield from _measures(value)
        elif isinstance(value, dict):
            yield from _measures(value.values())
