"""Loading the `SentenceTransformer` of a model, and its fast tokenizer."""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.encode.model_safety import remote_code_error
from explorer.encode.models import ModelFiles
from explorer.encode.tokens import FastTokenizer, has_fast_tokenizer
from explorer.errors import ModelError, UnsafeModelError, UnusableModelError
from explorer.settings import settings

if TYPE_CHECKING:
    import torch

_FORCE_WEIGHTS_ONLY = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
_STATIC_INPUTS = {"input_ids", "offsets"}
# Tokenizers may differ in spaces, capitals, accents, symbols, the spelling of special tokens, and truncation.
TOKENIZER_TEXTS = [
    "",
    " ",
    "a",
    "One short text.",
    "  two  spaces\tand\r\nlines  ",
    "ÜNÏCÖDÉ ﬁ ß 日本語 🎉\u200b",
    "[CLS] [SEP] [MASK] <s> </s> <mask> <pad>",
    "don't — “quotes”, 3,141.59 & user@example.org",
]


def fast_tokenizer(files: ModelFiles, model: Any) -> FastTokenizer | None:  # noqa: ANN401
    """The Rust tokenizer of a loaded model, if it agrees exactly with the model's own Python code.

    Args:
        files: The model.
        model: The `SentenceTransformer` loaded from it.

    Returns:
        The tokenizer; None if there is none, or if it differs on a check text.
    """
    if not has_fast_tokenizer(files) or files.is_routed:  # each route may have its own
        return None
    texts = [*TOKENIZER_TEXTS, "word " * (files.max_length or 512) + "and more"]
    features = model.preprocess(texts)
    expected = {name: value.numpy() for name, value in features.items() if hasattr(value, "numpy")}
    static = set(expected) == _STATIC_INPUTS
    pad_id = 0 if static else getattr(model.tokenizer, "pad_token_id", None)  # static models have no padding
    if (
        not isinstance(pad_id, int)
        or not (static or {"input_ids", "attention_mask"} <= set(expected) <= _INPUTS)
        or features.get("modality", "text") != "text"
    ):
        return None
    tokenizer = FastTokenizer(
        files.tokenizer_folder, files.max_length, pad_id, tuple(sorted(expected)), files.pools_prompt
    )
    given = tokenizer.tokenize(texts).batch(np.arange(len(texts)))
    same = all(np.array_equal(given[name], values) for name, values in expected.items())
    return tokenizer if same else None


@contextlib.contextmanager
def weights_only() -> Iterator[None]:
    """Make torch read pickle files without running code, whatever a model's own settings are.

    A model's `sentence_bert_config.json` can set `weights_only`; this variable of torch overrides it
    (docs.pytorch.org/docs/stable/notes/serialization.html).
    """
    before = os.environ.get(_FORCE_WEIGHTS_ONLY)
    os.environ[_FORCE_WEIGHTS_ONLY] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FORCE_WEIGHTS_ONLY]
        else:
            os.environ[_FORCE_WEIGHTS_ONLY] = before


@contextlib.contextmanager
def safe_loading(files: ModelFiles, *folders: Path, fix: str) -> Iterator[None]:
    """Load a model in this block: no code of its files runs, and errors of the libraries become ours.

    Args:
        files: The model.
        folders: Folders besides the model's own that must not be in messages.
        fix: What to do if the files make no model of the kind that is wanted.

    Raises:
        UnusableModelError: The files do not make such a model.
        UnsafeModelError: The model needs its own code, which is not allowed, or its weights would run code.
    """
    import transformers

    transformers.utils.logging.disable_progress_bar()
    try:
        with weights_only():
            yield
    except ModelError:
        raise
    except pickle.UnpicklingError as error:
        raise UnsafeModelError(
            "A pickle file of the model holds something other than weights, or is damaged; nothing in it "
            "was run.",
            where=files.name,
            fix="Choose a model with safetensors weights.",
        ) from error
    except Exception as error:  # the libraries raise many types for folders they cannot read
        if "trust_remote_code" in str(error):
            raise remote_code_error(files.name) from error
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UnusableModelError(
            f"The model cannot be loaded: {files.without_paths(reason, *folders)}", where=files.name, fix=fix
        ) from error


def _named_by_content(files: ModelFiles) -> Path:
    """A model's folder under a name that depends on the contents of its files.

    transformers caches code under the folder's name and hashes of single files, so after a change it could
    run the old code. Snapshots of the Hub are named by their commit already.
    """
    if files.origin == "hub" or not files.trust_remote_code:
        return files.folder
    link = settings().cache_folder / "code" / files.revision.removeprefix("sha256:")
    if link.resolve() != files.folder:
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(files.folder)
    return link


def load_model(files: ModelFiles, device: torch.device, dtype: torch.dtype) -> Any:  # noqa: ANN401
    """The `SentenceTransformer` of a model, ready to run.

    Raises:
        UnusableModelError: The files do not make a model that embeds texts.
        UnsafeModelError: The model needs its own code, which is not allowed, or its weights would run code.
    """
    from sentence_transformers import SentenceTransformer

    folder = _named_by_content(files)
    with safe_loading(files, folder, fix="Choose a sentence-transformers model."):
        model = SentenceTransformer(
            str(folder),
            device=str(device),
            trust_remote_code=files.trust_remote_code,
            local_files_only=True,
            model_kwargs={"use_safetensors": None if settings().allow_pickle else True, "dtype": dtype},
        )
    if not model.supports("text"):
        raise UnusableModelError("The model does not take texts.", where=files.name)
    _bound_length(model)
    if not files.pools_prompt:
        model.set_pooling_include_prompt(include_prompt=False)
    model.eval()
    return model.to(dtype)


def _bound_length(model: Any) -> None:  # noqa: ANN401
    """Make a model for images and texts cut texts at its last position, beyond which it raises an error.

    `Transformer.__init__` of sentence-transformers 6.2 finds the number only where models of texts have it.
    """
    config = getattr(getattr(model[0], "config", None), "text_config", None)
    positions = getattr(config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions < (model.max_seq_length or sys.maxsize):
        model.max_seq_length = positions
