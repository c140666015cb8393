"""Model and dataset cards: Markdown from strangers, converted to HTML that is safe to show."""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING

from explorer.errors import GatedError
from explorer.hub.client import RepoKind, get_bytes

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_MAX_BYTES = 1_000_000
_MAX_CHARS = 100_000  # deeply nested tags take quadratic time, about a second for this many
FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n.*?^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_IMAGE = re.compile(r'<img(?: alt="([^"]*)")?>')
_HEADING = re.compile(r"(</?h)([1-6])>")
_TAGS = {
    *(
        "a",
        "blockquote",
        "br",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
    ),
    *(
        "h5",
        "h6",
        "hr",
        "kbd",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
    ),
    *("tbody", "td", "th", "thead", "tr", "ul", "b", "i", "u"),
}


def read_card(repo: str, commit: str, kind: RepoKind, token: str | None = None) -> str | None:
    """The Markdown of a card, up to 1 MB; None if the repository is gated; `token` as in `get_json`.

    Raises:
        NotOnHubError: The repository has no card.
        HubUnreachableError: The Hub does not respond, or the download is interrupted.
    """
    try:
        content = get_bytes(repo, "README.md", commit, 0, _MAX_BYTES, kind=kind, token=token)
    except GatedError:  # the listing can still be shown
        return None
    return content.decode("utf-8", errors="replace")


def card_html(markdown: str) -> str:
    """A card as HTML without scripts, styles, forms, images or other content that loads or runs.

    Headings are two levels lower, since a card is shown within a section of a page. Front matter is removed,
    images are replaced by their alternative text, and only http(s) links are kept; they open in a new tab.
    Only the first 100,000 characters are used.

    Args:
        markdown: The card, which may contain HTML.
    """
    import nh3

    text = FRONT_MATTER.sub("", markdown, count=1)[:_MAX_CHARS]
    drawn = _parser().render(text)
    described = nh3.clean(
        drawn,
        tags={*_TAGS, "img"},
        attributes={"*": set(), "a": {"href"}, "img": {"alt"}},
        url_schemes={"http", "https"},
    )
    worded = _IMAGE.sub(lambda image: html.escape(html.unescape(image[1] or "")), described)
    lower = _HEADING.sub(lambda tag: f"{tag[1]}{min(6, int(tag[2]) + 2)}>", worded)
    # Cleaned again, because text was inserted after the first pass.
    return nh3.clean(
        lower,
        tags=_TAGS,
        attributes={"*": set(), "a": {"href"}},
        attribute_filter=_keep_attribute,
        url_schemes={"http", "https"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer",
    )


def _keep_attribute(_tag: str, name: str, value: str) -> str | None:
    # A relative link would lead to a page of Explorer.
    return None if name == "href" and not value.lower().startswith(("http://", "https://")) else value


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])
