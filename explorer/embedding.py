"""From a corpus to its space, in one call."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.analysis.space import Space
from explorer.data.corpus import Corpus
from explorer.data.opening import open_corpus
from explorer.encode.cache import VectorCache
from explorer.encode.encoder import open_encoder
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.progress import OnProgress, Progress
from explorer.encode.run import encode_corpus
from explorer.encode.spec import EncoderSpec, Precision
from explorer.settings import settings

if TYPE_CHECKING:
    import pandas as pd


def embed(
    corpus: Corpus | str | Path | Sequence[str] | pd.DataFrame,
    model: str = BUNDLED_MODEL,
    *,
    precision: Precision = "auto",
    prompt: str | None = None,
    query_prompt: str | None = None,
    revision: str | None = None,
    on_progress: OnProgress | None = None,
) -> Space:
    """Encode a corpus; what was encoded before comes from the cache.

    Args:
        corpus: A corpus, or anything `open_corpus` takes.
        model: The bundled model's id, a folder, or a Hub id.
        precision: `auto` computes in a short type where a check on your rows allows it; `float32` is exact.
        prompt: Put before each row; None takes the model's own.
        query_prompt: Put before each query; None takes the model's own.
        revision: Branch, tag or commit on the Hub.
        on_progress: Called often; an exception it raises stops the work, and what was encoded is kept.

    Returns:
        The space: one vector for each row.

    Raises:
        DataError: The corpus cannot be opened.
        ModelError: The model cannot be had.
        EncodeError: Encoding failed.
    """
    opened = corpus if isinstance(corpus, Corpus) else open_corpus(corpus)
    return embed_spec(
        opened, EncoderSpec(model, precision, prompt, query_prompt, revision), on_progress=on_progress
    )


def embed_spec(corpus: Corpus, spec: EncoderSpec, *, on_progress: OnProgress | None = None) -> Space:
    """Encode a corpus with an encoder that was already chosen; see `embed`."""
    say = on_progress or (lambda _progress: None)
    cache = vector_cache()
    encoder = open_encoder(
        spec, corpus.texts, cache, on_phase=lambda phase: say(Progress(phase, total=len(corpus)))
    )
    vectors, report = encode_corpus(encoder, corpus, cache, on_progress)
    return Space(corpus, encoder, vectors, report)


def vector_cache() -> VectorCache:
    """The vector cache of this process, as the settings say."""
    return _cache_at(settings().cache_folder, settings().cache_mb)


@functools.cache
def _cache_at(folder: Path, max_mb: int) -> VectorCache:
    return VectorCache(folder, max_mb)
