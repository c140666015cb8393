"""A sentence-transformers model of a few kilobytes, with random weights, for tests."""

from __future__ import annotations

from pathlib import Path

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

    raw = folder.with_name(folder.name + "-raw")
    raw.mkdir(parents=True)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    pieces += [chr(code) for code in range(97, 123)] + [f"##{chr(code)}" for code in range(97, 123)]
    (raw / "vocab.txt").write_text("\n".join(dict.fromkeys(pieces)))
    tokenizer = BertTokenizerFast(vocab=str(raw / "vocab.txt"))
    tokenizer.save_pretrained(str(raw))
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(dict.fromkeys(pieces)), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32,
    )  # fmt: skip
    BertModel(config).eval().save_pretrained(str(raw))
    transformer = Transformer(str(raw), max_seq_length=12)
    model = SentenceTransformer(
        modules=[transformer, Pooling(16, pooling_mode="mean")], prompts=prompts or {}, device="cpu"
    )
    model.save(str(folder))
    return folder
