"""A small CLIP model, trained for seconds so that colours and shapes match their words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tests.drawn_images import COLOURS, GROUNDS, SHAPES, draw, random_drawing

SIDE = 32  # pixels of a side that it reads
DIMS = 32
_WORDS = ["a", "an", "on", "ground", "photo", "of", *SHAPES, *COLOURS, *GROUNDS]
_DRAWINGS = 48 * 64  # as many of each shape and colour
_STEPS, _BATCH, _RATE = 600, 64, 4e-3


def save_tiny_clip(folder: Path, *, seed: int = 0) -> Path:
    """Train the model and write it as a sentence-transformers model; it reads 12 tokens of a text."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Transformer
    from transformers import BertTokenizerFast, CLIPConfig, CLIPModel, CLIPProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(_WORDS)]
    with TemporaryDirectory() as raw:
        Path(raw, "vocab.txt").write_text("\n".join(pieces))
        tokenizer = BertTokenizerFast(vocab=str(Path(raw, "vocab.txt")), model_max_length=12)
        torch.manual_seed(seed)
        size = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
        config = CLIPConfig(
            text_config={**size, "vocab_size": len(pieces), "max_position_embeddings": 12,
                         "eos_token_id": pieces.index("[SEP]"), "pad_token_id": 0, "bos_token_id": 2},
            vision_config={**size, "image_size": SIDE, "patch_size": 8},
            projection_dim=DIMS,
        )  # fmt: skip
        model = CLIPModel(config)
        images = CLIPImageProcessorPil(
            size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
        )
        processor = CLIPProcessor(images, tokenizer)
        with _one_thread():
            _train(model, processor, seed)
        model.eval().save_pretrained(raw)
        processor.save_pretrained(raw)
        whole = SentenceTransformer(modules=[Transformer(raw)], device="cpu")
        whole.save(str(folder))
    return folder


def _train(model: Any, processor: Any, seed: int) -> None:
    """Contrastive training on drawings, as in the paper of CLIP (arxiv.org/abs/2103.00020)."""
    import torch
    from torch.nn.functional import cross_entropy

    rng = np.random.default_rng(seed)
    shapes, colours = list(SHAPES), list(COLOURS)
    drawings = [
        random_drawing(shapes[number % 8], colours[number // 8 % 8], rng) for number in range(_DRAWINGS)
    ]
    pictures = [draw(drawing, SIDE, seed=number) for number, drawing in enumerate(drawings)]
    pixels = processor.image_processor(pictures, return_tensors="pt")["pixel_values"]
    captions = [drawing.caption for drawing in drawings] + [drawing.short_caption for drawing in drawings]
    words = processor.tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt")
    kinds = torch.arange(_DRAWINGS) % 64  # of a shape and a colour
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=_STEPS)
    model.train()
    for _ in range(_STEPS):
        chosen = torch.from_numpy(rng.choice(_DRAWINGS, _BATCH, replace=False))
        told = chosen + _DRAWINGS * int(rng.integers(2))
        # A batch has several of a kind: each image belongs to the captions of all of them.
        wanted = (kinds[chosen][:, None] == kinds[chosen]).float()
        wanted /= wanted.sum(1, keepdim=True)
        logits = model(
            input_ids=words["input_ids"][told],
            attention_mask=words["attention_mask"][told],
            pixel_values=pixels[chosen],
        ).logits_per_image
        loss = (cross_entropy(logits, wanted) + cross_entropy(logits.T, wanted)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Run torch on one thread: for a model as small as this, several only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
