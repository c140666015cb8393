"""How high meaningless queries score in some rows, which tells a weak hit from one that fits.

Neither random pairs of rows nor the query's own scores tell this. Rows about one thing are close to each
other (half of the pairs of the Medicare questions have 0.52 or more), and short queries are less close to
long rows than these are to each other, so hits that fit can lie below most random pairs. And a query about
a frequent topic has many high scores, so that its best does not stand out among its own. What a query
without a meaning reaches has neither fault, and holds for every encoder, metric and number of rows: of the
624 tickets, "I cannot log in" has 0.93, "chocolate cake recipe" 0.25, and meaningless queries reach 0.36; a
query none of whose words TF-IDF knows has 0, as these have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from explorer.analysis.space import Space  # brings torch, which a first page must not wait for
    from explorer.tensor import Metric

# One to four words that no language has, as far as could be found, so that no row can be about them. Texts of
# such words are where models put what they cannot read, which is closer to some rows than to others.
MEANINGLESS = (
    "rimotaleng", "vostupilan", "dafemorik", "blintomaverd", "snolvatik prumedon", "gorvalent mispotar",
    "teflondrap kuvissen", "wrendalok pimurta", "falgrobin ostevik drelmuna", "kolpantri vusdemar felgot",
    "murdovane sitlopar wengrist", "pralotun degvimor hosketal", "drovimak seltonur pagwend fistolar",
    "holmarvex quidrapol nestivug barontel", "vintruska molderpan ficturag oswendil",
    "grelvopin tamsudor heckwarin lopstenda", "bromdasil", "tolvesprin hagdomer",
    "quolistan pevruda skimboral", "gwendrosil plemmatok vurdinast holpiquer",
)  # fmt: skip
"""Queries without a meaning."""
_REACHED = 0.8  # of them score no higher: at the highest, one odd query would decide


def weak_score(
    space: Space, meaningless: NDArray[np.float32], metric: Metric, rows: NDArray[np.bool_] | None = None
) -> float:
    """The score up to which a hit is weak: four of five meaningless queries find nothing closer.

    Each query is taken with its best hit, so that the number of rows is accounted for: among many rows,
    chance alone finds some that are close.

    Args:
        space: The rows.
        meaningless: The vectors of `MEANINGLESS` in the space, float32, shape (queries, dims).
        metric: The similarity metric of the hits.
        rows: The rows that are searched, as for `Space.search`, one or more; None for all.
    """
    best = space.index.search(meaningless, 1, metric, rows=rows).scores
    return float(np.quantile(best, _REACHED, method="lower"))
