"""A comparison and an encoder logged to MLflow, and the encoder chosen from it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import Server, fits, quiet, shoot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def allowing(tmp_path_factory):
    """The app of a host who allows MLflow, with its own store."""
    allowed = {"EXPLORER_ALLOW_MLFLOW_MODELS": "yes", "EXPLORER_ALLOW_MLFLOW_LOGGING": "yes"}
    running = Server(tmp_path_factory.mktemp("mlflow-app"), MLFLOW_TRACKING_URI="", **allowed)
    yield running
    running.kill()
    assert "Traceback" not in running.log, running.log


def log(page: Page, name: str) -> None:
    """Log under a name, and wait until it is said to be logged."""
    quiet(page)
    page.get_by_role("button", name="Log to MLflow").click()
    box = page.get_by_role("textbox", name="Name in MLflow")
    box.fill(name)
    page.get_by_role("button", name="Log it").click()
    expect(page.get_by_text("Logged as")).to_be_visible()
    quiet(page)


def test_a_comparison_is_logged_and_an_encoder_logged_and_used_again(visit, allowing):
    page = visit("/compare?corpus=medicare-faq", at=allowing)
    log(page, "which model")
    expect(page.get_by_text("mlflow.get_run(")).to_be_visible()
    assert not violations(page)
    page = visit("/models?corpus=medicare-faq", at=allowing)
    log(page, "own encoder")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="own encoder/1").click()
    page.get_by_role("button", name="Use it").click()
    # A model that is new on a machine is checked there first, in a process of its own.
    expect(page.get_by_text("This model encodes your rows.")).to_be_visible(timeout=240_000)


@pytest.mark.parametrize("width", [1440, 390])
def test_what_logs_fits_narrow_and_wide(visit, allowing, schemes, width):
    for scheme in schemes:
        for path in ("compare", "models"):
            page = visit(f"/{path}?corpus=medicare-faq", at=allowing, width=width, scheme=scheme)
            quiet(page)
            page.get_by_role("button", name="Log to MLflow").click()
            expect(page.get_by_role("button", name="Log it")).to_be_visible()
            assert fits(page)
            assert not violations(page)
            shoot(page, f"mlflow-{path}-{width}-{scheme}")
