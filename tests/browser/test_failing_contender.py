"""A contender whose server fails while it is compared: the page says so, and a retry mends it."""

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

import explorer
from explorer.encode.engines.generations import CANARY
from tests.browser.conftest import Server, fits, quiet, shoot
from tests.browser.test_looks import draw_in, violations
from tests.inference_server import MODEL, Answer, LocalInference, by_length


@pytest.fixture
def inference():
    """A server that has vectors for the rows, and for nothing else."""
    known = {*explorer.open_corpus("medicare-faq").texts, CANARY}
    running = LocalInference()
    full = Answer(400, {"error": "the disk is full"})
    running.encode = lambda texts: by_length(texts) if known.issuperset(texts) else full
    yield running
    running.close()


@pytest.fixture
def app(inference, tmp_path):
    running = Server(tmp_path, EXPLORER_EMBEDDING_SERVERS=f"team={inference.url}")
    yield running
    running.kill()
    assert "Traceback" not in running.log, running.log


@pytest.mark.slow
def test_the_error_is_where_its_figures_would_be_until_a_retry(visit, app, inference):
    served = quote(f"provider=team&model={quote(MODEL, safe='')}", safe="")
    page = visit(f"/compare?corpus=medicare-faq&with=&with={served}&with=model%3Dbm25", at=app)
    failed = page.get_by_text("failed", exact=True)
    expect(failed).to_have_count(2)  # of two proxies
    expect(page.get_by_text("the disk is full").first).to_be_visible()
    quiet(page)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        quiet(page)
        assert fits(page)
        for scheme in ("light", "dark"):
            draw_in(page, scheme)
            assert violations(page) == []
            shoot(page, f"compare-failed-{width}-{scheme}")
    inference.encode = by_length
    page.get_by_role("button", name="Try again").click()
    expect(failed).to_have_count(0)
    expect(page.get_by_text("the disk is full")).to_have_count(0)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
