"""`python -m tests.encode.make_shipped_vectors` makes the vectors that come with Explorer."""

from __future__ import annotations

import numpy as np

import explorer
from explorer.embedding import open_spec
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.encode.shipped_vectors import FILE
from explorer.encode.spec import LocalModel
from tests.sentence_transformer import sentence_transformer

SAMPLE = "support-tickets"


def main() -> None:
    """Encode the sample with sentence-transformers, each text alone, so that nothing depends on batches."""
    corpus = explorer.open_corpus(SAMPLE)
    texts = dict(zip(corpus.item_keys, corpus.texts, strict=True))
    model = sentence_transformer(find_model(BUNDLED_MODEL).folder)
    np.savez(
        FILE,
        fingerprint=np.array(open_spec(corpus, LocalModel(precision="float32")).fingerprint),
        keys=np.array([np.frombuffer(key, np.uint8) for key in texts]),
        vectors=np.concatenate([model.encode([text]) for text in texts.values()]),
    )


if __name__ == "__main__":
    main()
