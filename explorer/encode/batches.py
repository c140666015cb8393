"""Batches: which texts are encoded together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from explorer.encode.engines.engine import NO_PROMPT, Engine, OnWait, Prompt


def plan_batches(lengths: np.ndarray, token_budget: int) -> list[np.ndarray]:
    """Group texts of similar length, so that there is little padding.

    The longest come first: memory runs out at once or not at all. A run that was stopped between two batches
    continues with the batches that remained, so its vectors are those of an uninterrupted run.

    Args:
        lengths: Tokens of each text after truncation, shape (texts,).
        token_budget: Tokens that a batch may have, padding included; a single text may exceed it.

    Returns:
        For each batch, the positions of its texts, int64, shape (batch,); each text is in exactly one.
    """
    order = np.argsort(-lengths, kind="stable")
    batches: list[np.ndarray] = []
    start = 0
    while start < len(order):
        # All are padded to the first text, the longest.
        size = max(1, token_budget // max(1, int(lengths[order[start]])))
        batches.append(order[start : start + size])
        start += size
    return batches


def encode_few(
    engine: Engine,
    texts: Sequence[str],
    on_wait: OnWait | None = None,
    *,
    prompt: Prompt = NO_PROMPT,
    on_done: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Encode a few texts, in a run of their own.

    Args:
        engine: The engine; its model is confirmed first.
        texts: The texts, without the prompt.
        on_wait: See `Engine.run`.
        prompt: Their prompt and role.
        on_done: Called after each batch with the finished texts and their total; an exception it raises stops
            the work.

    Returns:
        The vectors in the order of the texts, float32, shape (texts, dims).

    Raises:
        ModelChangedError: The model has been replaced since the encoder's fingerprint was made.
    """
    tokens = engine.tokenize(texts, prompt=prompt)
    out = np.empty((len(texts), engine.dims), dtype=np.float32)
    with engine.run(on_wait) as run:
        run.confirm()
        done = 0
        for batch in plan_batches(tokens.lengths, engine.token_budget):
            out[batch] = run.start(tokens.batch(batch))()
            done += len(batch)
            if on_done is not None:
                on_done(done, len(texts))
    return out
