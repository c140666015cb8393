"""A model whose vectors differ from text to text, unlike those of the untrained tiny model."""

from __future__ import annotations

import string

import pytest

WORDS = [first + second for first in string.ascii_lowercase[:12] for second in "aeiou"]


def word_model(**options):
    """A sentence-transformers model of one random vector per word, the mean of which is a text's."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(["[UNK]", *WORDS])}, "[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        modules = [StaticEmbedding(tokenizer, embedding_dim=24)]
    return SentenceTransformer(modules=modules, device="cpu", **options)


@pytest.fixture(scope="session")
def words(tmp_path_factory) -> str:
    """The folder of a model of words, compared by cosine."""
    folder = tmp_path_factory.mktemp("models") / "words"
    word_model().save(str(folder))
    return str(folder)
