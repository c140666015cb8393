"""A page with only a map of generated points, for `benchmarks.map_view`: by our component, or by plotly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from explorer.share.map.colouring import Colouring
from explorer.share.map.map_names import group_names
from explorer.share.map.point_colours import point_colours
from explorer.share.map.positions import Positions
from explorer.share.map.scene import Scene, make_scene
from explorer.ui.widgets.map_view.component import map_view

_GROUPS = 30


@st.cache_resource
def _made(rows: int) -> tuple[NDArray[np.float32], Colouring]:
    random = np.random.default_rng(0)
    centres = 6 * random.standard_normal((_GROUPS, 2))
    group = random.integers(0, _GROUPS, rows)
    points = (centres[group] + random.standard_normal((rows, 2))).astype(np.float32)
    return points, Colouring("group", groups=[f"group {number}" for number in group.tolist()])


@st.cache_resource
def _scene(rows: int) -> Scene:
    points, colouring = _made(rows)
    positions, colours = Positions.of(points), point_colours(colouring)
    return make_scene(positions, colouring.title, colours, names=group_names(positions, colours))


def _parts(points: NDArray[np.float32], colouring: Colouring) -> Iterator[tuple[str, NDArray[np.float32]]]:
    groups = np.array(colouring.groups)
    for name in sorted(set(groups.tolist())):
        yield name, points[groups == name]


def _pick(points: NDArray[np.int64], _mode: str) -> None:
    st.session_state["picked"] = points


st.set_page_config(layout="wide")
count = int(st.query_params["rows"])
coordinates, colouring = _made(count)
st.caption(f"{count:,} points are there.")
if st.query_params["by"] == "plotly":
    traces = [
        go.Scattergl(
            x=part[:, 0], y=part[:, 1], mode="markers", marker={"size": 3, "opacity": 0.6}, name=name
        )
        for name, part in _parts(coordinates, colouring)
    ]
    figure = go.Figure(traces)
    figure.update_layout(height=680, dragmode="lasso", uirevision="map")
    drawn = st.plotly_chart(figure, key="map", on_select="rerun", selection_mode="lasso")
    picked = len(drawn["selection"]["points"])
else:
    mine = st.session_state.get("picked")
    scene = _scene(count)
    map_view(
        scene,
        key="map",
        name="map",
        selected=None if mine is None else np.isin(np.arange(count), mine),
        tip=lambda point: (f"row {point + 1:,}", f"The text of row {point + 1:,}"),
        on_pick=_pick,
    )
    picked = 0 if mine is None else len(mine)
st.caption(f"{picked:,} rows selected.")
