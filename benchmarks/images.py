"""Encoding images beside `SentenceTransformer.encode` with its defaults, and what a run survives.

No real model was reachable when this was written: this one has the size and the layers of CLIP ViT-B/32 with
random weights, which cost what trained ones do. `--model` takes another folder. The pictures are drawn, and
stored as JPEG files. One run prints:

- **Rates in pairs.** Ours and theirs encode the same files in alternation, in another order each time, so
  that a busy machine slows both; ratios are medians of the pairs'. Theirs gets the paths and makes batches of
  32; ours has an empty vector cache. Ours has read each file once before, for its content hash and its
  thumbnail; this is timed apart, and the ratio is also given with it. So is the ratio of processor time,
  which other programs disturb less. Small pictures and photos are compared apart.
- **A killed run.** A process that encodes `--rows` small pictures is killed after about half of them, and
  another one goes on: its rate, and how many each of them encoded.
- **Memory.** The peak resident memory of processes of their own, for few and many small pictures and for
  large ones.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

import explorer
from benchmarks.corpora import empty_cache
from benchmarks.encode import empty, lowest_cosine
from benchmarks.processes import resident
from benchmarks.results import record
from explorer.encode.spec import Precision
from tests.drawn_images import COLOURS, SHAPES, draw, random_drawing

_SMALL, _PHOTO, _LARGE = (256, 256), (1_000, 750), (6_000, 4_000)  # pixels
_FEW = 32  # pictures whose peak of memory is compared with that of many
_NOISE = 6  # levels of 255, of the noise of large pictures
_PRECISIONS: tuple[Precision, ...] = ("auto", "float32")
_LOOK_SECONDS = 0.2
_Figures = dict[str, float | str]


def main() -> None:
    """Print a line for each pair, then the medians, the killed run and the memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000, help="small pictures of the killed run")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--block", type=int, default=256, help="pictures of a pair")
    parser.add_argument("--large", type=int, default=24, help="pictures of 24 million pixels")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)  # a folder to encode, in this process
    options = parser.parse_args()
    os.environ["EXPLORER_DEVICE"] = "cpu"
    if options.child:
        print(json.dumps(encoded(options.child, options.model)))
        return
    figures: _Figures = {"rows": options.rows, "pairs": options.pairs, "pictures of a pair": options.block}
    with empty_cache() as cache, TemporaryDirectory() as made:
        model = options.model or save_clip(Path(made, "clip"))
        for kind, size in {"small": _SMALL, "photos": _PHOTO}.items():
            folder = draw_folder(Path(made, kind), options.block, size)
            figures |= compare(folder, model, options.pairs, cache, kind)
        many = draw_folder(Path(made, "many"), options.rows, _SMALL)
        figures |= killed(many, model, cache)
        few = draw_folder(Path(made, "few"), _FEW, _SMALL)
        large = draw_folder(Path(made, "large"), options.large, _LARGE)
        for name, folder in {f"{_FEW} small": few, f"{options.large} large": large}.items():
            finished(child(folder, model))  # which settles the precision, with two models in memory
            empty(cache)
            peak = finished(child(folder, model))["peak MB"]
            print(f"{name} pictures in a process of their own: peak {peak:,.0f} MB", flush=True)
            figures[f"{name} pictures, peak MB"] = peak
    figures["load at the end"] = os.getloadavg()[0]
    record("images", figures)


def compare(folder: Path, model: Path, pairs: int, cache: Path, kind: str) -> _Figures:
    """Encode a folder in each way in alternation, and print."""
    from sentence_transformers import SentenceTransformer

    default = SentenceTransformer(str(model), device="cpu")
    started = time.perf_counter()
    corpus = explorer.open_corpus(folder)
    reading = time.perf_counter() - started
    paths = [str(folder / name) for name in corpus.texts]
    engines: dict[str, str] = {}
    vectors: dict[str, np.ndarray] = {}

    def theirs() -> None:
        vectors["default"] = np.asarray(default.encode(paths))

    def ours(precision: Precision) -> Callable[[], None]:
        def encode() -> None:
            space = explorer.embed(corpus, str(model), precision=precision)
            if space.report.encoded != space.report.distinct:
                raise AssertionError("some vectors came from the cache")
            vectors[precision], engines[precision] = space.vectors, space.report.engine

        return encode

    ways: dict[str, Callable[[], None]] = {"default": theirs}
    ways |= {precision: ours(precision) for precision in _PRECISIONS}
    default.encode(paths[:8])
    for precision in _PRECISIONS:
        explorer.embed(corpus, str(model), precision=precision)  # converts it, and settles the precision
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    busy: dict[str, list[float]] = {way: [] for way in ways}
    for pair in range(pairs):
        for way in list(ways)[:: 1 if pair % 2 else -1]:
            empty(cache)
            before, started = time.process_time(), time.perf_counter()
            ways[way]()
            seconds[way].append(time.perf_counter() - started)
            busy[way].append(time.process_time() - before)
        rates = [f"{way} {len(paths) / taken[-1]:.1f}" for way, taken in seconds.items()]
        print(
            f"{kind}, pair {pair + 1}: {', '.join(rates)} images/s, load {os.getloadavg()[0]:.1f}", flush=True
        )

    print(f"{kind}, medians of {pairs} pairs of {len(paths)}; reading {len(paths) / reading:.0f} images/s")
    print(f"{'':8} images/s  ratio with reading processor ms/image min cosine")
    figures: _Figures = {f"{kind}, reading, images/s": len(paths) / reading}
    for way, taken in seconds.items():
        ratio = statistics.median(b / a for a, b in zip(taken, seconds["default"], strict=True))
        whole = statistics.median(b / (a + reading) for a, b in zip(taken, seconds["default"], strict=True))
        cpu = statistics.median(b / a for a, b in zip(busy[way], busy["default"], strict=True))
        rate = len(paths) / statistics.median(taken)
        milliseconds = 1_000 * statistics.median(busy[way]) / len(paths)
        cosine = lowest_cosine(vectors[way], vectors["default"])
        print(
            f"{way:8} {rate:8.1f} {ratio:6.2f} {whole:12.2f} {cpu:9.2f} {milliseconds:8.1f} {cosine:10.6f}   "
            f"{engines.get(way, 'SentenceTransformer.encode')}",
            flush=True,
        )
        figures |= {f"{kind}, {way}, images/s": rate, f"{kind}, {way}, processor, ms/image": milliseconds}
        if way != "default":
            figures |= {
                f"{kind}, {way}, times the default": ratio,
                f"{kind}, {way}, times the default with reading": whole,
                f"{kind}, {way}, times the default in processor time": cpu,
                f"{kind}, {way}, lowest cosine": f"{cosine:.6f}",
            }
    return figures


