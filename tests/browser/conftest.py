"""A served app and a Chromium to visit it with."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.conftest import ROOT
from tests.hub_datasets import DatasetHub
from tests.hub_pushes import TOKEN, PushHub
from tests.prepared import Prepared

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SHOTS = ROOT / "test-screenshots"
shots_wanted = False
_MOST_PICTURES = 5  # taken of one page until two in a row are equal

expect.set_options(timeout=60_000)


def pytest_configure(config):
    global shots_wanted
    shots_wanted = config.getoption("shots")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


class Server:
    """The app as the README starts it, with a cache of its own in which the samples are."""

    prepared: Prepared  # set before the first is started

    def __init__(self, folder: Path, **settings: str) -> None:
        self.cache = folder / "cache"
        self.prepared.lend(self.cache)
        self._log = folder / "server.log"
        self._settings = {
            "EXPLORER_CACHE_DIR": str(self.cache),
            "EXPLORER_MODEL_DIR": str(folder / "models"),
            "HF_HOME": str(folder / "hf"),
            "HF_ENDPOINT": "http://127.0.0.1:9",
            **settings,
        }
        self.start()

    def start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
        command += ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}"]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **self._settings}, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                    return
            except OSError:
                assert self.process.poll() is None, self._log.read_text()
                time.sleep(0.1)
        raise AssertionError(self._log.read_text())

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def log(self) -> str:
        return self._log.read_text()


@pytest.fixture(scope="session", autouse=True)
def _prepared(prepared):
    Server.prepared = prepared


@contextmanager
def _running(folder: Path, **settings: str) -> Iterator[Server]:
    served = Server(folder, **settings)
    yield served
    served.kill()
    assert "Traceback" not in served.log, served.log


@pytest.fixture(scope="session")
def _shared_server(tmp_path_factory):
    with _running(tmp_path_factory.mktemp("server")) as served:
        yield served


@pytest.fixture
def server(request, _shared_server, tmp_path_factory):
    """The app that the journeys share."""
    if _runs_once_more(request):
        with _running(tmp_path_factory.mktemp("server")) as served:
            yield served
    else:
        yield _shared_server


@pytest.fixture(scope="session")
def hub():
    """A Hub on this machine, empty; what a module serves from it, it adds."""
    running = DatasetHub()
    yield running
    running.close()


@pytest.fixture(scope="session")
def _shared_hub_server(hub, tmp_path_factory):
    with _running(tmp_path_factory.mktemp("hub-server"), **_with_hub(hub)) as served:
        yield served


@pytest.fixture
def hub_server(request, hub, _shared_hub_server, tmp_path_factory):
    """The app with that Hub, where models may run their code."""
    if _runs_once_more(request):
        with _running(tmp_path_factory.mktemp("hub-server"), **_with_hub(hub)) as served:
            yield served
    else:
        yield _shared_hub_server


@pytest.fixture(scope="module")
def push_hub(tmp_path_factory):
    """A Hub on this machine that takes what is pushed."""
    running = PushHub(tmp_path_factory.mktemp("hub"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def publishing(push_hub, tmp_path_factory):
    """The app with that Hub; the token of its visitors is in no log."""
    with _running(tmp_path_factory.mktemp("publishing"), HF_ENDPOINT=push_hub.url) as served:
        yield served
    assert TOKEN not in served.log


@pytest.fixture(scope="module")
def image_server(tiny_clip, tmp_path_factory):
    """The app on a host with a model that takes images."""
    folder = tmp_path_factory.mktemp("image-server")
    shutil.copytree(tiny_clip, folder / "models" / "tiny-clip")
    with _running(folder) as served:
        yield served


def _with_hub(hub: DatasetHub) -> dict[str, str]:
    return {"HF_ENDPOINT": hub.url, "EXPLORER_ALLOW_REMOTE_CODE": "yes"}


def _runs_once_more(request: pytest.FixtureRequest) -> bool:
    """Whether the journey failed before: what it stored on the shared server would change its figures."""
    return getattr(request.node, "execution_count", 1) > 1


def pytest_terminal_summary(terminalreporter):
    """Say why a journey failed that was run once more: whether it passed then or not, it is to be mended."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first run of {report.nodeid}")
        report.toterminal(terminalreporter._tw)


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no Chromium: tests/browser/install_chromium.sh should have installed it")
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--enable-unsafe-swiftshader", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, server: Server):
    """Open the app as a new visitor: a browser context of its own, which may ask no other host."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def own_host_only(url: str, at: Server) -> None:
        asked = urlsplit(url)
        if asked.netloc and asked.netloc != urlsplit(at.url).netloc:
            problems.append(f"asked another host: {url}")

    def open_page(path: str = "/", *, width: int = 1440, scheme: str = "light", at: Server = server) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        context.on("request", lambda request: own_host_only(request.url, at))
        page = context.new_page()
        page.on("websocket", lambda socket: own_host_only(socket.url, at))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(at.url + path)
        settled(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems


def settled(page: Page) -> None:
    """Wait until the script has run and nothing is being encoded."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=60_000)


