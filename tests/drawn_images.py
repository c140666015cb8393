"""Pictures drawn by code: a shape in a colour somewhere on a ground, as the image sample has them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

SHAPES = ("circle", "square", "triangle", "star", "ring", "cross", "heart", "arrow")
COLOURS = {
    "red": (214, 39, 40),
    "green": (44, 140, 44),
    "blue": (31, 90, 200),
    "yellow": (240, 200, 20),
    "purple": (130, 60, 170),
    "orange": (250, 130, 20),
    "black": (20, 20, 20),
    "pink": (240, 130, 180),
}
GROUNDS = {"light": (242, 240, 232), "dark": (62, 66, 76), "sky": (178, 212, 238), "sand": (222, 202, 160)}
_SAMPLES = 4  # pixels drawn for each one that is kept, along a side


@dataclass(frozen=True)
class Drawing:
    """What is on a picture.

    Attributes:
        shape: One of `SHAPES`.
        colour: One of `COLOURS`.
        ground: One of `GROUNDS`.
        x: Its middle, as a share of the width.
        y: Its middle, as a share of the height.
        size: Its radius, as a share of the width.
        turn: Its angle in degrees.
        noise: The standard deviation of the noise, in levels of 255.
    """

    shape: str
    colour: str
    ground: str = "light"
    x: float = 0.5
    y: float = 0.5
    size: float = 0.3
    turn: float = 0.0
    noise: float = 0.0

    @property
    def short_caption(self) -> str:
        """Its shape and colour."""
        return f"{'an' if self.colour == 'orange' else 'a'} {self.colour} {self.shape}"

    @property
    def caption(self) -> str:
        """What one would say of it."""
        return f"{self.short_caption} on a {self.ground} ground"


def random_drawing(shape: str, colour: str, rng: np.random.Generator, *, noise: float = 6.0) -> Drawing:
    """A shape in a colour, with everything else drawn at random."""
    x, y = rng.uniform(0.42, 0.58, 2)
    ground = str(rng.choice(list(GROUNDS)))
    return Drawing(
        shape, colour, ground, float(x), float(y), float(rng.uniform(0.24, 0.34)),
        float(rng.uniform(-12, 12)), noise,
    )  # fmt: skip


def draw(drawing: Drawing, side: int = 128, seed: int = 0) -> Image.Image:
    """Draw it, with smooth edges, on a square of so many pixels a side."""
    big = side * _SAMPLES
    image = Image.new("RGB", (big, big), GROUNDS[drawing.ground])
    pen = ImageDraw.Draw(image)
    colour = COLOURS[drawing.colour]
    for part in _parts(drawing.shape):
        if isinstance(part, float):  # the radius of a hole
            r = part * drawing.size * big
            x, y = drawing.x * big, drawing.y * big
            pen.ellipse((x - r, y - r, x + r, y + r), fill=GROUNDS[drawing.ground])
        else:
            pen.polygon([_placed(point, drawing, big) for point in part], fill=colour)
    small = np.asarray(image.resize((side, side), Image.Resampling.BOX), dtype=np.float32)
    noise = np.random.default_rng(seed).normal(0, drawing.noise, small.shape)
    return Image.fromarray((small + noise).clip(0, 255).round().astype(np.uint8))


def _placed(point: tuple[float, float], drawing: Drawing, big: int) -> tuple[float, float]:
    angle = math.radians(drawing.turn)
    x, y = point
    x, y = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
    return (drawing.x + x * drawing.size) * big, (drawing.y + y * drawing.size) * big


def _parts(shape: str) -> list[list[tuple[float, float]] | float]:
    """The polygons of a shape around (0, 0) with radius 1, downwards, and the radius of a hole."""
    round_ = [(math.cos(t), math.sin(t)) for t in np.linspace(0, 2 * math.pi, 90)]
    if shape == "circle":
        return [round_]
    if shape == "ring":
        return [round_, 0.55]
    if shape == "square":
        return [[(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)]]
    if shape == "triangle":
        return [[(0, -1), (0.95, 0.8), (-0.95, 0.8)]]
    if shape == "cross":
        return [
            [(-0.3, -1), (0.3, -1), (0.3, 1), (-0.3, 1)],
            [(-1, -0.3), (1, -0.3), (1, 0.3), (-1, 0.3)],
        ]
    if shape == "arrow":
        return [[(-1, -0.25), (0.1, -0.25), (0.1, -0.8), (1, 0), (0.1, 0.8), (0.1, 0.25), (-1, 0.25)]]
    if shape == "star":
        turns = [(1 if k % 2 == 0 else 0.42, math.pi * k / 5 - math.pi / 2) for k in range(10)]
        return [[(r * math.cos(t), r * math.sin(t)) for r, t in turns]]
    ts = np.linspace(0, 2 * math.pi, 90)
    xs = np.sin(ts) ** 3
    ys = -(13 * np.cos(ts) - 5 * np.cos(2 * ts) - 2 * np.cos(3 * ts) - np.cos(4 * ts)) / 16
    return [list(zip(xs.tolist(), ys.tolist(), strict=True))]  # the heart
