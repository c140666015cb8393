"""Preprocessing by a model's own Python code, for models without an equivalent fast tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explorer.encode.engines.engine import Prompt
from explorer.encode.tokens import COUNTING
from explorer.jobs.progress import OnProgress, counting

_CHUNK = 256  # texts tokenised at once to get their lengths


def own_preprocess(model: Any, prompt: Prompt) -> Callable[[list[str]], dict[str, Any]]:  # noqa: ANN401
    """The preprocessing that `encode_query` and `encode_document` of sentence-transformers do.

    Only a Router gets the role of the texts, as `task`: some models with their own code use that parameter
    for something else.

    Args:
        model: The `SentenceTransformer`.
        prompt: The prompt and the role of the texts.

    Returns:
        A function from texts to the model's features.
    """
    from sentence_transformers.base.modules import Router

    first, route = model[0], {}
    if isinstance(first, Router) and prompt.role in {
        *first.sub_modules,
        *(task for task, _ in first.route_mappings),
    }:
        route = {"task": prompt.role}
    # A model of several modalities takes a plain string that looks like an image's address or path for the
    # image, and opens it: texts are strangers' and must be said to be texts.
    plain = model.modalities == ["text"]

    def preprocess(texts: list[str]) -> dict[str, Any]:
        inputs = texts if plain else [{"text": text} for text in texts]
        return dict(model.preprocess(inputs, prompt=prompt.text or None, **route))

    return preprocess


def own_lengths(
    preprocess: Callable[[list[str]], dict[str, Any]],
    texts: Sequence[str],
    on_progress: OnProgress | None = None,
) -> np.ndarray:
    """Tokens of each text after truncation, int32, shape (texts,).

    Args:
        preprocess: The result of `own_preprocess`.
        texts: The texts.
        on_progress: Called with the number of finished texts; an exception it raises stops the work.
    """
    report = counting(on_progress, COUNTING, "texts")
    lengths = np.zeros(len(texts), dtype=np.int32)
    for start in range(0, len(texts), _CHUNK):
        chunk = list(texts[start : start + _CHUNK])
        features = preprocess(chunk)
        if "attention_mask" in features:
            counted = features["attention_mask"].sum(1).numpy()
        else:  # a static model has all tokens in one row, and the offset of each text
            ends = [*features["offsets"].tolist()[1:], len(features["input_ids"])]
            counted = np.diff(ends, prepend=0)
        lengths[start : start + len(chunk)] = counted
        report(start + len(chunk), len(texts))
    return lengths
