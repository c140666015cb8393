"""The rows that move between the clusters of two contenders, as a Sankey diagram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from explorer.share.map.palette import GREY, HUES
from explorer.ui.widgets.figures import short

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_NAME_CHARS, _NARROW_NAME_CHARS = 40, 14
_LETTER_PIXELS = 5.8  # on average
_CLUSTER_PIXELS = 36
_LEAST_PIXELS = 260
_TOP, _BOTTOM = 34, 8  # margins
_THICKNESS, _PAD = 16, 18  # of nodes, and between them, so that their names have room
_EDGE = 1e-3  # Plotly takes a place of 0 for none
_MOST_FLOWS = 40
_SAME, _OTHER = "a6", "4d"  # opacity of flows between matched and between other clusters, in hexadecimal

_Node = tuple[int, int]


def drawn_flows(table: pd.DataFrame) -> pd.DataFrame:
    """The flows that are drawn: the 40 largest, and the largest of each cluster.

    Args:
        table: All flows, most rows first, see `explorer.comparison.clusters.matching.flows`.
    """
    largest = (table.index < _MOST_FLOWS) | ~table["first"].duplicated() | ~table["second"].duplicated()
    return table[largest]


def flow_figure(
    table: pd.DataFrame,
    names: tuple[str, str],
    clusters: tuple[Mapping[int, str], Mapping[int, str]],
    *,
    narrow: bool = False,
) -> go.Figure:
    """Draw flows from the clusters of one contender to those of another; matched ones share a colour.

    Args:
        table: The flows to draw, most rows first.
        names: The names of the two contenders, other people's text.
        clusters: The names of the clusters of each, by their numbers; likewise.
        narrow: Whether it is for a phone, where fewer letters fit.
    """
    import plotly.graph_objects as go

    chars = _NARROW_NAME_CHARS if narrow else _NAME_CHARS
    sides = _ordered(table)
    nodes = [(side, cluster) for side in (0, 1) for cluster in sides[side]]
    place = {node: at for at, node in enumerate(nodes)}
    pairs = list(zip(table["first"].tolist(), table["second"].tolist(), strict=True))
    height = max(_LEAST_PIXELS, _CLUSTER_PIXELS * max(map(len, sides)) + _TOP + _BOTTOM)
    middles = _middles(table, sides, height - _TOP - _BOTTOM)
    figure = go.Figure(
        go.Sankey(
            arrangement="fixed",
            node={
                "label": [""] * len(nodes),
                "color": [_colour(cluster) for _, cluster in nodes],
                "x": [(_EDGE, 1 - _EDGE)[side] for side, _ in nodes],
                "y": [middles[node] for node in nodes],
                "customdata": [short(clusters[side][cluster], _NAME_CHARS) for side, cluster in nodes],
                "hovertemplate": "%{customdata}<br>%{value:,d} rows in these flows<extra></extra>",
                "pad": _PAD,
                "thickness": _THICKNESS,
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
    # Plotly puts names of nodes on the flows.
    for side, cluster in nodes:
        figure.add_annotation(
            text=short(clusters[side][cluster], chars),
            x=side,
            y=1 - middles[side, cluster],
            xref="paper",
            yref="paper",
            xanchor=("right", "left")[side],
            xshift=(-_THICKNESS, _THICKNESS)[side],
            showarrow=False,
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
    left, right = (
        round(_LETTER_PIXELS * min(chars, max((len(clusters[side][one]) for one in sides[side]), default=0)))
        + _THICKNESS
        for side in (0, 1)
    )
    figure.update_layout(height=height, margin={"l": left, "r": right, "t": _TOP, "b": _BOTTOM})
    return figure


def _ordered(table: pd.DataFrame) -> tuple[list[int], list[int]]:
    """The clusters of both sides from top to bottom: by their rows, and matched ones in the same order."""
    first = table.groupby("first")["rows"].sum().sort_values(ascending=False, kind="stable").index.tolist()
    second = table.groupby("second")["rows"].sum().sort_values(ascending=False, kind="stable").index.tolist()
    order = {cluster: at for at, cluster in enumerate(first)}
    return first, sorted(second, key=lambda cluster: order.get(cluster, len(order)))


def _middles(table: pd.DataFrame, sides: tuple[list[int], list[int]], height: int) -> dict[_Node, float]:
    """Where the middle of each cluster is, as a share of the height from the top, between 0 and 1.

    Nodes are as high as Plotly makes them: all flows of the fuller side and the room between its nodes fill
    the height.

    Args:
        table: The flows to draw.
        sides: The clusters of both sides, from top to bottom.
        height: Of the flows, in pixels.
    """
    total = int(table["rows"].sum())
    scale = min((height - _PAD * (len(side) - 1)) / total for side in sides) if total else 0.0
    middles: dict[_Node, float] = {}
    for side, (column, own) in enumerate(zip(("first", "second"), sides, strict=True)):
        rows = table.groupby(column)["rows"].sum()
        top = 0.0
        for cluster in own:
            tall = scale * float(rows[cluster])
            middles[side, cluster] = min(max((top + tall / 2) / height, _EDGE), 1 - _EDGE)
            top += tall + _PAD
    return middles


def _colour(cluster: int) -> str:
    return HUES[cluster] if cluster < len(HUES) else GREY
