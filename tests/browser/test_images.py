"""Images that a person brings: seen, encoded, and searched by words, by an image and by both."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import focus, said, violations
from tests.browser.conftest import ask, choose, quiet, shoot
from tests.browser.images import bring, look_at
from tests.browser.test_looks import draw_in
from tests.drawn_images import Drawing
from tests.image_archives import drawn_archive, drawn_png

pytestmark = pytest.mark.slow


def found(page: Page) -> list[str]:
    """The alternative texts of the images that were found, in order."""
    images = page.locator(".st-key-hits .explorer-card img")
    expect(images.first).to_be_visible()
    quiet(page)
    return [image.get_attribute("alt") or "" for image in images.all()]


def test_pictures_are_brought_and_searched_by_words_by_an_image_and_by_both(visit, image_server):
    page = visit("/data?corpus=medicare-faq", at=image_server)
    bring(page, drawn_archive(each=3))
    expect(page.locator(".explorer-grid img").first).to_be_visible()
    assert page.evaluate("document.querySelector('.explorer-grid img').naturalWidth") == 96
    look_at(page, "images-data", ".explorer-grid img")
    choose(page, "Model of images and texts", "tiny-clip")
    page.get_by_role("button", name="Encode 192 images").click()
    page.get_by_role("link", name="Search these rows").click()
    expect(page.get_by_text("or start from one of these")).to_be_visible()
    look_at(page, "images-start", ".explorer-card img")

    ask(page, "a red circle")
    first = found(page)
    assert all(name.startswith("circle/red") for name in first[:2])
    expect(page.get_by_text(re.compile("The closest of 192 images"))).to_be_visible()
    look_at(page, "images-words", ".explorer-card img")

    page.get_by_role("button", name="By an image").click()
    page.locator("[data-testid=stPopoverBody] input[type=file]").set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": drawn_png(Drawing("star", "blue"))}
    )
    expect(page.get_by_text("By the image mine.png and by the words.")).to_be_visible()
    choose(page, "What counts", "Mostly the image")
    expect(page.locator('.explorer-card img[alt^="star/blue"]').first).to_be_visible()
    look_at(page, "images-both", ".explorer-card img")
    page.get_by_role("searchbox", name="Query").fill("")
    page.get_by_role("searchbox", name="Query").press("Enter")
    expect(page.get_by_text("Words above are added to it.")).to_be_visible()
    assert all(name.startswith("star/blue") for name in found(page)[:2])
    assert "mine" not in page.url
    page.get_by_role("button", name="Remove the image").click()
    expect(page.get_by_text("or start from one of these")).to_be_visible()

    ask(page, "a red circle")
    found(page)
    page.get_by_role("button", name="More like this").first.click()
    but = page.get_by_label(re.compile("Like image .*, but"))
    but.fill("a blue circle")
    but.press("Enter")
    choose(page, "What counts", "Mostly the words")
    expect(page.locator(".explorer-card img").first).to_have_attribute("alt", re.compile("circle/blue"))
    quiet(page)
    assert "but=a+blue+circle" in page.url
    assert "words-count=words" in page.url
    look_at(page, "images-but", ".explorer-card img")
    again = visit(page.url.removeprefix(image_server.url), at=image_server)
    expect(again.get_by_text("only the browser that opened them")).to_be_visible()


def test_hits_are_opened_picked_and_reached_by_keys(visit, image_server):
    page = visit("/data?corpus=medicare-faq", at=image_server)
    bring(page, drawn_archive(captions=True))
    page.get_by_role("button", name="Encode 64 images").click()
    page.get_by_role("link", name="Search these rows").click()
    ask(page, "a red circle")
    assert found(page)[0].startswith("a red circle on a")
    expect(said(page)).to_contain_text("10 hits for")
    opened = page.get_by_role("button", name=re.compile("Open image")).first
    focus(page, opened)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("img")).to_be_visible()
    expect(dialog).to_contain_text("Closer than")
    quiet(page)
    assert violations(page) == []
    for scheme in ("light", "dark"):
        draw_in(page, scheme)
        shoot(page, f"images-large-1440-{scheme}")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_text(re.compile("^Pick row"), exact=False).first.locator("xpath=ancestor::label").click()
    page.get_by_role("button", name="Select the 1 picked").click()
    expect(page.get_by_text("1 selected").first).to_be_visible()


def test_a_space_of_images_leaves_as_a_file_and_is_searched_by_another_visitor(visit, image_server, tmp_path):
    page = visit("/data?corpus=medicare-faq", at=image_server)
    bring(page, drawn_archive())
    choose(page, "Model of images and texts", "tiny-clip")
    page.get_by_role("button", name="Encode 64 images").click()
    expect(page.get_by_role("link", name="Search these rows")).to_be_visible()
    quiet(page)
    page.get_by_role("button", name="Save this space").click()
    expect(page.get_by_text("Images lose their metadata")).to_be_visible()
    look_at(page, "images-save", ".explorer-grid img")
    expect(page.get_by_role("radio", name="CSV")).to_have_count(0)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as Parquet").click()
    path = tmp_path / waiting.value.suggested_filename
    assert path.name == "shapes-space.parquet"
    waiting.value.save_as(path)

    other = visit("/data", at=image_server)
    other.get_by_role("radio", name="File").click()
    other.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(path)
    expect(other.get_by_text("tiny-clip, 32 dimensions")).to_be_visible()
    expect(other.locator(".explorer-grid img").first).to_be_visible()
    look_at(other, "images-opened", ".explorer-grid img")
    other.get_by_role("button", name="Use 64 images").click()
    other.get_by_role("link", name="Search these rows").click()
    ask(other, "a red circle")
    assert found(other)[0].startswith("circle/red")