# Whether the script has run, what it sent is drawn, and no work is under way that could be cancelled, for a
# while. What draws it, and with it our style sheet, comes to a new browser when it is first needed.
QUIET = """(milliseconds) => {
    const script = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState;
    const styled = getComputedStyle(document.documentElement).getPropertyValue("--focus-ring");
    const buttons = [...document.querySelectorAll("button")].map((button) => button.innerText.trim());
    const drawn = styled && !document.querySelector("[data-testid=stSkeleton]");
    if (script !== "notRunning" || !drawn || buttons.some((label) => label.endsWith("Cancel"))) {
        window.quietSince = undefined;
        return false;
    }
    window.quietSince ??= performance.now();
    return performance.now() - window.quietSince > milliseconds;
}"""


def open_rows(page: Page) -> Locator:
    """The list in the header with the rows that are open."""
    return page.get_by_role("combobox", name="Open rows")


def quiet(page: Page) -> None:
    """Wait until the script has run and nothing is under way: a choice is sent a moment after it is made."""
    page.evaluate("window.quietSince = undefined")
    page.wait_for_function(QUIET, arg=500, timeout=60_000)


def go_back(page: Page) -> None:
    """Go to the page before, as a browser's own Back does.

    A page's link is written in two steps, each an entry of the history. A browser's button passes over
    entries in which nobody pressed anything; `Page.go_back` stops at each of them.
    """
    path = urlsplit(page.url).path
    while urlsplit(page.url).path == path:
        page.go_back()


def fits(page: Page) -> bool:
    """Whether nothing is wider than the page."""
    return page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth <= main.clientWidth"
        " && document.documentElement.scrollWidth <= window.innerWidth; }"
    )


def choose(page: Page, label: str, option: str) -> None:
    """Pick from a list, once the page is quiet: one that is drawn anew closes the list."""
    box = page.get_by_role("combobox", name=label)
    expect(box).to_be_visible()
    quiet(page)
    box.click()
    page.get_by_role("option", name=option).click()


def ask(page: Page, query: str) -> None:
    """Type a query, once the page is quiet: one that is drawn anew loses what was typed."""
    box = page.get_by_role("searchbox", name="Query")
    expect(box).to_be_visible()
    quiet(page)
    box.fill(query)
    box.press("Enter")


@pytest.fixture
def schemes() -> tuple[str, ...]:
    """The colour schemes to draw a page in; only people see whether the dark one is good."""
    return ("light", "dark") if shots_wanted else ("light",)


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page for people to look at, where `--shots` asks for it."""
    if not shots_wanted:
        return
    SHOTS.mkdir(exist_ok=True)
    width = page.viewport_size["width"]
    height = page.evaluate(
        "(document.querySelector('[data-testid=stMainBlockContainer]') ?? document.body).scrollHeight"
    )
    page.set_viewport_size({"width": width, "height": min(4000, max(900, height + 80))})
    before, picture = b"", page.screenshot()
    for _ in range(_MOST_PICTURES):  # until it is drawn; a page that shows work under way never stands still
        if picture == before:
            break
        before, picture = picture, page.screenshot()
    (SHOTS / f"{name}.png").write_bytes(picture)
    page.set_viewport_size({"width": width, "height": 900})


def save_page(page: Page, label: str, folder: Path) -> Path:
    """Download what is offered as a page behind a label, and close that again."""
    opener = page.get_by_role("button", name=label, exact=True)
    opener.click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download (HTML)", exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    page.keyboard.press("Escape")
    return path


@pytest.fixture
def reader(browser: Browser):
    """Opens a file in a browser without a network; anything asked of a network is an error."""
    contexts: list[BrowserContext] = []
    asked: list[str] = []

    def read(path: Path, width: int, scheme: str, script: str = "") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: asked.append(str(error)))
        if script:
            page.add_init_script(f"({script})()")
        page.goto(path.as_uri())
        return page

    yield read
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
