"""Small spaces, and the bytes of their files."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa

from explorer.analysis.space import Space, make_index
from explorer.analysis.space_files import WRITERS, saved_table
from explorer.data.corpus import Corpus


def packed(space, ending):
    sink = io.BytesIO()
    WRITERS[ending](saved_table(space), sink)
    return sink.getvalue()


def small(texts=("one", "two"), dims=3, **columns):
    table = pa.table({"text": pa.array(texts, pa.string()), **columns})
    numbers = np.arange(1, len(texts) + 1)
    corpus = Corpus("small.csv", table, "text", None, numbers, len(texts), 0, ())
    vectors = np.random.default_rng(0).standard_normal((len(texts), dims), np.float32)
    return Space(corpus, make_index(vectors))
