"""Encoders that are chosen on the data page: hosted, with prompts, by words alone."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from explorer.encode.models import BUNDLED_MODEL, find_model
from tests.browser.conftest import Server, ask, choose, quiet, settled, shoot
from tests.inference_server import MODEL, Answer, LocalInference, settings_to_talk_to
from tests.sentence_transformer import sentence_transformer
from tests.tiny_model import save_tiny_model

TOKEN = "hf_" + "paidbyme" * 4


@pytest.fixture(scope="module")
def inference():
    """A server that runs the real model."""
    running = LocalInference()
    model = sentence_transformer(find_model(BUNDLED_MODEL).folder)
    running.encode = lambda texts: model.encode(texts).tolist()
    yield running
    running.close()


@pytest.fixture(scope="module")
def served(inference, tmp_path_factory):
    running = Server(
        tmp_path_factory.mktemp("elsewhere-app"),
        EXPLORER_EMBEDDING_SERVERS=f"team={inference.url}",
        **settings_to_talk_to(inference, tmp_path_factory.mktemp("router")),
    )
    yield running
    running.kill()
    assert "Traceback" not in running.log, running.log


def choose_inference_providers(page):
    quiet(page)
    page.get_by_text("Hosted", exact=True).click()
    choose(page, "Server", "Inference Providers: hf-inference")
    expect(page.get_by_text("Hugging Face token")).to_be_visible()


def ask_the_published_question(page, published):
    wanted = published["published"]
    ask(page, wanted["query"])
    hits = page.get_by_test_id("stHtml").filter(has_text="random pair")
    expect(hits.first).to_be_visible()
    settled(page)
    shown = hits.all_inner_texts()[:5]
    scores = [float(re.search(r"0\.\d{3}", text)[0]) for text in shown]
    np.testing.assert_allclose(scores, [hit["score"] for hit in wanted["hits"]], atol=6e-4)
    for text, hit in zip(shown, wanted["hits"], strict=True):
        assert published["texts"][hit["corpus_id"]] in text


@pytest.mark.slow
def test_the_published_numbers_come_from_a_server_that_loads_and_asks_for_patience(
    visit, served, inference, published
):
    page = visit("/data?corpus=medicare-faq", at=served)
    quiet(page)
    page.get_by_text("Hosted", exact=True).click()
    model = page.get_by_label("Model", exact=True)
    model.fill(MODEL)
    model.press("Enter")
    expect(page.get_by_text("The rows are sent to that server, in about 1 request.")).to_be_visible()
    loading = Answer(503, {"error": f"Model {MODEL} is currently loading", "estimated_time": 3})
    inference.prepared += [loading, Answer(429, {"error": "slow down"}, {"Retry-After": "1"})]
    page.get_by_role("button", name="Encode 13 rows").click()
    expect(page.get_by_text(re.compile("loading the model; trying again in"))).to_be_visible()
    shoot(page, "elsewhere-waiting")
    page.get_by_role("link", name="Search these rows").click()
    expect(page.get_by_role("searchbox", name="Query")).to_be_visible()
    assert "provider=team" in page.url
    assert not inference.prepared
    ask_the_published_question(page, published)
    best = max(inference.asked, key=len)
    assert sorted(best) == sorted(published["texts"])
    assert [published["published"]["query"]] in inference.asked
    shoot(page, "elsewhere-hits")


@pytest.mark.slow
def test_a_token_pays_for_its_own_visitor_alone_and_is_written_down_nowhere(
    visit, served, inference, published
):
    page = visit("/data?corpus=medicare-faq", at=served)
    choose_inference_providers(page)
    model = page.get_by_label("Model", exact=True)
    model.fill(MODEL)
    model.press("Enter")
    field = page.locator("input[type=password]")
    field.fill(TOKEN)
    field.press("Enter")
    settled(page)
    loading = Answer(503, {"error": f"Model {MODEL} is currently loading", "estimated_time": 2})
    inference.prepared += [loading, Answer(429, {"error": "slow down"}, {"Retry-After": "2"})]
    inference.asked.clear()
    inference.tokens.clear()
    page.get_by_role("button", name="Encode 13 rows").click()
    expect(page.get_by_text(re.compile("loading the model; trying again in"))).to_be_visible()
    assert TOKEN not in page.inner_text("body")  # in the markup it is, as the field's own value
    expect(page.get_by_text(re.compile("is rate-limiting requests; trying again in"))).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 900})
    shoot(page, "providers-waiting-390")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Search these rows").click()
    expect(page.get_by_role("searchbox", name="Query")).to_be_visible()
    ask_the_published_question(page, published)
    assert not inference.prepared
    assert sorted(max(inference.asked, key=len)) == sorted(published["texts"])
    assert set(inference.tokens) == {f"Bearer {TOKEN}"}
    assert "provider=hf-inference" in page.url
    assert TOKEN not in page.url + page.content() + json.dumps(page.context.storage_state())
    shoot(page, "providers-hits-1440")

    asked = len(inference.asked)
    other = visit(page.url.removeprefix(served.url), width=390, at=served)
    expect(other.get_by_text("Inference Providers need a Hugging Face token.")).to_be_visible()
    expect(other.get_by_role("link", name="Enter a token on the Data page")).to_be_visible()
    shoot(other, "providers-no-token-390")
    assert len(inference.asked) == asked

    assert TOKEN not in served.log
    files = [path for path in served.cache.parent.rglob("*") if path.is_file()]
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []


def test_a_model_is_asked_for_clusters_otherwise_than_for_search(visit, served):
    save_tiny_model(served.cache.parent / "models" / "e5-small-v2")
    page = visit("/data?corpus=medicare-faq&model=e5-small-v2", at=served)
    # An invisible character after each colon keeps Markdown from reading it.
    expect(page.get_by_text(re.compile("“passage:.+before each row, “query:"))).to_be_visible()
    page.get_by_role("radio", name="For clusters and maps").click()
    expect(page.get_by_text(re.compile("“query:.+before each row, “query:"))).to_be_visible()
    shoot(page, "prompts-offered-1440-light")
    page.get_by_role("button", name="Encode 13 rows").click()
    page.get_by_role("link", name="Search these rows").click()
    expect(page.get_by_role("searchbox", name="Query")).to_be_visible()
    sent = parse_qs(urlsplit(page.url).query)
    assert sent["task"] == ["clustering"]


def test_rows_are_searched_by_their_words_without_any_model(visit, served):
    page = visit("/data?corpus=medicare-faq", at=served)
    page.get_by_role("radio", name="TF-IDF").click()
    page.get_by_role("button", name="Encode 13 rows").click()
    page.get_by_role("link", name="Search these rows").click()
    ask(page, "premium")
    expect(page.get_by_test_id("stHtml").filter(has_text="random pair").first).to_contain_text("premium")
    assert "model=tfidf" in page.url


@pytest.mark.parametrize("width", [1440, 390])
def test_the_choice_of_a_server_fits_its_width_and_its_token_stays_out_of_the_link(
    visit, served, schemes, width
):
    for scheme in schemes:
        page = visit("/data", width=width, scheme=scheme, at=served)
        choose_inference_providers(page)
        token = page.locator("input[type=password]")
        token.fill("hf_donotshowthis")
        token.press("Enter")
        settled(page)
        assert "donotshow" not in page.url
        shoot(page, f"elsewhere-{width}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
