"""`python -m tests.encode.engines.reference_vectors` makes the reference vectors of the bundled model."""

from __future__ import annotations

import numpy as np

from explorer.encode.engines.bert.reference import REFERENCE, REFERENCE_TEXTS
from explorer.encode.models import BUNDLED_MODEL, find_model
from tests.sentence_transformer import sentence_transformer


def torch_vectors() -> np.ndarray:
    """Vectors of the texts, each encoded alone, float32, shape (texts, dims)."""
    model = sentence_transformer(find_model(BUNDLED_MODEL).folder)
    return np.concatenate([model.encode([text]) for text in REFERENCE_TEXTS])


if __name__ == "__main__":
    np.savez(REFERENCE, revision=np.array(find_model(BUNDLED_MODEL).revision), vectors=torch_vectors())
