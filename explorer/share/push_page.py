"""Publishing a page, one HTML file that Explorer made, as a static Space on the Hugging Face Hub."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path

from explorer.comparison.report.pages import GENERATOR, escaped_markdown
from explorer.errors import PushError
from explorer.hub.push import Pushed
from explorer.hub.pushed_repo import CARD, STATIC_SPACE
from explorer.jobs.progress import OnProgress
from explorer.settings import settings
from explorer.share.pushing import check_licence, push_written

_HEAD_BYTES = 4_000
_MARK = f'<meta name="generator" content="{GENERATOR}">'.encode()
_TITLE = re.compile(rb"<title>(.*?)</title>", re.DOTALL)
_TITLE_CHARS = 100


def push_page(
    page: str | Path | bytes,
    name: str,
    *,
    licence: str,
    private: bool = True,
    token: str | None = None,
    on_progress: OnProgress | None = None,
) -> Pushed:
    """Publish a page as a static Space on the Hugging Face Hub, which needs no server and no running time.

    A Space of that name is replaced only if it is a page that was pushed before; its history keeps earlier
    versions. If the upload breaks off, pushing again goes on.

    Args:
        page: The path of a file that `explorer.save_map` or a `report` wrote as HTML, or its content.
        name: `owner/name`; the owner is you or an organisation of yours.
        licence: The licence of what it shows, by its code on the Hub; `other` or `unknown` if none is right.
        private: Whether only you, or the organisation, and those you let in see it.
        token: A token that can write; None for HF_TOKEN or the stored login.
        on_progress: Called several times a second; an exception it raises stops the upload.

    Raises:
        AccessError: There is no token, the Hub does not know it, or it may not do this.
        ModelError: The token has characters that no token has.
        NameTakenError: Another Space has the name.
        PushError: It is no page that Explorer made, or too large; there is no such licence; HF_HUB_OFFLINE is
            set; the Hub refuses it; or the Space is there and not as private as asked for.
        HubUnreachableError: The Hub does not respond, limits requests, or the connection broke.
        SettingError: It cannot be written to the cache folder.
        OSError: The page cannot be read.
    """
    check_licence(licence, name)
    if isinstance(page, bytes):
        content = page
    else:
        _check_size(Path(page).stat().st_size, Path(page).name)
        content = Path(page).read_bytes()
    _check_size(len(content), name)
    card = page_card(title_of(content, name), licence)

    def write(folder: Path) -> Mapping[str, Path]:
        index, readme = folder / STATIC_SPACE.file, folder / CARD
        index.write_bytes(content)
        readme.write_text(card, encoding="utf-8")
        return {CARD: readme, STATIC_SPACE.file: index}

    return push_written(STATIC_SPACE, name, write, token=token, private=private, on_progress=on_progress)


def page_card(title: str, licence: str) -> str:
    """The card of a Space: what it is to the Hub, and what it is to people."""
    import yaml

    data = {
        "title": title,
        "sdk": "static",
        "app_file": STATIC_SPACE.file,
        "license": licence,
        "tags": [STATIC_SPACE.tag, "embeddings"],
    }
    front = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    return (
        f"---\n{front}---\n\n# {escaped_markdown(title)}\n\n"
        f"One file, `{STATIC_SPACE.file}`, that also opens without a network. Made with Explorer.\n"
    )


def title_of(page: bytes, where: str) -> str:
    """The title of a page.

    Raises:
        PushError: It is no page that Explorer made.
    """
    head = page[:_HEAD_BYTES]
    found = _TITLE.search(head)
    if found is None or _MARK not in head:
        raise PushError(
            "That is not a page that Explorer made.",
            where=where,
            fix="Make one with save_map, or with the report of a comparison or an evaluation as .html.",
        )
    return " ".join(html.unescape(found[1].decode("utf-8", "replace")).split())[:_TITLE_CHARS]


def _check_size(size: int, where: str) -> None:
    most = settings().max_file_mb
    if size > most * 1_000_000:
        raise PushError(
            f"The page is larger than {most:,} MB.",
            where=where,
            fix="Make it of fewer rows, or without texts.",
        )
