"""A small picture of a map, for pages that only point to it."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from explorer.share.map.palette import GREY, HUES, rgb

_ASIDE = 0.01  # share of points on each side of each axis that may lie outside
_MARGIN = 0.04
_FULL = 0.85  # opacity of one point alone
_INK = 0.15  # share of the picture that points may cover before they get smaller
_RADII = (1, 6)  # pixels
_COLOURS = 256


def picture(coordinates: NDArray[np.floating], hues: NDArray[np.int64], *, width: int, height: int) -> bytes:
    """Draw points as a PNG on a transparent ground, which suits light and dark pages.

    Where points overlap, their colours are mixed. Strays, beyond the 1st or 99th percentile of an axis, may
    be left out, as on the map when it opens.

    Args:
        coordinates: Shape (points, 2).
        hues: The place of each point's colour in `HUES`, −1 or beyond the last for grey; shape (points,).
        width: In pixels.
        height: In pixels.
    """
    from PIL import Image

    size = np.array([width, height])
    low, high = np.quantile(coordinates, (_ASIDE, 1 - _ASIDE), axis=0)
    scale = float(np.min((1 - 2 * _MARGIN) * size / np.maximum(high - low, np.finfo(np.float32).tiny)))
    places = (coordinates - (low + high) / 2) * [scale, -scale] + size / 2
    fits = np.all((places >= 0) & (places < size), axis=1)
    x, y = places[fits].astype(np.int64).T
    palette = np.array([rgb(colour) for colour in (*HUES, GREY)], np.float64)
    colours = palette[np.where((hues < 0) | (hues >= len(HUES)), len(HUES), hues)[fits]]
    radius = int(np.clip(np.sqrt(_INK * width * height / max(1, len(x)) / np.pi), *_RADII))
    layers = np.zeros((height * width, 4))
    for across, down in _disc(radius):
        column, row = x + across, y + down
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        place = row[inside] * width + column[inside]
        for channel in range(3):
            layers[:, channel] += np.bincount(place, colours[inside, channel], len(layers))
        layers[:, 3] += np.bincount(place, minlength=len(layers))
    count = layers[:, 3:]
    drawn = np.concatenate([layers[:, :3] / np.maximum(count, 1), 255 * (1 - (1 - _FULL) ** count)], axis=1)
    whole = Image.fromarray(drawn.reshape(height, width, 4).round().astype(np.uint8))
    file = io.BytesIO()
    # 256 mixed colours look the same and take far fewer bytes.
    whole.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE).save(file, "PNG")
    return file.getvalue()


def _disc(radius: int) -> list[tuple[int, int]]:
    reach = range(-radius, radius + 1)
    return [(x, y) for x in reach for y in reach if x * x + y * y <= radius * radius]
