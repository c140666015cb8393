"""The app, served as in the README, and a Chromium to visit it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpora import ROOT
from benchmarks.processes import family_of, resident

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

_DRAGGED = 3.0  # seconds


@contextlib.contextmanager
def served(
    environment: Mapping[str, str],
    app: Path = ROOT,
    *,
    joining: Sequence[str] = (),
    script: str = "streamlit_app.py",
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the app; yield its address, which is not yet listening, and its process.

    Args:
        environment: Variables to set in addition to those of this process.
        app: The checkout that has the app.
        joining: The beginning of a command that runs the rest elsewhere, such as in a control group.
        script: What to serve.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *joining,
        sys.executable,
        "-m",
        "streamlit",
        "run",
        script,
        "--server.headless=true",
    ]
    server = subprocess.Popen(
        [*command, "--server.address=127.0.0.1", f"--server.port={port}"],
        cwd=app,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.kill()
        server.wait()


def open_when_up(page: Page, url: str, server: subprocess.Popen[bytes]) -> None:
    """Open a page of the app as soon as it listens.

    Args:
        page: Where to open it.
        url: Its address.
        server: The process of the app.

    Raises:
        RuntimeError: The app ended.
    """
    while True:
        try:
            page.goto(url, wait_until="commit")
            return
        except Exception as error:  # not listening yet
            if server.poll() is not None:
                raise RuntimeError("the server ended") from error
            time.sleep(0.02)


def encode_upload(page: Page, name: str, content: bytes, rows: int, encoder: str = "") -> None:
    """Upload a file on the Data page, which is open, and start encoding its rows.

    Args:
        page: The page.
        name: The name of the file.
        content: What is in it.
        rows: How many rows it has.
        encoder: The name of the choice of encoder, such as TF-IDF; empty to leave it.
    """
    page.get_by_role("radio", name="File").click()
    page.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    if encoder:
        page.get_by_role("radio", name=encoder).click()
    page.get_by_role("button", name=f"Encode {rows:,} rows").click()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine; exits the program if there is none."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        sys.exit("There is no Chromium on this machine.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--enable-unsafe-swiftshader", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def draw_lasso(page: Page, corners: Sequence[tuple[float, float]], on: str = ".map-overlay") -> None:
    """Draw around points of a map.

    Args:
        page: The page with the map.
        corners: The path of the mouse, as shares of the map's width and height from its upper left.
        on: What is drawn on, as a CSS selector.
    """
    if on == ".map-overlay":
        page.locator(".map-view[data-drawn]").first.wait_for()
    box = page.locator(on).first.bounding_box()
    if box is None:
        raise RuntimeError("there is no map")
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=2)
    page.mouse.up()


def count_received(page: Page, *, files: bool = True) -> list[int]:
    """What the page gets from now on, in bytes: over its websockets, and as files of its own.

    Args:
        page: The page.
        files: Whether files count.

    Returns:
        A list of one number, which goes up by itself.
    """
    received = [0]

    def add(size: int) -> None:
        received[0] += size

    def add_file(response: Response) -> None:
        if "/media/" in response.url:
            add(int(response.headers.get("content-length", 0)))

    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: add(len(frame))))
    if files:
        page.on("response", add_file)
    return received


def frames_while_dragged(page: Page) -> float:
    """Frames that our map drew in a second while the mouse dragged it, with its tool for moving."""
    box = page.locator(".map-overlay").bounding_box()
    if box is None:
        raise RuntimeError("there is no map")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    view = page.locator(".map-view")
    page.mouse.move(x, y)
    page.mouse.down()
    before, started, step = int(view.get_attribute("data-frames") or 0), time.perf_counter(), 0
    while time.perf_counter() - started < _DRAGGED:
        step += 1
        page.mouse.move(x + 40 * (step % 10), y)
    frames = int(view.get_attribute("data-frames") or 0) - before
    seconds = time.perf_counter() - started
    page.mouse.up()
    return frames / seconds


def browser_mb() -> float:
    """Resident memory of the browser's processes, what they share counted for each."""
    total = 0.0
    for process in family_of(os.getpid()):
        with contextlib.suppress(OSError):
            if "chrom" in Path(f"/proc/{process}/comm").read_text():
                total += resident(process, "VmRSS")
    return total
