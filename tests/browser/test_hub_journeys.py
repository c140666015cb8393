"""From looking for a model on the Hub to hits it found, with a Hub on this machine."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server, ask, fits, settled, shoot
from tests.hub_server import COMMIT
from tests.tiny_model import add_own_code, save_tiny_model

CARD = "# Tiny\n\nA model for tests.\n\n<script>window.hurt = 1</script>\n<img src=x onerror=window.hurt=1>\n"


@pytest.fixture(scope="module")
def marker(tmp_path_factory):
    """A file that is only there once code of a model has run."""
    return tmp_path_factory.mktemp("marker") / "marker"


@pytest.fixture(scope="module", autouse=True)
def _models(hub, tmp_path_factory, marker):
    folder = save_tiny_model(tmp_path_factory.mktemp("repositories") / "tiny")
    (folder / "README.md").write_text(CARD)
    for name, downloads in (("tiny/model", 1234), ("other/model", 99)):
        hub.repositories[name] = folder
        hub.facts[name] = {
            "downloads": downloads,
            "likes": 7,
            "lastModified": "2025-03-06T13:37:44.000Z",
            "library_name": "sentence-transformers",
            "pipeline_tag": "sentence-similarity",
            "safetensors": {"parameters": {"F32": 12_000}, "total": 12_000},
            "tags": ["sentence-transformers", "safetensors", "en", "license:mit"],
        }
    own = shutil.copytree(folder, folder.with_name("own"))
    hub.repositories["own/code"] = add_own_code(own, marker)
    hub.facts["own/code"] = {"tags": ["sentence-transformers", "safetensors", "custom_code"]}


def test_a_model_is_found_judged_downloaded_and_searched_with(visit, hub_server):
    page = visit("/models", at=hub_server)
    page.get_by_label("Search", exact=True).last.fill("tiny")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 model. Select one")).to_be_visible()
    table = page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    settled(page)
    table.click(position={"x": 150, "y": 52})  # any cell of the first row
    expect(page.get_by_text(COMMIT)).to_be_visible()
    assert "model-id=tiny%2Fmodel" in page.url
    page.get_by_text("Model card", exact=True).click()
    expect(page.get_by_text("A model for tests.")).to_be_visible()
    assert page.evaluate("window.hurt") is None
    page.get_by_role("button", name=re.compile("Download .* and use it")).click()
    link = page.get_by_role("link", name="Search these rows")
    expect(link).to_be_visible()
    assert f"revision={COMMIT}" in page.url
    link.click()
    ask(page, "refund my order")
    expect(page.get_by_test_id("stHtml").filter(has_text="random pair").first).to_be_visible()
    assert "model=tiny%2Fmodel" in page.url


@pytest.mark.parametrize("width", [1440, 390])
def test_long_names_and_prompts_of_strangers_leave_the_page_its_width(
    visit, hub_server, hub, tmp_path, width
):
    prompts = {"n" * 190 + " " + "o" * 190: "p" * 1_900, "Instruct: find " * 12: "q " * 900}
    hub.repositories["wordy/model"] = save_tiny_model(tmp_path / "wordy", prompts=prompts)
    hub.facts["wordy/model"] = {"tags": ["sentence-transformers"], "author": "a" * 190}
    page = visit("/models?model-id=wordy/model", at=hub_server, width=width)
    prompt = page.get_by_text("q q q").first
    expect(prompt).to_be_visible()
    assert fits(page)
    # Names leave most of the room to what they name.
    assert prompt.bounding_box()["width"] > page.get_by_text("Instruct: find").first.bounding_box()["width"]


@pytest.mark.slow
def test_code_of_a_model_runs_once_it_is_confirmed_and_no_link_confirms_it(visit, hub_server, marker):
    page = visit("/models?model-id=own/code", at=hub_server)
    use = page.get_by_role("button", name=re.compile("Download .* and use it"))
    expect(page.get_by_text("own/code runs only with code from its authors")).to_be_visible()
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    expect(use).to_have_count(0)
    shoot(page, "models-own-code-1440-light")
    page.get_by_text(f"Run the code of own/code at commit {COMMIT[:8]}").click()
    expect(use).to_be_visible()
    assert not marker.exists()
    use.click()
    page.get_by_role("link", name="Search these rows").click()
    ask(page, "refund my order")
    expect(page.get_by_test_id("stHtml").filter(has_text="random pair").first).to_be_visible()
    assert marker.exists()

    other = visit(page.url.removeprefix(hub_server.url), at=hub_server)
    expect(other.get_by_text("The model needs custom code")).to_be_visible()
    shoot(other, "models-own-code-link-1440-light")


@pytest.mark.slow
def test_offline_every_page_works_with_what_is_on_disk_and_says_so_once(visit, hub_server, tmp_path):
    # The first journey of this file downloads the model; alone, this test does.
    page = visit("/models?model-id=tiny/model", at=hub_server)
    page.get_by_role("button", name=re.compile("use it", re.IGNORECASE)).click()
    expect(page.get_by_text("This model encodes your rows.")).to_be_visible()

    # As after a restart without network, with rows that no server has encoded.
    disk = {"EXPLORER_CACHE_DIR": str(hub_server.cache), "HF_HOME": str(hub_server.cache.parent / "hf")}
    offline = Server(tmp_path, HF_HUB_OFFLINE="1", **disk)
    try:
        link = f"corpus=song-moods&model=tiny/model&revision={COMMIT}"
        for path, sign in (
            (f"/search?{link}&q=refund+my+order", "More like this"),
            (f"/similarity?{link}", "The closest pair here"),
            (f"/clusters?{link}", "over resamples"),
            (f"/map?map-method=PCA&{link}", "How far to trust it"),
            (f"/data?{link}", "texts encoded"),
        ):
            page = visit(path, at=offline)
            expect(page.get_by_text(sign).first).to_be_visible()
            expect(page.get_by_text("cannot be reached")).to_have_count(0)
        page.get_by_role("radio", name="Hub").click()
        expect(page.get_by_text("cannot be reached")).to_have_count(1)
        page = visit(f"/models?{link}", at=offline)
        expect(page.get_by_text("cannot be reached")).to_have_count(1)
        expect(page.get_by_text("tiny/model").first).to_be_visible()
        shoot(page, "models-offline-1440-light")
    finally:
        offline.kill()
    assert "Traceback" not in offline.log


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    ("name", "path", "sign"),
    [
        ("models", "/models", "3 models. Select one"),
        ("models-one", "/models?model-id=other/model", COMMIT),
    ],
)
def test_the_models_page_fits_its_width(visit, hub_server, schemes, name, path, sign, width):
    for scheme in schemes:
        page = visit(path, width=width, scheme=scheme, at=hub_server)
        expect(page.get_by_text(sign).first).to_be_visible()
        settled(page)
        main = page.locator('[data-testid="stMain"]')
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
        shoot(page, f"{name}-{width}-{scheme}")
