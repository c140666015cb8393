"""`python -m tests.data.make_image_sample` draws the sample of images that comes with Explorer."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import ROOT
from tests.data.images.files import saved
from tests.drawn_images import COLOURS, SHAPES, Drawing, draw, random_drawing

FILE = ROOT / "explorer/data/samples/drawn-shapes.zip"
SIDE = 128
OF_EACH = 4  # drawings of a shape and a colour
COPIES = 8  # of each kind
_COLUMNS = ("file_name", "caption", "shape", "colour", "ground", "relation", "related_to")
_DATE = (2026, 1, 1, 0, 0, 0)  # of every file, so that the archive is the same again


@dataclass(frozen=True)
class SampleImage:
    """A file of the sample and its row.

    Attributes:
        row: The values of the columns.
        data: The bytes of the file.
    """

    row: dict[str, str]
    data: bytes


def sample_images() -> Iterator[SampleImage]:
    """The drawings, then the near-duplicates of some of them."""
    rng = np.random.default_rng(2026)
    drawn: list[tuple[dict[str, str], Image.Image, bytes]] = []
    for shape in SHAPES:
        for colour in COLOURS:
            for _ in range(OF_EACH):
                number = len(drawn) + 1
                drawing = random_drawing(shape, colour, rng)
                image = draw(drawing, SIDE, seed=number)
                drawn.append((_row(drawing, f"{number:03}.jpg"), image, _jpeg(image)))
                yield SampleImage(drawn[-1][0], drawn[-1][2])
    chosen = rng.choice(len(drawn), COPIES * len(_KINDS), replace=False)
    for place, original in enumerate(chosen.tolist()):
        relation = list(_KINDS)[place % len(_KINDS)]
        row, image, data = drawn[original]
        name = f"{len(drawn) + place + 1:03}.jpg"
        related = {"file_name": name, "relation": relation, "related_to": row["file_name"]}
        yield SampleImage({**row, **related}, _KINDS[relation](image, data))


def write_sample(file: Path) -> None:
    """Write the sample as an archive."""
    table = io.StringIO()
    writer = csv.DictWriter(table, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    with zipfile.ZipFile(file, "w") as archive:
        for image in sample_images():
            writer.writerow(image.row)
            archive.writestr(zipfile.ZipInfo(image.row["file_name"], _DATE), image.data)
        archive.writestr(zipfile.ZipInfo("metadata.csv", _DATE), table.getvalue(), zipfile.ZIP_DEFLATED)


def _row(drawing: Drawing, name: str) -> dict[str, str]:
    values = (name, drawing.caption, drawing.shape, drawing.colour, drawing.ground, "", "")
    return dict(zip(_COLUMNS, values, strict=True))


def _jpeg(image: Image.Image, quality: int = 85) -> bytes:
    return saved(image, "JPEG", quality=quality)


def _cropped(image: Image.Image, _data: bytes) -> bytes:
    edge = SIDE // 12
    return _jpeg(image.crop((edge, edge // 2, SIDE - edge // 2, SIDE - edge)))


def _rescaled(image: Image.Image, _data: bytes) -> bytes:
    return _jpeg(image.resize((3 * SIDE // 4, 3 * SIDE // 4), Image.Resampling.LANCZOS))


def _recompressed(image: Image.Image, _data: bytes) -> bytes:
    return _jpeg(image, quality=30)


_KINDS: dict[str, Callable[[Image.Image, bytes], bytes]] = {
    "crop": _cropped,
    "rescaled": _rescaled,
    "recompressed": _recompressed,
    "exact copy": lambda _image, data: data,
}


if __name__ == "__main__":
    write_sample(FILE)
