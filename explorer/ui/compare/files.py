"""The comparison as files: reports, and one that opens again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.errors import ExplorerError
from explorer.jobs.progress import OnProgress
from explorer.session.saved_comparison import open_saved
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.compare.cost import sweeps_made
from explorer.ui.compare.options import set_options
from explorer.ui.shell.text import show_error
from explorer.ui.widgets.downloads import download_file
from explorer.ui.widgets.log_to_mlflow import offer_logging
from explorer.ui.widgets.offer_page import PageOffer, offer_page

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison
    from explorer.tracking.runs import Logged

_UPLOAD = "compare-open-file"
_ERROR = "explorer-compare-open-error"
_ENDING = "comparison"


def show_files(session: Session, comparison: Comparison | None) -> None:
    """Draw what can be downloaded of a comparison, and the control that opens a saved one.

    Args:
        session: The session.
        comparison: The comparison; None if there is none yet.
    """
    if comparison is not None:
        _show_downloads(session, comparison)
    with st.popover(
        "Open a saved comparison", icon=":material/folder_open:", type="tertiary", width="content"
    ):
        _show_open(session)


def _show_downloads(session: Session, comparison: Comparison) -> None:
    called = session.comparison.name
    name = called or f"{session.corpus.name}-{_ENDING}"

    def report(ending: str, *, texts: bool = True) -> bytes:
        from explorer.comparison.report.report import report_text

        sweeps = sweeps_made(session, comparison)
        return report_text(comparison, f"{name}.{ending}", called=called, sweeps=sweeps, texts=texts).encode()

    def file() -> bytes:
        from explorer.comparison.files.saving import Choices, packed

        state = session.comparison
        return packed(comparison, Choices(state.name, state.queries, state.answers))

    offer_page(
        session,
        PageOffer(
            "comparison",
            "Report (HTML)",
            name,
            lambda chosen, _on_progress: report("html", texts=chosen.texts),
            holds="Verdict, tables, figures, settings and the Python lines that repeat it; with what Cost "
            "shows, once that was opened. It names the groups that the rows are divided into.",
            texts="Some rows on which the contenders differ, and their neighbours.",
        ),
    )
    download_file(
        "Report (Markdown)",
        lambda: report("md"),
        f"{name}.md",
        about="The report as Markdown, with texts of your rows.",
    )
    download_file(
        "Comparison",
        file,
        f"{name}.{_ENDING}",
        about="Opens again on this page or by explorer.open_comparison, without encoding anything. It holds "
        "figures, judgements and your answers, but no vectors and no texts of rows.",
    )
    _offer_logging(session, comparison)


def _offer_logging(session: Session, comparison: Comparison) -> None:
    def log(name: str, texts: bool, on_progress: OnProgress) -> Logged:
        from explorer.tracking.comparisons import log_comparison

        return log_comparison(comparison, name, texts=texts, on_progress=on_progress)

    offer_logging(
        session,
        "comparison",
        "Logging the comparison to MLflow",
        log,
        name=session.comparison.name,
        about="A run in the host’s MLflow, with figures and their intervals, plots and the report.",
        texts="The rows that the report quotes, and the file that opens again, which has the judged queries.",
    )


def _show_open(session: Session) -> None:
    st.file_uploader(
        "A saved comparison",
        type=[_ENDING],
        max_upload_size=settings().max_file_mb,
        key=_UPLOAD,
        help="Saved here, or by Comparison.save in Python. Its rows must be open. Scorecard, differences and "
        "agreement are there at once; what needs vectors follows when the contenders are encoded.",
        on_change=_open,
        args=(session,),
    )
    error = st.session_state.get(_ERROR)
    if error is not None:
        show_error(error)


def _open(session: Session) -> None:
    """Open the file, before the controls that it sets are drawn."""
    file, st.session_state[_ERROR] = st.session_state[_UPLOAD], None
    if file is None:
        return
    try:
        open_saved(session, file.getvalue())
    except ExplorerError as error:
        st.session_state[_ERROR] = error
    else:
        set_options(session)
