"""Bytes that the map sends to a browser: at first, on a rerun that changes nothing, and after a lasso.

Counted on the websocket of a Chromium that uploads the glosses, encodes them by TF-IDF (vectors are not sent)
and opens their map. For comparison, the size of a plotly express figure with the same points, labels and
texts, which `st.plotly_chart` would send at first and again on every rerun.
"""

from __future__ import annotations

import argparse
import csv
import io
import tempfile
import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.corpora import glosses
from benchmarks.results import record
from benchmarks.served import chromium, count_received, draw_lasso, encode_upload, served

if TYPE_CHECKING:
    from playwright.sync_api import Page


def main() -> None:
    """Print kilobytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=117_659)
    texts = glosses(parser.parse_args().rows)
    labels = [f"kind {len(text) % 8}" for text in texts]
    with tempfile.TemporaryDirectory() as folder, served({"EXPLORER_CACHE_DIR": folder}) as (url, _):
        ours = measure(url, texts, labels)
    peer = express(texts, labels)
    figures: dict[str, float | str] = {"rows": len(texts), "plotly express, each time, kB": peer / 1000}
    for name, size in ours.items():
        print(f"{name}: {size / 1000:,.1f} kB; plotly express {peer / 1000:,.0f} kB")
        figures[f"{name}, kB"] = size / 1000
    print(f"the first map is {peer / ours['first map']:.1f} times smaller; the bar of a rerun is 50 kB")
    record("payload", figures)


def measure(url: str, texts: list[str], labels: list[str]) -> dict[str, int]:
    """Bytes that arrive, by occasion."""
    rows = io.StringIO()
    writer = csv.writer(rows)
    writer.writerow(["text", "kind"])
    writer.writerows(zip(texts, labels, strict=True))
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(300_000)
        received = count_received(page)
        time.sleep(5)  # until it listens
        page.goto(f"{url}/data")
        encode_upload(page, "rows.csv", rows.getvalue().encode(), len(texts), "TF-IDF")
        page.get_by_text("texts encoded").wait_for()
        received[0] = 0
        page.goto(page.url.replace("/data?", "/map?map-method=PCA&"))
        page.get_by_text("How far to trust it").wait_for()
        quiet(page)
        sizes = {"first map": received[0]}
        received[0] = 0
        page.get_by_label("Find on the map").fill("   ")
        page.get_by_label("Find on the map").press("Enter")
        quiet(page)
        sizes["rerun without new data"] = received[0]
        received[0] = 0
        draw_lasso(page, [(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6), (0.4, 0.42)])
        page.get_by_text("Selection ·").first.wait_for()
        quiet(page)
        sizes["lasso"] = received[0]
        return sizes


def quiet(page: Page) -> None:
    """Wait until nothing is computed or drawn."""
    page.wait_for_timeout(2_000)
    page.get_by_role("button", name="Cancel").first.wait_for(state="hidden")
    page.locator('[data-test-script-state="notRunning"]').first.wait_for()


def express(texts: list[str], labels: list[str]) -> int:
    """Bytes of plotly express's figure."""
    import plotly.express as px

    points = np.random.default_rng(0).standard_normal((len(texts), 2), dtype=np.float32)
    figure = px.scatter(x=points[:, 0], y=points[:, 1], color=labels, hover_name=texts)
    return len(figure.to_json().encode())


if __name__ == "__main__":
    main()
