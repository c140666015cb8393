"""The rows that move between the clusters of two contenders, as a Sankey diagram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from explorer.ui.widgets.colouring import COLOURS
from explorer.ui.widgets.map_points import short

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_NAME_CHARS, _NARROW_NAME_CHARS = 40, 14
_CLUSTER_PIXELS = 34
_LEAST_PIXELS = 260
_SAME, _OTHER = "a6", "4d"  # opacity of flows between matched and between other clusters, in hexadecimal


def flow_figure(
    table: pd.DataFrame,
    names: tuple[str, str],
    clusters: tuple[Mapping[int, str], Mapping[int, str]],
    *,
    narrow: bool = False,
) -> go.Figure:
    """Draw flows from the clusters of one contender to those of another; matched ones share a colour.

    Args:
        table: The flows, see `explorer.comparison.clusters.matching.flows`.
        names: The names of the two contenders, other people's text.
        clusters: The names of the clusters of each, by their numbers; likewise.
        narrow: Whether it is for a phone, where fewer letters fit.
    """
    import plotly.graph_objects as go

    chars = _NARROW_NAME_CHARS if narrow else _NAME_CHARS
    nodes = [(side, cluster) for side in (0, 1) for cluster in clusters[side]]
    place = {node: at for at, node in enumerate(nodes)}
    pairs = list(zip(table["first"].tolist(), table["second"].tolist(), strict=True))
    figure = go.Figure(
        go.Sankey(
            node={
                "label": [short(clusters[side][cluster], chars) for side, cluster in nodes],
                "color": [_colour(cluster) for _, cluster in nodes],
                "customdata": [short(clusters[side][cluster], _NAME_CHARS) for side, cluster in nodes],
                "hovertemplate": "%{customdata}<br>%{value:,d} rows<extra></extra>",
                "pad": 12,
                "thickness": 16,
                "line": {"width": 0},
            },
            link={
                "source": [place[0, first] for first, _ in pairs],
                "target": [place[1, second] for _, second in pairs],
                "value": table["rows"].tolist(),
                "color": [_colour(first) + (_SAME if first == second else _OTHER) for first, second in pairs],
                "hovertemplate": "%{source.customdata} → %{target.customdata}<br>%{value:,d} rows"
                "<extra></extra>",
            },
        )
    )
    for side, name in enumerate(names):
        figure.add_annotation(
            text=f"<b>{short(name, chars)}</b>",
            x=side,
            y=1,
            xref="paper",
            yref="paper",
            xanchor=("left", "right")[side],
            yanchor="bottom",
            yshift=6,
            showarrow=False,
        )
    most = max(map(len, clusters))
    figure.update_layout(
        height=max(_LEAST_PIXELS, _CLUSTER_PIXELS * most + 50),
        margin={"l": 0, "r": 0, "t": 34, "b": 8},
    )
    return figure


def _colour(cluster: int) -> str:
    return COLOURS[cluster % len(COLOURS)]
