"""The figures of the gap between images and captions as a table, as they are and with the means aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.numbers import percent

if TYPE_CHECKING:
    from explorer.analysis.modality_gap import ModalityGap

STATES = ("As they are", "Means aligned")
"""What the two states of a space are called on the screen."""


def gap_table(as_is: ModalityGap, aligned: ModalityGap) -> dict[str, list[str]]:
    """The table by columns: each figure in both states, and what to compare it with."""
    gaps, near = (as_is, aligned), f"the {as_is.k} nearest"
    lines = [
        ("Distance of the means", *(f"{gap.distance:.3f}" for gap in gaps), "0 without a gap"),
        ("Share of all variance", *(percent(gap.variance_share) for gap in gaps), ""),
        (
            f"Overlap of {near}",
            *(percent(gap.overlap) for gap in gaps),
            f"{percent(as_is.chance_overlap)} by chance",
        ),
        (
            f"Other kind among {near}",
            *(percent(gap.other_share) for gap in gaps),
            f"{percent(as_is.chance_other_share)} without a gap",
        ),
        *(
            (
                f"Caption to image, recall@{depth}",
                *(percent(gap.text_to_image[depth]) for gap in gaps),
                "",
            )
            for depth in as_is.text_to_image
        ),
        *(
            (
                f"Image to caption, recall@{depth}",
                *(percent(gap.image_to_text[depth]) for gap in gaps),
                "",
            )
            for depth in as_is.image_to_text
        ),
    ]
    columns = ("Figure", *STATES, "For reference")
    return {column: list(values) for column, values in zip(columns, zip(*lines, strict=True), strict=True)}
