"""Which texts are encoded together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.encode.engines.engine import NO_PROMPT, Engine, OnWait, Prompt


def plan_batches(lengths: np.ndarray, token_budget: int) -> list[np.ndarray]:
    """Group texts of like length so that little is spent on padding.

    Longest first: memory runs out at once or not at all, and a run that was stopped between two batches
    goes on with just the batches it would have made, so its vectors are those of an unbroken run.

    Args:
        lengths: Tokens of each text after truncation, shape (texts,).
        token_budget: Tokens a batch may have, padding included; one text may exceed it alone.

    Returns:
        Positions of the texts of each batch, int64; every text is in exactly one.
    """
    order = np.argsort(-lengths, kind="stable")
    batches: list[np.ndarray] = []
    start = 0
    while start < len(order):
        # All are padded to the first one, the longest.
        size = max(1, token_budget // max(1, int(lengths[order[start]])))
        batches.append(order[start : start + size])
        start += size
    return batches


def encode_few(
    engine: Engine, texts: Sequence[str], on_wait: OnWait | None = None, *, prompt: Prompt = NO_PROMPT
) -> np.ndarray:
    """Vectors of a handful of texts, in order, by the engine's own batches, in a run of their own.

    Args:
        engine: The model, which is confirmed first.
        texts: The texts, without the prompt.
        on_wait: See `Engine.run`.
        prompt: What the model is told of them.

    Returns:
        float32, shape (texts, dims).

    Raises:
        ModelChangedError: The model is no longer the one that the encoder's fingerprint names.
    """
    tokens = engine.tokenize(texts, prompt=prompt)
    out = np.empty((len(texts), engine.dims), dtype=np.float32)
    with engine.run(on_wait) as run:
        run.confirm()
        for batch in plan_batches(tokens.lengths, engine.token_budget):
            out[batch] = run.start(tokens.batch(batch))()
    return out
