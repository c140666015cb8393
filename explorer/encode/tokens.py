"""Token counts of texts and the truncation audit, without loading a model."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.encode.models import ModelFiles

_CHUNK = 4096  # texts counted between two progress reports


def count_tokens(
    files: ModelFiles,
    texts: Sequence[str],
    *,
    prompt: str = "",
    on_progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Tokens of each text before truncation, special tokens and prompt included.

    Args:
        files: The model whose tokenizer counts.
        texts: The texts.
        prompt: What is put before each text.
        on_progress: Called with (texts done, texts in all); what it raises stops the count.

    Returns:
        int32, shape (texts,).
    """
    count = _counter(files.folder)
    lengths = np.empty(len(texts), dtype=np.int32)
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        lengths[start : start + len(chunk)] = count([prompt + text for text in chunk])
        if on_progress:
            on_progress(start + len(chunk), len(texts))
    return lengths


@functools.lru_cache(maxsize=4)
def _counter(folder: Path) -> Callable[[list[str]], list[int]]:
    fast = folder / "tokenizer.json"
    if fast.is_file():
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(fast))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return lambda texts: [len(encoding.ids) for encoding in tokenizer.encode_batch_fast(texts)]
    from transformers import AutoTokenizer

    slow: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    return lambda texts: [len(ids) for ids in slow(texts, truncation=False, verbose=False)["input_ids"]]


@dataclass(frozen=True)
class TokenAudit:
    """How long the rows are for an encoder, and what its maximum length cuts off.

    Attributes:
        lengths: int32, shape (rows,): tokens before truncation, special tokens included.
        max_length: Tokens the encoder reads; None when it has no bound.
    """

    lengths: np.ndarray
    max_length: int | None

    @property
    def cut_rows(self) -> np.ndarray:
        """int64, shape (cut,): the rows longer than the encoder reads, longest first."""
        if self.max_length is None:
            return np.empty(0, dtype=np.int64)
        rows = np.flatnonzero(self.lengths > self.max_length)
        return rows[np.argsort(-self.lengths[rows], kind="stable")]

    @property
    def lost_tokens(self) -> int:
        """Tokens that are never read."""
        if self.max_length is None:
            return 0
        return int(np.maximum(self.lengths - self.max_length, 0).sum(dtype=np.int64))

    @property
    def lost_share(self) -> float:
        """Share of all tokens that is never read, 0 to 1."""
        total = int(self.lengths.sum(dtype=np.int64))
        return self.lost_tokens / total if total else 0.0
