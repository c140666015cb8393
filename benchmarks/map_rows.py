"""What `benchmarks.map_page` uploads: glosses with a label and a number, with vectors or without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from benchmarks.corpora import glosses, wordnet

GLOSSES = 117_659  # all of WordNet
VECTORS, LABEL, NUMBER = "vector", "kind", "length"
"""The columns besides the texts, as the page names them."""
_DIMS, _CENTRES = 16, 30
_PART = 50_000  # rows written at a time


def labelled(rows: int) -> pa.Table:
    """The first glosses, with a label and a number for each."""
    corpus = wordnet(rows)
    texts = glosses(rows) if corpus is None else corpus.texts
    labels = None if corpus is None else corpus.labels
    return pa.table(
        {
            "text": texts,
            LABEL: labels or [f"group {row % 10}" for row in range(len(texts))],
            NUMBER: [len(text) for text in texts],
        }
    )


def write_generated(file: Path, rows: int) -> None:
    """Write glosses, repeated with a number, each with a vector near one of a few centres.

    Args:
        file: The Parquet file.
        rows: How many.
    """
    known = labelled(min(rows, GLOSSES))
    texts, labels = known["text"].to_pylist(), known[LABEL].to_pylist()
    random = np.random.default_rng(0)
    centres = 2 * random.standard_normal((_CENTRES, _DIMS), dtype=np.float32)
    writer = None
    for start in range(0, rows, _PART):
        numbers = range(start, min(rows, start + _PART))
        group = random.integers(0, _CENTRES, len(numbers))
        vectors = centres[group] + random.standard_normal((len(numbers), _DIMS), dtype=np.float32)
        part = pa.table(
            {
                "text": [f"{texts[n % len(texts)]} #{n // len(texts)}" for n in numbers],
                LABEL: [labels[n % len(labels)] for n in numbers],
                NUMBER: [len(texts[n % len(texts)]) for n in numbers],
                VECTORS: pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), _DIMS),
            }
        )
        writer = writer or pa.parquet.ParquetWriter(file, part.schema)
        writer.write_table(part)
    if writer is not None:
        writer.close()
