"""Tokenising texts, counting their tokens, and the truncation audit; no model is loaded."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from explorer.encode.models import ModelFiles
from explorer.jobs.progress import OnProgress, counting

_CHUNK = 4096  # texts between two progress reports
COUNTING = "Counting tokens"
_FAST_TOKENIZER = "tokenizer.json"


class Tokens(Protocol):
    """Tokenised texts, ready to be divided into batches.

    Attributes:
        lengths: int32, shape (texts,): tokens of each after truncation, special tokens included.
    """

    lengths: np.ndarray

    def batch(self, positions: np.ndarray) -> Any:  # noqa: ANN401 - each engine takes its own
        """The model inputs for some of the texts, by position; may be called in any thread."""
        ...


@dataclass(frozen=True)
class FastTokenizer:
    """The Rust tokenizer of a model, which truncates and pads like the model's own Python code.

    Attributes:
        folder: The folder with tokenizer.json.
        max_length: Tokens the model reads of a text; None if there is no limit.
        pad_id: Token id that pads shorter texts, on the right.
        inputs: Names of the model's inputs: some of input_ids, attention_mask and token_type_ids; or
            input_ids and offsets, for a static model, where texts are concatenated without special tokens.
        pools_prompt: Whether the tokens of a prompt are pooled with those of the text.
    """

    folder: Path
    max_length: int | None
    pad_id: int
    inputs: tuple[str, ...]
    pools_prompt: bool = True
    # Held from the start: models of the same content share an engine, which may outlive its folder.
    _loaded: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_loaded", _tokenizer(self.folder, self.max_length))

    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: str = ""
    ) -> IdTokens:
        """Tokenise texts.

        Args:
            texts: The texts.
            on_progress: Called with the number of finished texts; an exception it raises stops the work.
            prompt: Put before each text.
        """
        tokenizer = self._loaded
        special = "offsets" not in self.inputs
        report = counting(on_progress, COUNTING, "texts")
        lengths = np.empty(len(texts), dtype=np.int64)
        chunks = [np.empty(0, dtype=np.int32)]
        for start in range(0, len(texts), _CHUNK):
            chunk = [prompt + text for text in texts[start : start + _CHUNK]]
            ids = [
                encoding.ids for encoding in tokenizer.encode_batch_fast(chunk, add_special_tokens=special)
            ]
            lengths[start : start + len(ids)] = [len(one) for one in ids]
            chunks.append(np.fromiter(itertools.chain.from_iterable(ids), np.int32))
            report(start + len(ids), len(texts))
        not_pooled = 0
        if prompt and not self.pools_prompt:
            # Like Transformer._get_prompt_length of sentence-transformers, without the final special token.
            alone = tokenizer.encode(prompt)
            not_pooled = len(alone.ids) - alone.special_tokens_mask[-1]
        return IdTokens(self, np.concatenate(chunks), lengths, not_pooled)


class IdTokens:
    """Token ids of all texts, concatenated; see `Tokens`."""

    def __init__(
        self, tokenizer: FastTokenizer, ids: np.ndarray, lengths: np.ndarray, not_pooled: int = 0
    ) -> None:
        self._not_pooled = not_pooled  # tokens at the start of each text
        self.lengths = lengths.astype(np.int32)
        self._tokenizer = tokenizer
        self._ids = ids
        self._starts = np.cumsum(lengths) - lengths

    def batch(self, positions: np.ndarray) -> dict[str, Any]:
        """The inputs of the model by name, int64 arrays.

        Their shape is (positions, longest). For a static model, input_ids has shape (tokens,), and offsets,
        the start of each text, shape (positions,). If the prompt is not pooled, there is also
        `prompt_length`, the number of its tokens.
        """
        lengths = self.lengths[positions]
        starts = self._starts[positions]
        tokens = np.concatenate(
            [self._ids[start : start + length] for start, length in zip(starts, lengths, strict=True)]
        )
        if "offsets" in self._tokenizer.inputs:
            offsets = np.cumsum(lengths, dtype=np.int64) - lengths
            return {"input_ids": tokens.astype(np.int64), "offsets": offsets}
        mask = np.arange(lengths.max()) < lengths[:, None]
        ids = np.full(mask.shape, self._tokenizer.pad_id, dtype=np.int64)
        ids[mask] = tokens
        available = {
            "input_ids": ids,
            "attention_mask": mask.astype(np.int64),
            "token_type_ids": np.zeros_like(ids),
        }
        inputs: dict[str, Any] = {name: available[name] for name in self._tokenizer.inputs}
        return inputs | {"prompt_length": self._not_pooled} if self._not_pooled else inputs


class TextTokens:
    """Texts tokenised by the model's own code, one batch at a time; see `Tokens`.

    Args:
        texts: The texts.
        lengths: int32, shape (texts,): tokens of each after truncation, prompt and special tokens included.
        preprocess: The model's own code, which also adds the prompt.
    """

    def __init__(
        self, texts: Sequence[str], lengths: np.ndarray, preprocess: Callable[[list[str]], dict[str, Any]]
    ) -> None:
        self.lengths = lengths
        self._texts = texts
        self._preprocess = preprocess

    def batch(self, positions: np.ndarray) -> dict[str, Any]:
        """The features that the model's own code returns for the texts."""
        return self._preprocess([self._texts[position] for position in positions])


