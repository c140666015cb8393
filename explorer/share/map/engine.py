"""The scripts that draw maps in the browser with WebGL, as one: in a page of the app and in files."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from explorer.share.map.content import Content

_FOLDER = Path(__file__).parent
_SCRIPTS = (
    "files",
    "theme",
    "camera",
    "points",
    "gl_points",
    "raster_points",
    "nearest",
    "contours",
    "strays",
    "overlay",
    "thumbnails",
    "gestures",
    "panel",
    "tip",
    "legend",
    "rows",
    "morph",
    "picture",
    "view",
)


@functools.cache
def engine() -> Content:
    """What draws: a module whose default export `mount` draws a map or updates it."""
    markup = {name: read(f"view.{name}") for name in ("html", "css")}
    scripts = [read(f"{name}.js") for name in _SCRIPTS]
    return Content("\n".join([f"const MARKUP = {json.dumps(markup)};", *scripts]).encode())


def read(name: str) -> str:
    """A file of this folder."""
    return (_FOLDER / name).read_text(encoding="utf-8")
