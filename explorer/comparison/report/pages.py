"""A report as HTML or Markdown: templates that escape every text."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any, Protocol

from explorer.comparison.numbers import NO_INTERVAL
from explorer.comparison.report.forest import WIDTH

GENERATOR = "Explorer"
"""What the head of each HTML file names as its maker: only such files are published as pages."""
_FOLDER = Path(__file__).parent
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# What Markdown reads inside a line; the templates begin every line themselves.
_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$!^=])")


class ReportContent(Protocol):
    """What a report says, for a template."""

    @property
    def template(self) -> str:
        """The beginning of the template's name."""


def html_page(content: ReportContent, folder: Path = _FOLDER) -> str:
    """A report as one HTML file, without anything from elsewhere.

    Args:
        content: What it says.
        folder: Where its template is, which can extend those of this folder.
    """
    return _render(f"{content.template}.html.jinja", content, folder)


def markdown_page(content: ReportContent) -> str:
    """A report as GitHub-flavoured Markdown."""
    return _render(f"{content.template}.md.jinja", content, _FOLDER)


class _AsItIs(str):
    """Text of a template that is not escaped, such as a block of code."""

    __slots__ = ()


def _render(template: str, content: ReportContent, folder: Path) -> str:
    found = _environment(folder, html=template.endswith(".html.jinja")).get_template(template)
    return str(found.render(report=content, width=WIDTH))


@functools.cache
def _environment(folder: Path, *, html: bool) -> Any:  # noqa: ANN401 - Jinja is imported only where a report is written
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([folder, _FOLDER]),
        autoescape=html,  # noqa: S701 - Markdown is escaped by `finalize`
        finalize=None if html else _escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["as_it_is"] = _AsItIs
    environment.globals["too_few"] = NO_INTERVAL
    environment.globals["generator"] = GENERATOR
    return environment


def _escaped(value: object) -> object:
    return value if isinstance(value, _AsItIs) else escaped_markdown(str(value))


def escaped_markdown(text: str) -> str:
    """A text for a line or a table cell of Markdown: nothing in it is read as Markdown or HTML."""
    flat = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", "".join(_HTML.get(character, character) for character in flat))
