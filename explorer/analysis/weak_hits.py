"""How high meaningless queries score in some rows, which tells a weak hit from one that fits.

Neither random pairs of rows nor the query's own scores tell this. Rows about one thing are close to each
other (half of the pairs of the Medicare questions have 0.52 or more), and short queries are less close to
long rows than these are to each other, so hits that fit can lie below most random pairs. And a query about
a frequent topic has many high scores, so that its best does not stand out among its own. What a query
without a meaning reaches has neither fault, and holds for every encoder, metric and number of rows: of the
624 tickets, "I cannot log in" has 0.93, "chocolate cake recipe" 0.25, and meaningless queries reach 0.36; a
query none of whose words TF-IDF knows has 0, as these have.

So for TF-IDF the words decide. Its 256 dimensions keep frequent words and lose most rare ones: among glosses
of WordNet "a person who grins" has 1.00 with "a person who bakes bread", and "a small nut" 0.90 with "a small
bird that sings". A hit is weak if its words make up less than a fifth of the query's weight. Function words
count for nothing, however rare: "Login fails" fits "cannot log in" though few rows say "cannot".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.function_words import is_function_word
from explorer.analysis.word_stems import stem
from explorer.encode.words import split_words

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
_COUNTED = 20_000  # rows whose words are counted
_COUNTED_CHARS = 4_000_000  # characters of them, which take about half a second
_LEAST_COVERED = 1 / 5  # of the weight of a query: one of three words can be enough, if it is not frequent
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


def stems_of(text: str) -> frozenset[str]:
    """The stems of the words of a text."""
    return frozenset(map(stem, split_words(text)))


def row_counts(texts: Sequence[str]) -> tuple[Counter[str], int]:
    """In how many texts each stem is, and in how many it was looked for: in 20,000 of them at most.

    In fewer if they are long.
    """
    step = math.ceil(max(len(texts) / _COUNTED, sum(map(len, texts)) / _COUNTED_CHARS))
    some = texts[:: max(1, step)]
    return Counter(one for text in some for one in stems_of(text)), len(some)


def query_weights(query: str, counts: Mapping[str, int], rows: int) -> dict[str, float]:
    """How much of a query each stem makes up.

    The weight of a word is its squared inverse document frequency, ln((1 + rows) / (1 + count)) + 1, as in
    TF-IDF: the squares sum up to the squared length of the query's vector. Function words have none, unless
    there are no others.

    Args:
        query: The query.
        counts: In how many rows each stem is; see `row_counts`.
        rows: In how many rows it was looked for.

    Returns:
        The share of each stem, together 1; empty for a query without a word.
    """
    words = split_words(query)
    stems = set(map(stem, [word for word in words if not is_function_word(word)] or words))
    weights = {one: (math.log((1 + rows) / (1 + counts.get(one, 0))) + 1) ** 2 for one in stems}
    total = sum(weights.values())
    return {one: weight / total for one, weight in weights.items()}


def has_too_little(text: str, weights: Mapping[str, float]) -> bool:
    """Whether a text has less than a fifth of what a query is about; see `query_weights`."""
    stems = stems_of(text)
    return sum(weight for one, weight in weights.items() if one in stems) < _LEAST_COVERED
