"""Corpora for the tests of filters."""

import numpy as np
import pyarrow as pa

from explorer.data.corpus import Corpus


def corpus_of(label=None, text=None, **columns):
    """A corpus of columns, each a list or an Arrow array; without `text`, its texts are "row 0" and so on."""
    count = len(next(iter(columns.values()))) if columns else len(text)
    texts = pa.array(text or [f"row {row}" for row in range(count)], pa.string())
    table = pa.table({"text": texts, **columns})
    return Corpus(
        name="made",
        table=table,
        text="text",
        label=label,
        source_rows=np.arange(1, count + 1),
        total_rows=count,
        empty_rows=0,
        notes=(),
    )
