"""Texts as a model's own Python code reads them, where no fast tokenizer takes its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explorer.encode.engines.engine import Prompt
from explorer.encode.tokens import COUNTING
from explorer.jobs.progress import OnProgress, counting

_CHUNK = 256  # texts read at once to learn their lengths


def own_code(model: Any, prompt: Prompt) -> Callable[[list[str]], dict[str, Any]]:  # noqa: ANN401
    """What reads texts with a prompt, as `encode_query` and `encode_document` of sentence-transformers do.

    A Router is told whether they are queries; other models are not, since some with code of their own take
    that word for the name of something else.

    Args:
        model: The `SentenceTransformer`.
        prompt: What the model is told of the texts.
    """
    from sentence_transformers.base.modules import Router

    first, route = model[0], {}
    if isinstance(first, Router) and prompt.role in {
        *first.sub_modules,
        *(task for task, _ in first.route_mappings),
    }:
        route = {"task": prompt.role}
    return lambda texts: dict(model.preprocess(texts, prompt=prompt.text or None, **route))


def own_lengths(
    preprocess: Callable[[list[str]], dict[str, Any]],
    texts: Sequence[str],
    on_progress: OnProgress | None = None,
) -> np.ndarray:
    """Tokens of each text after truncation, int32, shape (texts,).

    Args:
        preprocess: What `own_code` gives.
        texts: The texts.
        on_progress: Told the texts that are done; what it raises stops the count.
    """
    tell = counting(on_progress, COUNTING, "texts")
    lengths = np.zeros(len(texts), dtype=np.int32)
    for start in range(0, len(texts), _CHUNK):
        chunk = list(texts[start : start + _CHUNK])
        features = preprocess(chunk)
        if "attention_mask" in features:
            counted = features["attention_mask"].sum(1).numpy()
        else:  # a static model has the tokens of all texts in one row, and where each text begins
            ends = [*features["offsets"].tolist()[1:], len(features["input_ids"])]
            counted = np.diff(ends, prepend=0)
        lengths[start : start + len(chunk)] = counted
        tell(start + len(chunk), len(texts))
    return lengths
