"""A sentence-transformers model of a few kilobytes, with random weights, for tests."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

WORDS = [
    "the",
    "a",
    "cat",
    "dog",
    "sat",
    "ran",
    "on",
    "mat",
    "refund",
    "order",
    "late",
    "my",
    "is",
    "not",
    "working",
    "please",
    "help",
    "query",
    "document",
    ":",
]


def save_tiny_model(folder: Path, *, prompts: dict[str, str] | None = None, seed: int = 0) -> Path:
    """Write the model; dims 16, reads 12 tokens, mean pooling, no normalising."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    pieces += [chr(code) for code in range(97, 123)] + [f"##{chr(code)}" for code in range(97, 123)]
    with TemporaryDirectory() as raw:
        Path(raw, "vocab.txt").write_text("\n".join(dict.fromkeys(pieces)))
        tokenizer = BertTokenizerFast(vocab=str(Path(raw, "vocab.txt")))
        tokenizer.save_pretrained(raw)
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(dict.fromkeys(pieces)), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=32,
        )  # fmt: skip
        BertModel(config).eval().save_pretrained(raw)
        transformer = Transformer(raw, max_seq_length=12)
    model = SentenceTransformer(
        modules=[transformer, Pooling(16, pooling_mode="mean")], prompts=prompts or {}, device="cpu"
    )
    model.save(str(folder))
    return folder


def save_pair_model(folder: Path, labels: Sequence[str], *, seed: int = 0) -> Path:
    """Write a model that reads two texts at once, with an output for each label; it reads 32 tokens."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir(parents=True)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, ".", ","]
    pieces += [chr(code) for code in range(97, 123)] + [f"##{chr(code)}" for code in range(97, 123)]
    pieces = list(dict.fromkeys(pieces))
    (folder / "vocab.txt").write_text("\n".join(pieces))
    tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=32)
    tokenizer.save_pretrained(str(folder))
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32, initializer_range=2.0,
        num_labels=len(labels), id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )  # fmt: skip
    BertForSequenceClassification(config).eval().save_pretrained(str(folder))
    return folder


def add_own_code(folder: Path, marker: Path, factor: int = 2) -> Path:
    """Let a model run code of its own: it makes a file when it is imported, and multiplies the vectors."""
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "custom_st.Multiplied"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "factor.py").write_text(f"FACTOR = {factor}\n")
    (folder / "custom_st.py").write_text(
        f"""
from pathlib import Path

from sentence_transformers.sentence_transformer.modules import Transformer

from .factor import FACTOR

Path({str(marker)!r}).touch()


class Multiplied(Transformer):
    def forward(self, features, **kwargs):
        features = super().forward(features, **kwargs)
        features["token_embeddings"] = FACTOR * features["token_embeddings"]
        return features
"""
    )
    return folder


def pickle_weights(folder: Path) -> Path:
    """Keep a model's weights in a pickle file, as before safetensors."""
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


class Malicious:
    """Makes a folder when it is read from a pickle file."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self._marker),)
