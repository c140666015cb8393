"""The map as one HTML file that needs neither a server nor a network."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer.share.map.content import Content
from explorer.share.map.engine import engine, read
from explorer.share.map.scene import Scene, Tip, bits

MOST_TEXTS = 200_000  # with more rows, the file has their numbers only


def offline_page(
    scene: Scene, name: str, tip: Callable[[int], Tip], visible: NDArray[np.bool_] | None = None
) -> bytes:
    """One HTML file with the map, which can be moved, searched by its legend and lassoed as on the page.

    Args:
        scene: What is drawn.
        name: Of pictures that are saved, without ending.
        tip: Called with each point, unless there are more than 200,000; what is shown beside it, as plain
            text.
        visible: Which points are drawn, shape (points,); None for all. The file has no texts of the others.
    """
    positions = scene.positions
    with_texts = len(positions) <= MOST_TEXTS
    data = {
        "name": name,
        "files": {
            "positions": [_address(content) for content in positions.contents],
            "scene": _address(scene.description),
            "categories": scene.categories and _address(scene.categories),
            "visible": None if visible is None else _address(Content(bits(visible, positions.order))),
        },
        "tips": [
            tip(point) if visible is None or visible[point] else None for point in positions.order.tolist()
        ]
        if with_texts
        else None,
        "rows": None if with_texts else (positions.order + 1).tolist(),
    }
    heading = html.escape(json.loads(scene.description.value)["heading"])
    script = engine().value.decode() + read("offline.js")
    parts = {
        "HEADING": heading,
        "DATA": json.dumps(data).replace("<", "\\u003c"),  # it cannot end the script that it stands in
        "SCRIPT": script.replace("</", "<\\/"),
    }
    # All at once: a text can look like a mark.
    page = re.sub(r"%(HEADING|DATA|SCRIPT)%", lambda mark: parts[mark[1]], read("offline.html"))
    return page.encode("utf-8", "replace")


def _address(content: Content) -> str:
    return "data:application/octet-stream;base64," + base64.b64encode(content.value).decode()
