"""The tokens of a model as what passages are measured in, so that none is longer than the model reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from explorer.encode.models import ModelFiles
from explorer.encode.tokens import count_tokens, has_fast_tokenizer, token_spans
from explorer.errors import UnusableModelError


class TokenUnits:
    """The tokens of a model, without special tokens and the prompt; see `explorer.data.passages.Units`.

    Args:
        files: The model.
        prompt: What it puts before each text.

    Attributes:
        name: Its name in a sentence.
        room: The most tokens of a text that the model reads; None if there is no limit.

    Raises:
        UnusableModelError: The model's tokenizer does not say where its tokens are, or the prompt leaves no
            room for a text.
    """

    def __init__(self, files: ModelFiles, prompt: str = "") -> None:
        if not has_fast_tokenizer(files):
            raise UnusableModelError(
                "Its tokenizer does not say where tokens are in a text.",
                where=files.name,
                fix="Split the texts by words.",
            )
        self.name = f"tokens of {PurePath(files.name).name}"
        self._files, self._prompt = files, prompt
        self._more = int(count_tokens(files, [prompt])[0])
        self.room = None if files.max_length is None else files.max_length - self._more
        if self.room is not None and self.room < 1:
            raise UnusableModelError(
                f"The model reads {files.max_length:,} tokens, and the prompt takes them all.",
                where=files.name,
                fix="Choose a shorter prompt.",
            )

    def count(self, texts: Sequence[str]) -> NDArray[np.integer]:
        """The tokens of each text, shape (texts,)."""
        return count_tokens(self._files, texts, prompt=self._prompt) - self._more

    def spans(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Start and end of each token in each text."""
        return token_spans(self._files, texts)
