"""A page with only a map of generated points, for `benchmarks.map_view`: by our component, or by plotly."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.ui.map.figure import map_figure
from explorer.ui.widgets.colouring import Colouring
from explorer.ui.widgets.map_view.component import map_view
from explorer.ui.widgets.map_view.scene import Places, make_scene

_GROUPS = 30


@st.cache_resource
def _made(rows: int) -> tuple[NDArray[np.float32], Colouring]:
    random = np.random.default_rng(0)
    centres = 6 * random.standard_normal((_GROUPS, 2))
    group = random.integers(0, _GROUPS, rows)
    points = (centres[group] + random.standard_normal((rows, 2))).astype(np.float32)
    return points, Colouring("group", groups=[f"group {number}" for number in group.tolist()])


def _pick(points: NDArray[np.int64], _mode: str) -> None:
    st.session_state["picked"] = points


st.set_page_config(layout="wide")
count = int(st.query_params["rows"])
coordinates, colouring = _made(count)
st.caption(f"{count:,} points are there.")
if st.query_params["by"] == "plotly":
    figure = map_figure(coordinates, np.arange(count), colouring, [""] * count)
    drawn = st.plotly_chart(figure, key="map", on_select="rerun", selection_mode="lasso")
    picked = len(drawn["selection"]["points"])
else:
    mine = st.session_state.get("picked")
    map_view(
        make_scene(Places.of(coordinates), colouring),
        key="map",
        name="map",
        chosen=None if mine is None else np.isin(np.arange(count), mine),
        lines=np.empty(0, dtype=np.int64),
        tip=lambda point: (f"row {point + 1:,}", f"The text of row {point + 1:,}"),
        on_pick=_pick,
    )
    picked = 0 if mine is None else len(mine)
st.caption(f"{picked:,} rows selected.")
