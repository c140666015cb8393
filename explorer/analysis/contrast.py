"""What tells some rows of a corpus from the others: how often they have each value of its columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.corpus import Corpus
from explorer.data.tables.python_values import as_strings

_MOST_VALUES = 200  # of a column; one with more, such as a column of names, says little
_VALUE_CHARS = 80


@dataclass(frozen=True)
class Share:
    """How often some rows and the others have a value.

    Attributes:
        column: The column.
        value: The value, as text.
        inside: Its share of the rows in question, 0 to 1.
        outside: Its share of the other rows, 0 to 1.
    """

    column: str
    value: str
    inside: float
    outside: float


def contrast(corpus: Corpus, inside: NDArray[np.bool_], most: int) -> list[Share]:
    """The values of label and metadata columns whose shares differ most, largest difference first.

    Args:
        corpus: All rows.
        inside: Whether each row is one of those in question, shape (rows,); some are and some are not.
        most: The largest number of values.

    Returns:
        The values; none for columns of more than 200 different values or of one.
    """
    found = []
    columns = [*([corpus.label] if corpus.label else []), *corpus.metadata]
    for column in columns:
        values = corpus.table[column]
        # Before texts are made of them; of nothing but nulls, Arrow cannot count.
        if (
            values.null_count == len(values)
            or pc.count_distinct(values, mode="all").as_py() > _MOST_VALUES + 1
        ):
            continue
        codes, names = pd.factorize(np.array(as_strings(values), dtype=object))
        if not 1 < len(names) <= _MOST_VALUES:
            continue
        shares = [
            np.bincount(codes[rows], minlength=len(names)) / max(1, int(rows.sum()))
            for rows in (inside, ~inside)
        ]
        found += [
            Share(column, str(name)[:_VALUE_CHARS], float(shares[0][place]), float(shares[1][place]))
            for place, name in enumerate(names)
        ]
    return sorted(found, key=lambda share: -abs(share.inside - share.outside))[:most]