def count_tokens(
    files: ModelFiles,
    texts: Sequence[str],
    *,
    prompt: str = "",
    on_progress: OnProgress | None = None,
) -> np.ndarray:
    """Count the tokens of each text before truncation, including the prompt and special tokens.

    Args:
        files: The model.
        texts: The texts.
        prompt: Put before each text.
        on_progress: Called with the number of finished texts; an exception it raises stops the work.

    Returns:
        int32, shape (texts,).
    """
    report = counting(on_progress, COUNTING, "texts")
    count = _counter(files.tokenizer_folder, files.trust_remote_code, not files.facts.is_static)
    lengths = np.empty(len(texts), dtype=np.int32)
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        lengths[start : start + len(chunk)] = count([prompt + text for text in chunk])
        report(start + len(chunk), len(texts))
    return lengths


def token_spans(files: ModelFiles, texts: Sequence[str]) -> list[np.ndarray]:
    """Start and end, in characters, of each token of each text, without special tokens and truncation.

    Args:
        files: The model; it has a fast tokenizer.
        texts: The texts.

    Returns:
        For each text int64, shape (tokens, 2).
    """
    encoded = _tokenizer(files.tokenizer_folder, None).encode_batch(list(texts), add_special_tokens=False)
    return [np.array(one.offsets, dtype=np.int64).reshape(-1, 2) for one in encoded]


def has_fast_tokenizer(files: ModelFiles) -> bool:
    """Whether a model has tokenizer.json, the file of a Rust tokenizer."""
    return (files.tokenizer_folder / _FAST_TOKENIZER).is_file()


@functools.lru_cache(maxsize=4)
def _tokenizer(folder: Path, max_length: int | None) -> Any:  # noqa: ANN401 - a library without types
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / _FAST_TOKENIZER))
    tokenizer.no_padding()
    if max_length is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(max_length)
    return tokenizer


@functools.lru_cache(maxsize=4)
def _counter(folder: Path, trust_remote_code: bool, special: bool) -> Callable[[list[str]], list[int]]:
    if (folder / _FAST_TOKENIZER).is_file():
        fast = _tokenizer(folder, None)
        return lambda texts: [
            len(encoding.ids) for encoding in fast.encode_batch_fast(texts, add_special_tokens=special)
        ]
    from transformers import AutoTokenizer

    slow: Any = AutoTokenizer.from_pretrained(
        str(folder), local_files_only=True, trust_remote_code=trust_remote_code
    )
    return lambda texts: [len(ids) for ids in slow(texts, truncation=False, verbose=False)["input_ids"]]


@dataclass(frozen=True)
class TokenAudit:
    """The lengths of the rows for an encoder, and how much its maximum length cuts off.

    Attributes:
        lengths: int32, shape (rows,): tokens before truncation, special tokens included.
        max_length: Tokens the encoder reads; None if there is no limit.
    """

    lengths: np.ndarray
    max_length: int | None

    @property
    def cut_rows(self) -> np.ndarray:
        """The rows that are longer than the encoder reads, int64, shape (cut,), longest first."""
        if self.max_length is None:
            return np.empty(0, dtype=np.int64)
        rows = np.flatnonzero(self.lengths > self.max_length)
        return rows[np.argsort(-self.lengths[rows], kind="stable")]

    @property
    def lost_tokens(self) -> int:
        """Number of tokens that are not read."""
        if self.max_length is None:
            return 0
        return int(np.maximum(self.lengths - self.max_length, 0).sum(dtype=np.int64))

    @property
    def lost_share(self) -> float:
        """Share of all tokens that are not read, 0 to 1."""
        total = int(self.lengths.sum(dtype=np.int64))
        return self.lost_tokens / total if total else 0.0
