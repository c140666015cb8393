import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index

WORDS = [
    "my",
    "order",
    "is",
    "late",
    "where",
    "refund",
    "the",
    "cat",
    "sat",
    "on",
    "a",
    "mat",
    "dog",
    "ran",
    "please",
    "help",
    "not",
    "working",
]


@pytest.fixture(scope="session")
def texts():
    """Texts of a few words, with repeats and one without any word."""
    rng = np.random.default_rng(0)
    made = [" ".join(rng.choice(WORDS, size=rng.integers(1, 9))) for _ in range(60)]
    made[20:24] = made[:4]
    made[30] = "?!"
    return made


@pytest.fixture(scope="session")
def vectors():
    """A vector for each text, equal for equal texts, and one of zeros."""
    rng = np.random.default_rng(1)
    made = (rng.normal(size=(60, 12)) + 0.8).astype(np.float32)
    made[20:24] = made[:4]
    made[30] = 0
    return made


@pytest.fixture
def space(texts, vectors):
    """The vectors of the texts, without an encoder."""
    return Space(explorer.open_corpus(texts), make_index(vectors))
