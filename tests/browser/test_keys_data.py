"""By keys alone, from rows of many kinds and an encoder to what is saved of them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import go_by_tab
from tests.browser.conftest import open_rows, quiet
from tests.browser.keys import choose, download, parameter, pick, press, tick, upload, write
from tests.browser.test_journeys import csv_of
from tests.hub_server import COMMIT
from tests.tiny_model import save_tiny_model

pytestmark = pytest.mark.slow

LETTERS = "keys/pigeon-post"  # no other module serves one of that name
MODEL = "keys/tiny"


@pytest.fixture(scope="module", autouse=True)
def _hub(hub, tmp_path_factory):
    """A dataset and a model on the Hub of this machine."""
    folder = tmp_path_factory.mktemp("keys")
    (folder / "letters").mkdir()
    (folder / "letters" / "README.md").write_text("# Letters\nTo a shop.\n")
    (folder / "letters" / "train.csv").write_bytes(csv_of(["my parcel is late", "the cat is on the mat"]))
    hub.datasets[LETTERS] = folder / "letters"
    hub.facts[LETTERS] = {"downloads": 7, "likes": 1, "lastModified": "2026-01-15T10:00:00Z", "tags": []}
    hub.repositories[MODEL] = save_tiny_model(folder / "tiny")
    hub.facts[MODEL] = {
        "library_name": "sentence-transformers",
        "pipeline_tag": "sentence-similarity",
        "tags": ["sentence-transformers", "safetensors"],
    }


def first_hit(page: Page, query: str) -> Locator:
    """Go to the search of the rows that were just encoded, and ask."""
    press(page, page.get_by_role("link", name="Search these rows"))
    write(page, page.get_by_role("searchbox", name="Query"), query)
    page.keyboard.press("Enter")
    return page.locator(".explorer-hit").first


def test_a_file_is_opened_from_the_overview_has_no_label_and_its_themes_are_seen(visit, tmp_path):
    animals = [f"My {animal} sleeps on the {place}" for animal in ("cat", "dog") for place in ("sofa", "bed")]
    bills = [f"The invoice {number} was {what}" for number in range(3) for what in ("paid", "refunded")]
    (tmp_path / "new.csv").write_bytes(csv_of([*animals, *bills]))
    page = visit("/")
    press(page, page.get_by_role("button", name="Open a file"))
    upload(page, tmp_path / "new.csv")
    pick(page, "Label column", "(none)")
    press(page, page.get_by_role("button", name="Encode 10 rows"))
    press(page, page.get_by_role("link", name="See the overview"))
    theme = page.locator(".st-key-themes").get_by_role("button").first
    press(page, theme)
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows? · cluster"))).to_be_visible()
    expect(page.get_by_role("heading", level=1, name="Map")).to_be_visible()


def test_a_long_text_is_split_and_encoded_by_words(visit, tmp_path):
    filler = "The weather was fine and nothing else happened that day. " * 60
    (tmp_path / "diary.csv").write_bytes(csv_of([filler + "The parrot escaped from its cage.", "A note."]))
    page = visit("/data")
    choose(page, "File")
    upload(page, tmp_path / "diary.csv")
    press(page, page.locator("summary").filter(has_text="Long texts"))
    choose(page, "Sentences")
    expect(page.get_by_text("Preview of diary.csv, passages")).to_be_visible()
    choose(page, "TF-IDF")
    press(page, page.get_by_role("button", name=re.compile(r"Encode \d+ passages")))
    expect(first_hit(page, "parrot cage")).to_contain_text("The parrot escaped")
    assert parameter(page, "model") == "tfidf"


def test_a_server_a_model_and_a_token_are_chosen(visit):
    page = visit("/data?corpus=medicare-faq")
    choose(page, "Hosted")
    expect(page.get_by_text("Hugging Face token")).to_be_visible()
    write(page, page.get_by_role("textbox", name="Model", exact=True), "some/model")
    page.keyboard.press("Enter")
    write(page, page.locator("input[type=password]"), "hf_madeup")
    page.keyboard.press("Enter")
    quiet(page)
    expect(page.locator("input[type=password]")).to_have_value("hf_madeup")
    expect(page.get_by_role("button", name="Encode 13 rows")).to_be_enabled()


def test_encoding_is_cancelled_and_goes_on(visit, tmp_path):
    (tmp_path / "pile.csv").write_bytes(
        csv_of([f"Line {n} is about the {n * 31 % 997}th letter in the correspondence" for n in range(3_000)])
    )
    page = visit("/data")
    choose(page, "File")
    upload(page, tmp_path / "pile.csv")
    press(page, page.get_by_role("button", name="Encode 3,000 rows"))
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible()
    go_by_tab(page, cancel)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Finished work is kept")).to_be_visible()
    press(page, page.get_by_role("button", name="Resume"))
    expect(page.get_by_text(re.compile(r"texts encoded, [\d,]+ encoded before"))).to_be_visible(
        timeout=300_000
    )


def test_a_dataset_of_the_hub_is_found_looked_at_and_read(visit, hub_server):
    page = visit("/data", at=hub_server)
    choose(page, "Hub")
    write(page, page.get_by_label("Name", exact=True), "pigeon")
    page.keyboard.press("Enter")
    quiet(page)  # until then the list is that of every dataset
    tick(page, 0)
    expect(page.get_by_text(re.compile("The first|2 rows")).first).to_be_visible()
    press(page, page.locator("summary").filter(has_text="Dataset card"))
    expect(page.get_by_role("heading", name="Letters")).to_be_visible()
    press(page, page.get_by_role("button", name="Other datasets"))
    expect(page.get_by_label("Name", exact=True)).to_have_value("pigeon")
    quiet(page)
    tick(page, 0)
    press(page, page.get_by_role("button", name="Read 2 rows"))
    press(page, page.get_by_role("button", name="Encode 2 rows"))
    expect(first_hit(page, "parcel")).to_contain_text("my parcel is late")


def test_a_model_of_the_hub_is_found_read_about_and_used(visit, hub_server):
    page = visit("/models?corpus=medicare-faq", at=hub_server)
    write(page, page.get_by_label("Search", exact=True).last, "keys")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 model. Select one")).to_be_visible()
    tick(page, 0)
    expect(page.get_by_text(COMMIT)).to_be_visible()
    press(page, page.get_by_role("button", name=re.compile("Download .* and use it")))
    expect(first_hit(page, "premium")).to_be_visible()
    assert parameter(page, "model") == MODEL


def test_an_encoder_is_tested_with_cases_of_ones_own(visit):
    page = visit("/models?corpus=medicare-faq")
    press(page, page.locator("summary").filter(has_text="before you trust it"))
    usual = page.get_by_role("region", name="Usual tests of the encoder")
    expect(usual).to_be_visible(timeout=120_000)
    tick(page, 0, of=usual)
    expect(page.get_by_role("region", name="Usual cases of the test")).to_be_visible()
    write(
        page,
        page.get_by_role("textbox", name="Cases of your own, one per line"),
        "the card was declined | payment by card failed | the card was accepted",
    )
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="Own tests of the encoder")).to_contain_text("your cases")


def test_a_space_is_saved_and_opened(visit, tmp_path):
    page = visit("/data?corpus=medicare-faq")
    press(page, page.get_by_role("button", name="Save this space"))
    choose(page, "CSV")
    save = page.get_by_role("button", name="Save as CSV")
    expect(save).to_be_visible()
    path = download(page, save, tmp_path)
    page.keyboard.press("Escape")
    expect(save).to_have_count(0)
    choose(page, "File")
    upload(page, path)
    expect(page.get_by_text("all-MiniLM-L6-v2, 384 dimensions")).to_be_visible()
    press(page, page.get_by_role("button", name="Use 13 rows"))
    expect(page.get_by_text("0 texts encoded")).to_be_visible()


def test_a_session_is_saved_and_opened_and_other_rows_are_chosen_in_the_header(visit, tmp_path):
    page = visit("/data?corpus=medicare-faq")
    press(page, page.get_by_role("button", name="Save the session"))
    path = download(page, page.locator(".st-key-save-session-data").get_by_role("button"), tmp_path)
    page.keyboard.press("Escape")
    pick(page, "Open rows", "song-moods")
    expect(open_rows(page)).to_have_value(re.compile("song-moods"))
    choose(page, "File")
    upload(page, path)
    press(page, page.get_by_role("button", name="Open this session"))
    expect(open_rows(page)).to_have_value("medicare-faq · 13 rows")
