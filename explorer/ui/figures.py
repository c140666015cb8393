"""Figures: they draw numbers that were computed elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from explorer.encode.tokens import TokenAudit

# Okabe and Ito's palette: its colours stay apart for colour-blind readers.
BLUE, ORANGE = "#0072B2", "#D55E00"


def token_histogram(audit: TokenAudit) -> go.Figure:
    """How many rows have how many tokens; rows longer than the encoder reads in another colour."""
    import plotly.graph_objects as go

    top = int(audit.lengths.max(initial=1))
    width = max(1, -(-top // 40))
    edges = np.arange(0, top + width + 1, width)
    counts, _ = np.histogram(audit.lengths, bins=edges)
    limit = audit.max_length
    cut = np.zeros(len(counts), dtype=bool) if limit is None else edges[:-1] > limit
    figure = go.Figure(
        go.Bar(
            x=edges[:-1] + width / 2,
            y=counts,
            width=width * 0.9,
            marker_color=np.where(cut, ORANGE, BLUE),
            customdata=np.stack([edges[:-1], edges[1:] - 1], axis=1),
            hovertemplate="%{customdata[0]} to %{customdata[1]} tokens: %{y:,} rows<extra></extra>",
        )
    )
    if limit is not None and limit <= edges[-1]:
        figure.add_vline(
            x=limit, line_dash="dot", annotation_text=f"the encoder reads {limit:,}", line_color=ORANGE
        )
    figure.update_layout(
        height=220,
        margin={"l": 0, "r": 0, "t": 24, "b": 0},
        xaxis_title="tokens in a row",
        yaxis={"title": "rows", "dtick": 1 if counts.max(initial=0) <= 5 else None},
        showlegend=False,
        bargap=0,
    )
    return figure
