"""Rows that several processes encode, and that are cancelled meanwhile."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from benchmarks.processes import children
from tests.browser.conftest import Server, fits, quiet, shoot
from tests.browser.test_journeys import csv_of, upload

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="needs two cores"
    ),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("processes-app"), EXPLORER_WORKERS="2", EXPLORER_DEVICE="cpu")
    yield running
    running.kill()
    assert "Traceback" not in running.log, running.log


def encoding(server):
    """The processes of the server that encode."""
    return [
        child
        for child in children(server.process.pid)
        if b"encoding_worker" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_two_processes_encode_are_cancelled_and_go_on(visit, served, schemes):
    page = visit("/data", at=served)
    texts = [f"Line {n} is about the {n * 31 % 997}th letter in a long pile" for n in range(2_000)]
    upload(page, "pile.csv", csv_of(texts))
    expect(page.get_by_role("button", name="Encode 2,000 rows")).to_be_visible()
    quiet(page)
    page.get_by_role("button", name="Advanced").click()
    page.get_by_role("radio", name="2", exact=True).click()
    shoot(page, "data-processes-1440-light")
    page.keyboard.press("Escape")
    quiet(page)
    page.get_by_role("button", name="Encode 2,000 rows").click()
    expect(page.get_by_text("rows/s")).to_be_visible()
    assert len(encoding(served)) == 2
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Finished work is kept")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    report = page.get_by_text(re.compile(r"texts encoded, [1-9][\d,]* encoded before.*2 processes"))
    expect(report).to_be_visible(timeout=180_000)
    assert not encoding(served)
    assert "workers" not in page.url
    shoot(page, "data-encoded-by-processes-1440-light")
    for width, scheme in ((390, "light"), (1440, "dark")):
        if scheme not in schemes and width == 1440:
            continue
        other = visit("/data", width=width, scheme=scheme, at=served)
        quiet(other)
        other.get_by_role("button", name="Advanced").click()
        expect(other.get_by_text("For the next rows that are encoded")).to_be_visible()
        assert fits(other)
        shoot(other, f"data-processes-{width}-{scheme}")
