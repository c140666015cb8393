"""Rows encoded by a server elsewhere, from the choice to hits, with such a server on this machine."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from sentence_transformers import SentenceTransformer

from explorer.encode.models import BUNDLED_MODEL, find_model
from tests.browser.conftest import Server, settled, shoot
from tests.inference_server import MODEL, Answer, LocalInference


@pytest.fixture(scope="module")
def inference():
    """A server that runs the real model."""
    running = LocalInference()
    model = SentenceTransformer(str(find_model(BUNDLED_MODEL).folder), device="cpu")
    running.encode = lambda texts: model.encode(texts).tolist()
    yield running
    running.close()


@pytest.fixture(scope="module")
def served(inference, tmp_path_factory):
    running = Server(
        tmp_path_factory.mktemp("elsewhere-app"), EXPLORER_EMBEDDING_SERVERS=f"team={inference.url}"
    )
    yield running
    running.kill()
    assert "Traceback" not in running.log, running.log


def test_the_published_numbers_come_from_a_server_that_loads_and_asks_for_patience(
    visit, served, inference, published
):
    page = visit("/data?corpus=medicare-faq", at=served)
    page.get_by_text("Model elsewhere").click()
    model = page.get_by_label("Model", exact=True)
    model.fill(MODEL)
    model.press("Enter")
    expect(page.get_by_text("The rows are sent to that server, in 1 request at most.")).to_be_visible()
    loading = Answer(503, {"error": f"Model {MODEL} is currently loading", "estimated_time": 3})
    inference.prepared += [loading, Answer(429, {"error": "slow down"}, {"Retry-After": "1"})]
    page.get_by_role("button", name="Encode 13 rows").click()
    expect(page.get_by_text(re.compile("loading the model; trying again in"))).to_be_visible()
    shoot(page, "elsewhere-waiting")
    page.get_by_role("link", name="Search these rows").click()
    expect(page.get_by_label("Query")).to_be_visible()
    assert "provider=team" in page.url
    assert not inference.prepared
    wanted = published["published"]
    page.get_by_label("Query").fill(wanted["query"])
    page.keyboard.press("Enter")
    scores = page.get_by_test_id("stHtml").filter(has_text="random pair")
    expect(scores.first).to_be_visible()
    settled(page)
    best = max(inference.asked, key=len)
    assert sorted(best) == sorted(published["texts"])
    assert [wanted["query"]] in inference.asked
    shown = [float(re.search(r"0\.\d{3}", text)[0]) for text in scores.all_inner_texts()[:5]]
    np.testing.assert_allclose(shown, [hit["score"] for hit in wanted["hits"][:5]], atol=6e-4)
    shoot(page, "elsewhere-hits")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_choice_of_a_server_fits_its_width_and_its_token_stays_out_of_the_link(
    visit, served, schemes, width
):
    for scheme in schemes:
        page = visit("/data", width=width, scheme=scheme, at=served)
        page.get_by_text("Model elsewhere").click()
        page.get_by_role("combobox", name="Server").click()
        page.get_by_role("option", name="Inference Providers: hf-inference").click()
        expect(page.get_by_text("Hugging Face token")).to_be_visible()
        token = page.locator("input[type=password]")
        token.fill("hf_donotshowthis")
        token.press("Enter")
        settled(page)
        assert "donotshow" not in page.url
        shoot(page, f"elsewhere-{width}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
