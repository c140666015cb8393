"""The map page itself, in Chromium without a GPU: the first picture, dragging, and each interaction.

Many rows have generated vectors and the glosses of WordNet, repeated with a number; they are uploaded as a
Parquet file with its own vectors, with the limits of the settings raised. The glosses themselves are encoded,
and a text is found on their map too. Both maps are PCA's. `--rows` and `--glosses` select one of the two.

The first picture is timed in a new tab, after the map was computed in another: Streamlit's own start is in
it. What hovering takes includes the time that the mouse has to rest; clicks and choices include the driver's.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet

from benchmarks.corpora import ROOT
from benchmarks.map_rows import GLOSSES, LABEL, NUMBER, VECTORS, labelled, write_generated
from benchmarks.payload import quiet
from benchmarks.processes import children, resident
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
    from playwright.sync_api import Page

Figures = dict[str, float | str]

_ROWS = 1_000_000
_LONGEST = 900_000  # milliseconds that a page may take
_MIDDLE = [(0.3, 0.2), (0.7, 0.2), (0.7, 0.8), (0.3, 0.8), (0.3, 0.25)]
_POINTS = [(0.5, 0.5), (0.47, 0.52), (0.52, 0.47), (0.49, 0.46), (0.53, 0.54)]  # of the map, where points are
_LENGTH = 60  # characters that rows have to pass the filter
_QUERIES = ("something that moves", "a small animal")
_REDRAWN = """(before) => {
    const { frames, drawn } = window.mapView.dataset;
    return Number(frames) > before && drawn;
}"""
_WATCH_RUNS = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    new MutationObserver(() => {
        window.hasRun ||= app.dataset.testScriptState === "running";
    }).observe(app, { attributes: true });
}"""
_RERUN = """() => window.hasRun &&
    document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning" """
_LIMITS = {
    "EXPLORER_MAX_FILE_MB": "20000",
    "EXPLORER_READ_MB": "20000",
    "EXPLORER_READ_SECONDS": "3600",
    "EXPLORER_SESSIONS_MB": "20000",
    "STREAMLIT_SERVER_MAX_UPLOAD_SIZE": "20000",
}


