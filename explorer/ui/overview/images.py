"""What can be said of images before they are encoded: counts and sizes."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import image_sizes
from explorer.session.session import Session

Size = tuple[int, int]
"""Width and height in pixels."""


def show_images(session: Session) -> None:
    """Draw the counts of the open rows, which are all images, and their sizes."""
    corpus = session.corpus
    median, smallest, largest = usual_sizes(corpus)
    with st.grid(5, min_column_width=120, key="counts"):
        st.metric("Images", f"{len(corpus):,}")
        st.metric(
            "Repeated images",
            f"{corpus.repeated:,}",
            help="Images whose pixels equal those of an earlier one, whatever the name and format of their "
            "files.",
        )
        st.metric("Median size", size_words(median), help="Median width × median height, in pixels.")
        st.metric(
            "Smallest", size_words(smallest), help="Width × height of the image with the fewest pixels."
        )
        st.metric("Largest", size_words(largest), help="Width × height of the image with the most pixels.")


def usual_sizes(corpus: Corpus) -> tuple[Size, Size, Size]:
    """The median width and height of images, and the sizes of those with the fewest and the most pixels."""
    sizes = image_sizes(corpus)
    order = np.argsort(sizes.prod(axis=1), kind="stable")
    width, height = np.median(sizes, axis=0)
    smallest, largest = (sizes[order[place]].tolist() for place in (0, -1))
    return (round(width), round(height)), (smallest[0], smallest[1]), (largest[0], largest[1])


def size_words(size: Size) -> str:
    """A size as pages write it."""
    return f"{size[0]:,} × {size[1]:,}"
