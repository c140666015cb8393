"""What figures show, in a sentence for people who hear the page: the alternative text of a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.data.tables.values import count, shortened
from explorer.numbers import percent, readable_number

if TYPE_CHECKING:
    from explorer.analysis.clusters import Sweep
    from explorer.analysis.heatmaps import Distributions
    from explorer.encode.tokens import TokenAudit
    from explorer.share.map.colouring import Colouring

_NAME_CHARS = 60


def token_words(audit: TokenAudit) -> str:
    """The lengths of rows: shortest, longest, median, and how many are longer than the encoder reads."""
    if not len(audit.lengths):
        return "Histogram of the number of tokens in a row: there are no rows."
    low, middle, high = np.quantile(audit.lengths, (0, 0.5, 1)).tolist()
    longer = f"{len(audit.cut_rows):,}" if len(audit.cut_rows) else "none"
    cut = "" if audit.max_length is None else f"; {longer} longer than the encoder reads"
    return (
        f"Histogram of the number of tokens in a row: from {low:,.0f} to {high:,.0f}, half of the rows have "
        f"{middle:,.0f} or fewer{cut}."
    )


def heatmap_words(
    of: str, scores: NDArray[np.floating], row_names: Sequence[str], column_names: Sequence[str]
) -> str:
    """A heatmap: how many cells, and which two different names score highest and lowest.

    Args:
        of: What is scored, such as `Similarity of rows`.
        scores: Numbers, shape (rows, columns); NaN cells do not count.
        row_names: The names of the rows, other people's text.
        column_names: The names of the columns.
    """
    size = f"{of}, {len(row_names):,} by {len(column_names):,}"
    _, codes = np.unique([*row_names, *column_names], return_inverse=True)
    same = codes[: len(row_names), None] == codes[None, len(row_names) :]
    apart = np.where(same, np.nan, scores)
    if not np.isfinite(apart).any():
        return f"Heatmap. {size}."

    def cell(place: int) -> str:
        down, across = divmod(place, len(column_names))
        names = (shortened(name, _NAME_CHARS) for name in (row_names[down], column_names[across]))
        return f"{_number(apart[down, across])} between “{'” and “'.join(names)}”"

    return (
        f"Heatmap. {size}: mean {_number(np.nanmean(apart))}; highest {cell(int(np.nanargmax(apart)))}; "
        f"lowest {cell(int(np.nanargmin(apart)))}."
    )


def score_words(found: Distributions, threshold: float) -> str:
    """Usual scores: the medians of random pairs and of nearest neighbours, and what a threshold keeps."""
    parts = [
        f"{name} have a median of {_number(np.median(scores))}"
        for name, scores in (("random pairs", found.random), ("nearest neighbours", found.nearest))
        if scores.size
    ]
    if not parts:
        return "Histogram of similarities: there are no pairs."
    share = percent(float((found.nearest >= np.float32(threshold)).mean())) if found.nearest.size else "–"
    return (
        f"Histogram of similarities: {'; '.join(parts)}; {share} of the nearest neighbours score "
        f"{threshold:.2f} or more."
    )


def sweep_words(found: Sweep) -> str:
    """Numbers of clusters: the range of k, the highest silhouette, and how the inertia falls."""
    first, last = found.points[0], found.points[-1]
    best = next((point for point in found.points if point.k == found.best_k), None)
    silhouette = (
        "no silhouette is defined"
        if best is None or best.silhouette is None
        else f"the silhouette is highest, {_number(best.silhouette)}, at k = {best.k:,}, "
        f"with a stability of {_number(best.stability)}"
    )
    return (
        f"k-means with k from {first.k:,} to {last.k:,}: {silhouette}; the inertia goes from "
        f"{first.inertia:,.4g} to {last.inertia:,.4g}."
    )


def map_words(rows: int, dims: int, colouring: Colouring) -> str:
    """A map: how many rows, and what its colours show, with the largest group."""
    told = f"Map of {count(rows, 'row')} in {dims} dimensions"
    if colouring.numbers is not None:
        known = colouring.numbers[np.isfinite(colouring.numbers)]
        ends = (
            f", from {readable_number(known.min())} to {readable_number(known.max())}" if len(known) else ""
        )
        return f"{told}, coloured by {colouring.title}{ends}."
    _, names, sizes = colouring.ranked
    if not names:
        return f"{told}."
    most = int(np.argmax(sizes))
    return (
        f"{told}, coloured by {colouring.title}: {count(len(names), 'group')}, the "
        f"largest “{shortened(names[most], _NAME_CHARS)}” with {sizes[most]:,} rows."
    )


def _number(value: float | np.floating) -> str:
    from explorer.comparison.numbers import number

    return number(float(value))
