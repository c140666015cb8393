"""What is about to be published, and what was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.data.images.captions import has_captions
from explorer.data.tables.values import count
from explorer.errors import ExplorerError
from explorer.hub.licences import LICENCES
from explorer.hub.push import Pushed
from explorer.hub.pushed_repo import DATASET
from explorer.settings import settings
from explorer.ui.shell.publish_form import Place, is_agreed, show_published
from explorer.ui.shell.quantities import readable_size
from explorer.ui.shell.text import markdown, show_error

if TYPE_CHECKING:
    from explorer.analysis.space import Space

_ANY_LICENCE = next(iter(LICENCES))


@dataclass(frozen=True, eq=False)
class Choice:
    """What a person chose to publish of a space.

    Attributes:
        rows: Row numbers, from 0; None for all.
        columns: The columns besides that of the texts; None for all.
    """

    rows: NDArray[np.int64] | None
    columns: list[str] | None


def show_summary(space: Space, place: Place, choice: Choice) -> bool:
    """Draw exactly what goes to the Hub and who will see it.

    Args:
        space: The space.
        place: Where it goes.
        choice: What was chosen of it.

    Returns:
        Whether what becomes public was confirmed.
    """
    from explorer.share.push import preview

    with st.container(border=True):
        try:
            found = preview(
                space,
                place.name,
                licence=place.licence or _ANY_LICENCE,
                private=place.private,
                rows=choice.rows,
                columns=choice.columns,
            )
        except ExplorerError as error:
            show_error(error)
            return False
        columns = ", ".join(map(markdown, found.head.column_names))
        noun = "the column" if len(found.head.column_names) == 1 else "the columns"
        images = f", **{count(found.images, 'image')}**" if found.images else ""
        # Images that are not JPEG or WebP are compressed again.
        size = f"{'about' if found.images else 'at most'} {readable_size(found.size)}"
        st.markdown(place.readers)
        st.markdown(
            f"**{count(found.rows, 'row')}**: {noun} {columns}{images}, and vectors of **{found.dims:,} "
            f"dimensions**, {size}. What the rows are called goes too: {markdown(found.name)}."
        )
        if found.images:
            st.markdown(
                ":material/image: The images themselves go, with everything that can be seen on them. Their "
                "metadata, such as where and when they were taken, is removed."
                + (
                    ""
                    if has_captions(space.corpus)
                    else " Their texts are the names of the files, and go too."
                )
            )
        if not found.takes_queries:
            st.caption(
                "TF-IDF was fitted on all rows. These alone can be searched for rows like a row, but not for "
                "a text."
            )
        st.dataframe(
            found.head, hide_index=True, key="publish-head", alt="The first rows of what is published"
        )
        if found.notes:
            with st.expander("Notes and suggested searches that go with it"):
                st.code("\n".join(found.notes), language=None, wrap_lines=True)
        if place.is_ready:
            with st.expander("The card that goes with it"):
                st.code(found.card, language="markdown", wrap_lines=True, height=300)
        most = settings().max_file_mb
        if found.size > most * 1_000_000:
            st.caption(f"This page opens files of up to {most:,} MB; Python opens larger ones.")
        st.caption(
            "A space that was pushed before under this name gets a new version, and its history keeps the "
            "earlier ones. No other dataset is overwritten."
        )
    return is_agreed(place, f"publish-agreed-{_contents(space, choice)}")


def _contents(space: Space, choice: Choice) -> str:
    """A hash of the rows and columns that are chosen."""
    rows = b"" if choice.rows is None else choice.rows.tobytes()
    which = hashlib.sha256(rows + json.dumps([space.corpus.fingerprint, choice.columns]).encode())
    return which.hexdigest()


def show_published_space(pushed: Pushed) -> None:
    """Draw the link to what was published, and how it is loaded."""
    from explorer.share.dataset_card import load_lines

    show_published(pushed, DATASET)
    if pushed.private:
        st.caption(
            "On the Data page, this tab opens it with its token. In Python, sign in first, with "
            "`hf auth login` or HF_TOKEN."
        )
    for title, code in load_lines(pushed.name).items():
        st.markdown(title)
        st.code(code, language="python")
