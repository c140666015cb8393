"""A visitor of the served app, in Chromium, who goes through its pages."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet

from benchmarks.served import encode_upload, open_when_up

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_QUERY = "something that moves"
_START = re.compile("^(For example|Ask in your own words)")
_PAGES = (
    ("Clusters", "over resamples"),
    ("Map", "Trustworthiness"),
    ("Compare", "95 % confidence intervals"),
)


def visit(
    browser: Browser,
    url: str,
    server: subprocess.Popen[bytes],
    rows: pa.Table | None = None,
    *,
    seconds: float = 120,
    on_shown: Callable[[str], object] = lambda _: None,
) -> None:
    """Encode rows, search, cluster, map and compare them, each on its page, and close the browser.

    Args:
        browser: The browser; the visitor is a context of it, with cookies of its own.
        url: Of the app.
        server: Its process.
        rows: The columns text and label, which are uploaded; None to stay with the sample.
        seconds: The longest that a page may take.
        on_shown: Called with the name of each page once it shows its result.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(seconds * 1000)
    page = context.new_page()
    open_when_up(page, f"{url}/{'search' if rows is None else 'data'}", server)
    if rows is not None:
        _upload(page, rows)
        on_shown("Data")
        page.get_by_role("link", name="Search", exact=True).click()
    page.get_by_text(_START).wait_for()
    box = page.get_by_label("Query")
    box.fill(_QUERY)
    box.press("Enter")
    page.get_by_text("More like this").first.wait_for()
    on_shown("Search")
    for name, sign in _PAGES:
        page.get_by_role("link", name=name, exact=True).click()
        page.get_by_text(sign).first.wait_for()
        on_shown(name)
    context.close()


def _upload(page: Page, rows: pa.Table) -> None:
    """Upload rows as a Parquet file, and encode them."""
    content = io.BytesIO()
    pa.parquet.write_table(rows, content)
    encode_upload(page, "rows.parquet", content.getvalue(), len(rows))
    page.get_by_text("texts encoded").first.wait_for()
