"""Zip archives of drawn pictures, as people bring them."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from tests.drawn_images import COLOURS, SHAPES, Drawing, draw, random_drawing


def drawn_archive(*, each: int = 1, side: int = 96, captions: bool = False, repeat: bool = False) -> bytes:
    """Drawings of each shape and colour, in a folder for each shape.

    Args:
        each: Drawings of each shape and colour.
        side: Their pixels along a side.
        captions: Whether a `metadata.csv` has their captions.
        repeat: Whether a copy of the first follows.
    """
    rng, archive, told = np.random.default_rng(7), io.BytesIO(), ["file_name,caption"]
    with zipfile.ZipFile(archive, "w") as written:
        for shape in SHAPES:
            for colour in COLOURS:
                for copy in range(each):
                    drawing, name = random_drawing(shape, colour, rng), f"{shape}/{colour}-{copy}.png"
                    written.writestr(name, drawn_png(drawing, side))
                    told.append(f"{name},{drawing.caption}")
        if repeat:
            written.writestr(f"{SHAPES[0]}/copy.png", written.read(written.namelist()[0]))
        if captions:
            written.writestr("metadata.csv", "\n".join(told))
    return archive.getvalue()


def drawn_png(drawing: Drawing, side: int = 96) -> bytes:
    """A drawing as a PNG file."""
    file = io.BytesIO()
    draw(drawing, side).save(file, "PNG")
    return file.getvalue()
