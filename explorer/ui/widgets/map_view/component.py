"""Mounting the map in a page, and what a person does with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit import runtime

from explorer.share.map.content import Content
from explorer.share.map.engine import engine
from explorer.share.map.positions import Positions
from explorer.share.map.scene import Scene, Tip, bits
from explorer.ui.widgets.map_view.events import View, read_pick, read_point, read_view
from explorer.ui.widgets.map_view.listed import ListedRows

_BYTES = "application/octet-stream"


@dataclass(frozen=True)
class Images:
    """The thumbnails of a map's points.

    Attributes:
        address: Called with a point; the address of its thumbnail, empty without one.
        drawn: Called with the view, None for the first one; the points that are drawn as their thumbnails, by
            their numbers in the order in which they are sent, with their addresses. None of
            them if the view has too many points for that, or without this function.
    """

    address: Callable[[int], str]
    drawn: Callable[[View | None], Sequence[tuple[int, str]]] | None = None


def loader() -> str:
    """What loads it: Streamlit sends this with each message, so it goes without comments and indents."""
    script = (Path(__file__).parent / "loader.js").read_text(encoding="utf-8")
    return re.sub(r"^\s*(//.*)?\n|^ +", "", script, flags=re.MULTILINE)


_COMPONENT = st.components.v2.component("explorer_map_view", js=loader())


def map_view(
    scene: Scene,
    *,
    key: str,
    name: str,
    selected: NDArray[np.bool_] | None,
    visible: NDArray[np.bool_] | None = None,
    tip: Callable[[int], Tip],
    on_pick: Callable[[NDArray[np.int64], str], None],
    images: Images | None = None,
    lines: NDArray[np.int64] | None = None,
    listed: Callable[[View | None], ListedRows] | None = None,
    follow: bool = False,
    on_act: Callable[[str], None] | None = None,
) -> None:
    """Draw a map. Points, colours, selection and rows go to the browser as files, each only once.

    Pointing at a row draws only this again, and so does another view; picking rows draws the page again.

    Args:
        scene: What is drawn.
        key: Names it among the elements of the page.
        name: Of pictures that are saved, without ending.
        selected: Which points are selected, all of them visible, shape (points,); None if none is.
        visible: Which points are drawn and can be picked, shape (points,); None for all.
        tip: Called with a point; what to show beside it, as plain text.
        on_pick: Called with the points that a person picked, ascending, and "replace", "add", "subtract",
            "invert" or "none", before the page is drawn again.
        images: Of the points, if they have any.
        lines: Points that the one selected point is joined to, shape (lines,).
        listed: Called with the view, None for the first one; the rows beside the map.
        follow: Whether those rows change with the view.
        on_act: Called with the name of an action of the rows, before the page is drawn again.
    """
    positions = scene.positions
    chosen = np.empty(0, dtype=np.int64) if selected is None else np.flatnonzero(selected)
    near = np.empty(0, dtype=np.int64) if lines is None else lines
    data: dict[str, Any] = {
        "key": key,
        "name": name,
        "files": {
            "engine": _file(engine(), "text/javascript", f"{key}-engine"),
            "positions": [
                _file(content, _BYTES, f"{key}-positions-{number}")
                for number, content in enumerate(positions.contents)
            ],
            "scene": _file(scene.description, _BYTES, f"{key}-scene"),
            "categories": scene.categories and _file(scene.categories, _BYTES, f"{key}-categories"),
            "selected": _file(Content(bits(selected, positions.order)), _BYTES, f"{key}-selected")
            if selected is not None and len(chosen)
            else None,
            "visible": None
            if visible is None
            else _file(Content(bits(visible, positions.order)), _BYTES, f"{key}-visible"),
        },
        "bounds": _bounds(positions.units[:, np.union1d(chosen, near)]) if len(chosen) else None,
        "opened": int(positions.ranks[chosen[0]]) if len(chosen) == 1 else None,
        "lines": positions.ranks[near].tolist(),
        "follow": follow,
    }
    _memory(key)["listed"] = None  # the selection can be another

    def picked(points: NDArray[np.int64], mode: str) -> None:
        on_pick(points if visible is None else points[visible[points]], mode)

    _draw(scene, key, data, tip, picked, images, listed, on_act)


def _memory(key: str) -> dict[str, Any]:
    """What is remembered of a map between the runs of a page."""
    memory: dict[str, Any] = st.session_state.setdefault(
        f"{key}-memory", {"pointed": None, "viewed": None, "listed": None, "rerun": False, "answers": 0}
    )
    return memory


@st.fragment
def _draw(
    scene: Scene,
    key: str,
    data: dict[str, Any],
    tip: Callable[[int], Tip],
    on_pick: Callable[[NDArray[np.int64], str], None],
    images: Images | None,
    listed: Callable[[View | None], ListedRows] | None,
    on_act: Callable[[str], None] | None,
) -> None:
    memory, positions = _memory(key), scene.positions

    def event(name: str) -> object:
        memory["answers"] += 1
        told: object = st.session_state[key].get(name)
        return told

    def hovered() -> None:
        memory["pointed"] = event("hovered")

    def viewed() -> None:
        memory["viewed"], memory["listed"] = event("viewed"), None

    def picked() -> None:
        answer = read_pick(event("picked"), scene)
        if answer is not None:
            on_pick(*answer)
            memory["rerun"] = True

    def acted() -> None:
        told = event("acted")
        if on_act is not None and isinstance(told, dict) and told.get("map") == positions.key:
            on_act(str(told.get("name")))
            memory["rerun"] = True

    if listed is not None and memory["listed"] is None:
        memory["listed"] = listed(read_view(memory["viewed"], scene)).content()
    shown = memory["listed"] and _file(memory["listed"], _BYTES, f"{key}-rows")
    if images is not None and images.drawn is not None:
        data = data | {"images": images.drawn(read_view(memory["viewed"], scene))}
    _COMPONENT(
        key=key,
        data=data
        | {
            "files": data["files"] | {"rows": shown},
            "tip": _tip(memory["pointed"], positions, tip, images),
            # Streamlit leaves out an update that equals the last one: the browser would wait for an answer.
            "answer": memory["answers"],
        },
        on_hovered_change=hovered,
        on_viewed_change=viewed,
        on_picked_change=picked,
        on_acted_change=acted,
    )
    if memory["rerun"]:
        memory["rerun"] = False
        st.rerun()


def _tip(
    pointed: object, positions: Positions, tip: Callable[[int], Tip], images: Images | None
) -> dict[str, Any] | None:
    point = read_point(pointed, positions)
    if point is None:
        return None
    head, text = tip(point)
    image = "" if images is None else images.address(point)
    told = {"point": int(positions.ranks[point]), "head": head, "text": text}
    return told | {"image": image} if image else told


def _bounds(units: NDArray[np.uint16]) -> list[int]:
    """Left, bottom, right and top of places on all maps, shape (maps, points, 2)."""
    return [*units.min(axis=(0, 1)).tolist(), *units.max(axis=(0, 1)).tolist()]


def _file(content: Content, kind: str, place: str) -> str:
    """Keep bytes in Streamlit's media storage, as it keeps pictures; return their address.

    The address is a hash: what the browser has already is not sent again. For large files, Streamlit hashes
    only parts of them, but also the name, so that is a hash of the whole.
    """
    return runtime.get_instance().media_file_mgr.add(content.value, kind, place, file_name=content.key)