def main() -> None:
    """Print and record what each map takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, help=f"rows with generated vectors ({_ROWS:,})")
    parser.add_argument("--glosses", type=int, help=f"glosses ({GLOSSES:,})")
    parser.add_argument("--cache", type=Path, help="a folder for the glosses' vectors, kept for the next run")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the pages")
    options = parser.parse_args()
    both = options.rows is None and options.glosses is None
    figures: Figures = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if options.rows or both:
            rows = options.rows or _ROWS
            file = folder / "rows.parquet"
            write_generated(file, rows)
            found = measure(file, rows, folder, options.pictures, own_vectors=True)
            figures |= {f"{rows} rows, {name}": value for name, value in found.items()}
        if options.glosses or both:
            table = labelled(options.glosses or GLOSSES)
            file, rows = folder / "glosses.parquet", len(table)
            pa.parquet.write_table(table, file)
            found = measure(file, rows, options.cache or folder, options.pictures, own_vectors=False)
            figures |= {f"{rows} glosses, {name}": value for name, value in found.items()}
    record("map_page", figures)


def measure(file: Path, rows: int, cache: Path, pictures: Path | None, *, own_vectors: bool) -> Figures:
    """What the map of a file's rows takes.

    Args:
        file: The file; see `labelled`.
        rows: Its rows.
        cache: The folder of the cache.
        pictures: A folder for pictures; None for none.
        own_vectors: Whether the rows come with vectors.
    """
    figures: Figures = {}

    def found(name: str, value: float) -> None:
        figures[name] = value
        print(f"{rows:9,} rows  {name}: {value:,.2f}", flush=True)

    limits = {**_LIMITS, "EXPLORER_MAX_ROWS": str(max(rows, 200_000))}
    environment = {**limits, "EXPLORER_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    with served(environment) as (url, server), chromium() as browser:
        started = time.perf_counter()
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        context.set_default_timeout(_LONGEST)
        page = context.new_page()
        open_when_up(page, f"{url}/data", server)
        _open_rows(page, file, rows, own_vectors=own_vectors)
        found("opened, s", time.perf_counter() - started)
        found("server with the rows, MB", resident(server.pid, "VmRSS"))
        address = page.url.replace("/data?", "/map?map-method=pca&")

        def opened(name: str) -> None:
            started = time.perf_counter()
            page.goto(address)
            page.locator(f".map-view[data-drawn='{rows}']").wait_for()
            found(name, time.perf_counter() - started)
            page.get_by_text("How far to trust it").wait_for()
            quiet(page)

        opened("map computed and drawn, s")
        page.close()
        page = context.new_page()
        received, messages = count_received(page), count_received(page, files=False)
        opened("first picture in a new tab, s")
        found("received, kB", received[0] / 1e3)
        if pictures is not None:
            page.screenshot(path=pictures / f"{rows}.png")
        if rows > 1_000:
            page.get_by_role("button", name="Move", exact=True).click()
            found("frames a second while dragged", frames_while_dragged(page))
            page.get_by_role("button", name="Whole map").click()
            page.get_by_role("button", name="Lasso", exact=True).click()
            for name, seconds in interactions(page, [received, messages], finds=not own_vectors):
                found(f"{name}, s", seconds)
                found(f"{name}, kB", received[0] / 1e3)
                found(f"{name}, messages kB", messages[0] / 1e3)
        found("browser, MB", browser_mb())
        found("server, MB", resident(server.pid, "VmRSS"))
        found("server's peak, MB", resident(server.pid, "VmHWM"))
        found("server's processes, MB", sum(resident(one, "VmRSS") for one in children(server.pid)))
        if pictures is not None:
            page.screenshot(path=pictures / f"{rows}-last.png", full_page=True)
        page.close()
    return figures


def interactions(page: Page, received: Sequence[list[int]], *, finds: bool) -> Iterator[tuple[str, float]]:
    """Do on a map what a person does; yield the name of each thing, and the seconds until its answer is seen.

    Args:
        page: The page, with all points drawn and the colours of the label.
        received: Counts of what the page gets, which are set to 0 before each thing.
        finds: Whether queries can be encoded.
    """
    tip, overlay = page.locator(".map-tip"), page.locator(".map-overlay")
    box = overlay.bounding_box()
    if box is None:
        raise RuntimeError("there is no map")
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in _POINTS]
    page.locator(".map-view").evaluate("(view) => { window.mapView = view; }")

    def timed(
        act: Callable[[], object],
        seen: Callable[[], object] | None = None,
        begin: Callable[[], object] = lambda: None,
    ) -> float:
        """Seconds from the end of an act until its answer is seen: another whole picture, if None."""
        before = page.evaluate("Number(window.mapView.dataset.frames)")
        for counted in received:
            counted[0] = 0
        begin()
        started = time.perf_counter()
        act()
        if seen is None:
            page.wait_for_function(_REDRAWN, arg=before)
        else:
            seen()
        seconds = time.perf_counter() - started
        quiet(page)
        return seconds

    for number, (x, y) in enumerate(points):
        page.mouse.move(5, 5)
        tip.wait_for(state="hidden")
        yield f"hover {number + 1}", timed(functools.partial(page.mouse.move, x, y), tip.wait_for)
    nearest = page.get_by_text("One row and its nearest in the full space")
    yield "click", timed(lambda: page.mouse.click(*points[0]), nearest.wait_for)
    picked = page.get_by_text(re.compile(r"Selection · [\d,]{3,} rows"))
    yield "lasso", timed(lambda: None, picked.wait_for, lambda: draw_lasso(page, _MIDDLE))
    rows = picked.inner_text().split("·")[1]
    print(f"           in the lasso:{rows}", flush=True)
    none = page.locator(".map-view[data-selected='0']")
    overlay.focus()
    yield "Escape", timed(lambda: page.keyboard.press("Escape"), none.wait_for)
    colours = ("Cluster", f"Column: {NUMBER}", "One colour", f"Label ({LABEL})")
    # Clusters are found the first time.
    for repeat, name in itertools.product(("", ", again"), colours):
        page.get_by_role("combobox", name="Colour").click()
        option = page.get_by_role("option", name=name, exact=True)
        option.wait_for()
        yield f"colour: {name}{repeat}", timed(option.click)
    first = page.locator(".map-legend button[data-entry]").first
    yield "legend", timed(first.click)
    yield "legend again", timed(first.click)
    page.mouse.move(5, 5)
    quiet(page)
    whole = page.locator(".map-view").get_attribute("data-shown")
    column, low = page.get_by_role("combobox", name="Column"), page.get_by_label("From", exact=True)
    opens = page.get_by_role("button", name="Filter", exact=True)
    yield "filters opened", timed(opens.click, column.wait_for)
    column.click()
    option = page.get_by_role("option", name=NUMBER, exact=True)
    option.wait_for()
    yield "filter: its histogram", timed(option.click, low.wait_for)
    low.fill(str(_LENGTH))
    passing = page.locator(f".map-view:not([data-shown='{whole}'])")
    yield "filter", timed(page.get_by_role("button", name="Show only these rows").click, passing.wait_for)
    print(f"           pass the filter: {passing.get_attribute('data-shown')}", flush=True)
    again = page.locator(f".map-view[data-shown='{whole}']")
    yield "filters cleared", timed(page.get_by_role("button", name="Clear all").click, again.wait_for)
    for name in ("Names", "Density"):
        toggle = page.get_by_role("button", name=name, exact=True)
        yield f"{name} (1)", timed(toggle.click)
        yield f"{name} (2)", timed(toggle.click)
    page.mouse.move(*points[0])
    in_view = page.get_by_text(re.compile(r"rows in view"))
    yield "rows follow the view", timed(lambda: page.mouse.wheel(0, -400), in_view.wait_for)
    page.get_by_role("button", name="Whole map").click()
    quiet(page)
    field = page.get_by_label("Find on the map")
    for text in _QUERIES if finds else ():  # the first loads the model
        field.fill(text)
        yield f"find: {text}", timed(lambda: field.press("Enter"))
    if finds:
        field.fill("")
        yield "find nothing", timed(lambda: field.press("Enter"))
    field.fill("   ")
    page.evaluate(_WATCH_RUNS)
    yield "rerun", timed(lambda: field.press("Enter"), lambda: page.wait_for_function(_RERUN))


def _open_rows(page: Page, file: Path, rows: int, *, own_vectors: bool) -> None:
    """Upload a file on the Data page, which is open, and open its rows."""
    page.get_by_role("radio", name="File").click()
    page.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(file)
    if own_vectors:  # once all is drawn: a list that is drawn anew is closed
        page.get_by_role("button", name=f"Encode {rows:,} rows").wait_for()
        page.locator('[data-test-script-state="notRunning"]').first.wait_for()
        page.get_by_role("combobox", name="Vectors").click()
        page.get_by_role("option", name=f"Column “{VECTORS}”").click()
        page.get_by_role("button", name=f"Use {rows:,} rows").wait_for()
        page.locator('[data-test-script-state="notRunning"]').first.wait_for()
        page.get_by_role("combobox", name="Query model").click()
        page.get_by_role("option", name="Unknown").click()
    page.get_by_role("button", name=f"{'Use' if own_vectors else 'Encode'} {rows:,} rows").click()
    page.get_by_role("link", name="Search these rows").wait_for()


if __name__ == "__main__":
    main()
