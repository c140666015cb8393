"""The map in Chromium without a GPU: seconds until it is drawn, frames while dragged, and a lasso's answer.

By default a million points by our component, and by its raster where a browser has no WebGL; 117,659 by our
component, and by plotly, whose drawing of frames is not told. The points are generated; a lasso is drawn
around the middle of the map.
"""

from __future__ import annotations

import argparse
import re
import time
from typing import TYPE_CHECKING

from benchmarks.corpora import ROOT
from benchmarks.results import record
from benchmarks.served import (
    browser_mb,
    chromium,
    count_received,
    draw_lasso,
    frames_while_dragged,
    open_when_up,
    served,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_MIDDLE = [(0.35, 0.35), (0.65, 0.35), (0.65, 0.65), (0.35, 0.65), (0.35, 0.4)]
_PEER_ROWS = 117_659
_CANVAS = {"ours": ".map-overlay", "raster": ".map-overlay", "plotly": ".nsewdrag"}
_NO_WEBGL = """const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return kind === "webgl2" ? null : get.call(this, kind, ...more);
};"""


def main() -> None:
    """Print one line per map."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    figures: dict[str, float | str] = {}
    app = "benchmarks/map_view_app.py"
    with served({"PYTHONPATH": str(ROOT)}, script=app) as (url, server), chromium() as browser:
        page = browser.new_page()
        open_when_up(page, f"{url}/?rows=1&by=ours", server)  # imports what is needed
        page.locator(".map-view[data-drawn]").wait_for()
        page.close()
        for by, count in (("ours", rows), ("raster", rows), ("ours", _PEER_ROWS), ("plotly", _PEER_ROWS)):
            found = measure(browser, url, by, count)
            print(
                f"{count:9,} points by {by:6}  " + "  ".join(f"{k} {v:,.2f}" for k, v in found.items()),
                flush=True,
            )
            figures |= {f"{by}, {count} points, {name}": value for name, value in found.items()}
    record("map_view", figures)


def measure(browser: Browser, url: str, by: str, rows: int) -> dict[str, float]:
    """What one map takes.

    Args:
        browser: The browser.
        url: Of the app.
        by: `ours` or `plotly`.
        rows: Points.
    """
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(300_000)
    received = count_received(page)
    if by == "raster":
        page.add_init_script(_NO_WEBGL)
    page.goto(f"{url}/?rows={rows}&by={by}")
    page.get_by_text("points are there").wait_for()
    started = time.perf_counter()
    found = {}
    if by != "plotly":
        page.locator(f".map-view[data-drawn='{rows}']").wait_for()
        found["drawn, s"] = time.perf_counter() - started
        page.get_by_role("button", name="Move", exact=True).click()
        found["frames a second while dragged"] = frames_while_dragged(page)
        page.get_by_role("button", name="Whole map").click()
        page.get_by_role("button", name="Lasso", exact=True).click()
    else:
        page.locator(_CANVAS[by]).wait_for()
        page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
        found["drawn, s"] = time.perf_counter() - started
    found["received, kB"] = received[0] / 1e3
    page.wait_for_timeout(1_000)
    received[0] = 0
    draw_lasso(page, _MIDDLE, _CANVAS[by])
    started = time.perf_counter()
    selected = page.get_by_text(re.compile(r"^[1-9][\d,]* rows selected"))
    selected.wait_for()
    if by != "plotly":
        page.locator(".map-view:not([data-selected='0'])[data-selected]").wait_for()
    found["lasso answered, s"] = time.perf_counter() - started
    found["rows in it"] = float(selected.inner_text().split()[0].replace(",", ""))
    page.wait_for_timeout(1_000)
    found["received after it, kB"] = received[0] / 1e3
    found["browser, MB"] = browser_mb()
    page.context.close()
    return found


if __name__ == "__main__":
    main()
