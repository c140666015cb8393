"""Writing a report of a comparison: one HTML file, or Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.comparison.report.content import Content, report_content
from explorer.comparison.report.migration_content import MigrationContent
from explorer.comparison.report.pages import html_page, markdown_page
from explorer.comparison.results import Results
from explorer.errors import QueryError

if TYPE_CHECKING:
    from explorer.comparison.compression.size_sweep import SizeSweep

_PAGES = {".html": html_page, ".htm": html_page, ".md": markdown_page}


def write_report(
    results: Results, path: Path, sweeps: Sequence[SizeSweep] = (), *, texts: bool = True
) -> None:
    """Write a report; see `Comparison.report`."""
    text = report_text(results, path.name, sweeps=sweeps, texts=texts)
    path.write_text(text, encoding="utf-8", newline="\n")


def report_text(
    results: Results,
    name: str,
    *,
    called: str = "",
    sweeps: Sequence[SizeSweep] = (),
    texts: bool = True,
) -> str:
    """The text of a report.

    Args:
        results: The comparison.
        name: The name of the file, whose ending, `.html` or `.md`, chooses the format.
        called: What the comparison is called; empty if it has no name.
        sweeps: What smaller vectors of its contenders cost, where that was computed.
        texts: Whether it quotes the rows that differ most and their neighbours.

    Raises:
        QueryError: The ending is another one.
    """
    return page_of(report_content(results, called, sweeps, texts=texts), name)


def page_of(content: Content | MigrationContent, name: str) -> str:
    """What a report says, in the format that the name of its file asks for.

    Raises:
        QueryError: The ending is neither `.html` nor `.md`.
    """
    check_report_name(name)
    return _PAGES[_ending(name)](content)


def check_report_name(name: str) -> None:
    """Check that the ending of a report's name is known.

    Raises:
        QueryError: It is not.
    """
    if _ending(name) not in _PAGES:
        raise QueryError("A report is HTML or Markdown.", where=name, fix="Name it .html or .md.")


def _ending(name: str) -> str:
    return Path(name).suffix.lower()
