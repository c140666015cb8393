"""Mounting the map in a page, and what a person does with it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit import runtime

from explorer.ui.widgets.map_view.scene import Content, Places, Scene, bits

_FOLDER = Path(__file__).parent
_SCRIPTS = ("camera", "points", "nearest", "contours", "overlay", "gestures", "legend", "view")
# Streamlit sends a component's own script with each of its messages, so that is only what loads the rest.
_COMPONENT = st.components.v2.component(
    "explorer_map_view", js=(_FOLDER / "loader.js").read_text(encoding="utf-8")
)
_MODES = ("replace", "add", "subtract", "none")
_BYTES = "application/octet-stream"
_MOST_CORNERS = 5_000  # of a lasso, which comes from the browser

Tip = tuple[str, str]
"""The first line and the text of what is shown beside a point."""


def map_view(
    scene: Scene,
    *,
    key: str,
    name: str,
    chosen: NDArray[np.bool_] | None,
    lines: NDArray[np.int64],
    tip: Callable[[int], Tip],
    on_pick: Callable[[NDArray[np.int64], str], None],
) -> None:
    """Draw a map. Points, colours and selection go to the browser as files of their own, each only once.

    Pointing at a row draws only this again; picking rows draws the page again.

    Args:
        scene: What is drawn.
        key: Names it among the elements of the page.
        name: Of the picture that can be saved, without ending.
        chosen: Which points are selected, shape (points,); None if none is.
        lines: Points that the one selected point is joined to, shape (lines,).
        tip: Called with a point; what to show beside it, as plain text.
        on_pick: Called with the points that a person picked, ascending, and "replace", "add", "subtract" or
            "none", before the page is drawn again.
    """
    places = scene.places
    files = {
        "engine": _file(*_engine(), f"{key}-engine"),
        "places": _file(places.content, _BYTES, f"{key}-places"),
        "scene": _file(scene.description, _BYTES, f"{key}-scene"),
        "categories": scene.categories and _file(scene.categories, _BYTES, f"{key}-categories"),
        "chosen": None
        if chosen is None
        else _file(Content(bits(chosen, places.order)), _BYTES, f"{key}-chosen"),
    }
    data = {
        "key": key,
        "name": name,
        "files": files,
        "bounds": None if chosen is None else _bounds(places.units[chosen]),
        "lines": places.units[lines].tolist(),
    }
    _draw(scene, key, data, tip, on_pick)


@st.fragment
def _draw(
    scene: Scene,
    key: str,
    data: dict[str, Any],
    tip: Callable[[int], Tip],
    on_pick: Callable[[NDArray[np.int64], str], None],
) -> None:
    memory = st.session_state.setdefault(f"{key}-memory", {"pointed": None, "picked": False, "answers": 0})

    def hovered() -> None:
        memory["answers"] += 1
        memory["pointed"] = st.session_state[key].get("hovered")

    def picked() -> None:
        memory["answers"] += 1
        answer = read_pick(st.session_state[key].get("picked"), scene)
        if answer is not None:
            on_pick(*answer)
            memory["picked"] = True

    _COMPONENT(
        key=key,
        # Streamlit leaves out an update that equals the last one, and the browser would wait for an answer.
        data=data | {"tip": _tip(memory["pointed"], scene.places, tip), "answer": memory["answers"]},
        on_hovered_change=hovered,
        on_picked_change=picked,
    )
    if memory["picked"]:
        memory["picked"] = False
        st.rerun()


def read_pick(event: object, scene: Scene) -> tuple[NDArray[np.int64], str] | None:
    """Read what the browser reports of a lasso, a click or Escape, and trust nothing of it.

    Args:
        event: `map`, the key of the map, and `mode`; `polygon` with `hidden`, entries of the legend, or
            `point`.
        scene: What is drawn now.

    Returns:
        The points, ascending, int64, and the mode; None if it was another map, or is nothing of this kind.
    """
    places = scene.places
    if not isinstance(event, dict) or event.get("mode") not in _MODES:
        return None
    if event.get("map") != places.content.key:
        return None
    mode = event["mode"]
    if mode == "none":
        return np.empty(0, dtype=np.int64), mode
    if "point" in event:
        point = _sent(event["point"], places)
        return None if point is None else (np.array([point]), mode)
    corners = event.get("polygon")
    if not isinstance(corners, list) or not 3 <= len(corners) <= _MOST_CORNERS:
        return None
    try:
        polygon = np.array(corners, dtype=np.float64)
        hidden = np.array(event.get("hidden", []), dtype=np.int64)
    except (TypeError, ValueError, OverflowError):
        return None
    if polygon.ndim != 2 or polygon.shape[1] != 2 or not np.isfinite(polygon).all():
        return None
    return scene.inside(polygon, hidden.ravel()[:256].tolist()), mode


def _sent(number: object, places: Places) -> int | None:
    """The point that has a number in the order in which they are sent; None if there is no such point."""
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(places.order):
        return int(places.order[number])
    return None


def _tip(pointed: object, places: Places, tip: Callable[[int], Tip]) -> dict[str, Any] | None:
    if not isinstance(pointed, dict) or pointed.get("map") != places.content.key:
        return None
    point = _sent(pointed.get("point"), places)
    if point is None:
        return None
    head, text = tip(point)
    return {"point": pointed["point"], "head": head, "text": text}


def _bounds(units: NDArray[np.uint16]) -> list[int]:
    return [*units.min(axis=0).tolist(), *units.max(axis=0).tolist()]


@functools.cache
def _engine() -> tuple[Content, str]:
    """The script that draws, and its type."""
    markup = {name: (_FOLDER / f"view.{name}").read_text(encoding="utf-8") for name in ("html", "css")}
    scripts = [(_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    whole = [f"const MARKUP = {json.dumps(markup)};", *scripts]
    return Content("\n".join(whole).encode("utf-8")), "text/javascript"


def _file(content: Content, kind: str, place: str) -> str:
    """Keep bytes in Streamlit's media storage, as it keeps pictures; return their address.

    The address is a hash: what the browser has already is not sent again. For large files, Streamlit hashes
    only parts of them, but also the name, so that is a hash of the whole.
    """
    return runtime.get_instance().media_file_mgr.add(content.value, kind, place, file_name=content.key)
