"""Encoding images beside `SentenceTransformer.encode` with its defaults, in one process.

The pictures are drawn, 256 pixels a side, and stored as JPEG files. The model has the size and the layers of
CLIP ViT-B/32 with random weights, which cost what trained ones do; `--model` takes another. Ours goes from a
folder to vectors: it reads each file twice, first for its content hash and its thumbnail. Both encode the
same files in turns, block by block, so that a busy machine slows both. Reading is timed apart.

`--large` encodes pictures of 12 million pixels instead, for the peak of memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import explorer
from benchmarks.corpora import empty_cache
from benchmarks.encode import lowest_cosine
from benchmarks.results import record
from benchmarks.workers import PeakMemory
from tests.drawn_images import COLOURS, SHAPES, draw, random_drawing

_LARGE_SIDE = 3_464  # of a square picture of 12 million pixels


def main() -> None:
    """Print a line per block, then the rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1_000)
    parser.add_argument("--block", type=int, default=200, help="images encoded by one, then by the other")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    os.environ["EXPLORER_DEVICE"] = "cpu"
    with empty_cache(), TemporaryDirectory() as made:
        model = options.model or save_clip(Path(made, "clip"))
        folder = Path(made, "drawn")
        draw_folder(folder, options.images, _LARGE_SIDE if options.large else options.side)
        compare(folder, model, options.block)


def compare(folder: Path, model: Path, block: int) -> None:
    """Encode a folder of images in both ways, and print."""
    from sentence_transformers import SentenceTransformer

    default = SentenceTransformer(str(model), device="cpu")
    started = time.perf_counter()
    with PeakMemory() as reading:
        corpus = explorer.open_corpus(folder)
    read = time.perf_counter() - started
    paths = [str(folder / name) for name in corpus.texts]
    default.encode(paths[:8])
    warm = corpus.take(np.arange(8))
    explorer.embed(warm, str(model), precision="float32")
    blocks = [np.arange(at, min(at + block, len(paths))) for at in range(8, len(paths), block)]
    ours, theirs, lowest, peak = [], [], 1.0, {"ours": 0.0, "sentence-transformers": 0.0}
    for number, rows in enumerate(blocks, start=1):
        with PeakMemory() as memory:
            started = time.perf_counter()
            space = explorer.embed(corpus.take(rows), str(model), precision="float32")
            ours.append((time.perf_counter() - started) / len(rows))
        peak["ours"] = max(peak["ours"], memory.megabytes)
        with PeakMemory() as memory:
            started = time.perf_counter()
            vectors = np.asarray(default.encode([paths[row] for row in rows]))
            theirs.append((time.perf_counter() - started) / len(rows))
        peak["sentence-transformers"] = max(peak["sentence-transformers"], memory.megabytes)
        lowest = min(lowest, lowest_cosine(space.vectors, vectors))
        print(f"block {number}: {1 / ours[-1]:7.1f} images/s, {1 / theirs[-1]:7.1f} theirs", flush=True)
    rates = {"ours": 1 / statistics.median(ours), "sentence-transformers": 1 / statistics.median(theirs)}
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    print(
        f"{len(paths):,} images, medians of {len(blocks)} blocks: {rates['ours']:.1f} images/s, theirs "
        f"{rates['sentence-transformers']:.1f}; ratio {ratio:.2f}; lowest cosine {lowest:.6f}; engine "
        f"{space.report.engine}"
    )
    print(
        f"reading (hashes, thumbnails): {len(paths) / read:.0f} images/s, peak {reading.megabytes:,.0f} MB; "
        f"peak while encoding {peak['ours']:,.0f} MB, theirs {peak['sentence-transformers']:,.0f} MB "
        "(both models are loaded)"
    )
    record(
        "images",
        {
            "images": len(paths),
            "ratio": ratio,
            "reading, images/s": len(paths) / read,
            "lowest cosine": lowest,
            "load at the end": os.getloadavg()[0],
            **{f"{name}, images/s": rate for name, rate in rates.items()},
            **{f"{name}, peak MB": megabytes for name, megabytes in peak.items()},
        },
    )


def draw_folder(folder: Path, images: int, side: int) -> None:
    """Write JPEG files of drawings; large ones are drawn small and enlarged."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(images):
        shape, colour = SHAPES[number % len(SHAPES)], list(COLOURS)[number // len(SHAPES) % len(COLOURS)]
        picture = draw(random_drawing(shape, colour, rng), min(side, 256), seed=number)
        if side > 256:
            picture = picture.resize((side, side))
        picture.save(folder / f"{number:05}.jpg", quality=90)


def save_clip(folder: Path) -> Path:
    """A model of the size of CLIP ViT-B/32, with random weights."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Transformer
    from transformers import BertTokenizerFast, CLIPConfig, CLIPModel, CLIPProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", *SHAPES, *COLOURS]
    with TemporaryDirectory() as raw:
        Path(raw, "vocab.txt").write_text("\n".join(words))
        tokenizer = BertTokenizerFast(vocab=str(Path(raw, "vocab.txt")), model_max_length=77)
        torch.manual_seed(0)
        text = {"eos_token_id": 3, "pad_token_id": 0, "bos_token_id": 2}
        CLIPModel(CLIPConfig(text_config=text, vision_config={"patch_size": 32})).save_pretrained(raw)
        CLIPProcessor(CLIPImageProcessorPil(), tokenizer).save_pretrained(raw)
        SentenceTransformer(modules=[Transformer(raw)], device="cpu").save(str(folder))
    return folder


if __name__ == "__main__":
    main()