def killed(folder: Path, model: Path, cache: Path) -> _Figures:
    """Kill a process after it has stored about half of a folder, let another one go on, and print."""
    empty(cache)
    images = sum(1 for _ in folder.iterdir())
    started = time.perf_counter()
    process = child(folder, model)
    while process.poll() is None and stored(cache) < images // 2:
        time.sleep(_LOOK_SECONDS)
    if process.poll() is not None:
        raise AssertionError("it ended before it could be killed")
    process.kill()  # SIGKILL
    process.communicate()
    before = time.perf_counter() - started
    kept = stored(cache)
    rest = finished(child(folder, model))
    if (rest["cached"], rest["encoded"]) != (kept, images - kept):
        raise AssertionError("other images were encoded than those that were missing")
    rate = rest["encoded"] / rest["encoding, s"]
    print(
        f"{images:,} small pictures: killed after {before:.0f} s with {kept:,} stored; the next process "
        f"encoded {rest['encoded']:,} anew and took {kept:,} from the cache, at {rate:.1f} images/s; it "
        f"read all at {images / rest['reading, s']:.0f} images/s; peak {rest['peak MB']:,.0f} MB",
        flush=True,
    )
    return {
        "killed run, stored": kept,
        "killed run, encoded anew": rest["encoded"],
        "killed run, images/s": rate,
        f"{images} small pictures, peak MB": rest["peak MB"],
    }


def stored(cache: Path) -> int:
    """The number of vectors in the cache; several processes may use it."""
    (file,) = cache.glob("vectors-*.sqlite3")
    connection = sqlite3.connect(file, timeout=60)
    try:
        return int(connection.execute("SELECT count(*) FROM vectors").fetchone()[0])
    finally:
        connection.close()


def child(folder: Path, model: Path) -> subprocess.Popen[str]:
    """A process that encodes a folder and prints figures."""
    command = [sys.executable, "-m", "benchmarks.images", "--child", str(folder), "--model", str(model)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a process has printed, once it has ended."""
    printed, _ = process.communicate()
    if process.returncode:
        raise AssertionError(f"the process ended with {process.returncode}")
    figures: dict[str, Any] = json.loads(printed)
    return figures


def encoded(folder: Path, model: Path) -> dict[str, float]:
    """Encode a folder in this process, from reading its files on."""
    started = time.perf_counter()
    corpus = explorer.open_corpus(folder)
    read = time.perf_counter()
    report = explorer.embed(corpus, str(model)).report
    return {
        "encoded": report.encoded,
        "cached": report.cached,
        "reading, s": read - started,
        "encoding, s": time.perf_counter() - read,
        "peak MB": resident("self", "VmHWM"),  # `ru_maxrss` begins with that of the process that started it
    }


def draw_folder(folder: Path, images: int, size: tuple[int, int]) -> Path:
    """Write JPEG files of drawings; those larger than 256 pixels are drawn small, enlarged, and get noise."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(images):
        shape, colour = SHAPES[number % len(SHAPES)], list(COLOURS)[number // len(SHAPES) % len(COLOURS)]
        picture = draw(random_drawing(shape, colour, rng), min(*size, 256), seed=number)
        if picture.size != size:
            noise = rng.integers(-_NOISE, _NOISE + 1, (size[1], size[0], 3), dtype=np.int16)
            pixels = np.asarray(picture.resize(size)) + noise
            picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        picture.save(folder / f"{number:05}.jpg", quality=90)
    return folder


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
