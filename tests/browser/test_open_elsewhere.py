"""The rows of the map are downloaded for other programs, which find in the files what they need."""

from __future__ import annotations

import io
import shlex
import zipfile

import numpy as np
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import fits, quiet, shoot
from tests.browser.maps import drawn

FAQ = "corpus=medicare-faq&precision=float32&map-method=PCA&colour=none"


def opened(page: Page) -> Page:
    drawn(page, 13)
    quiet(page)
    page.get_by_text("Open elsewhere", exact=True).click()
    expect(page.get_by_role("radio", name="Embedding Atlas")).to_be_checked()
    return page


def saved(page: Page, label: str) -> tuple[str, bytes]:
    """The name and the bytes of the file that a button downloads."""
    button = page.get_by_role("button", name=label)
    expect(button).to_be_visible()
    quiet(page)
    with page.expect_download() as waiting:
        button.click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def test_the_rows_are_downloaded_for_embedding_atlas_and_for_the_projector(visit):
    page = opened(visit(f"/map?{FAQ}"))
    name, content = saved(page, "Save for Embedding Atlas")
    command = page.locator("code", has_text="embedding-atlas").inner_text().splitlines()[-1]
    program, file, *options = shlex.split(command)
    assert (program, file) == ("embedding-atlas", name)
    table = pq.read_table(io.BytesIO(content))
    assert set(options[1::2]) <= set(table.column_names)
    assert table.num_rows == 13
    assert {len(near["ids"]) for near in table[options[-1]].to_pylist()} == {12}

    page.get_by_text("TensorBoard Projector", exact=True).click()
    name, content = saved(page, "Save for TensorBoard Projector")
    expect(page.locator("code", has_text="tensorboard")).to_contain_text(name)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        vectors = np.loadtxt(archive.open("tensors.tsv"), np.float32, delimiter="\t")
        head, *lines = archive.read("metadata.tsv").decode().splitlines()
    assert vectors.shape == (13, 384)
    texts = [line.split("\t")[head.split("\t").index(options[1])] for line in lines]
    assert texts == table[options[1]].to_pylist()


@pytest.mark.slow
def test_it_fits_on_every_screen(visit, schemes):
    for scheme in schemes:
        for width in (1440, 390):
            page = opened(visit(f"/map?{FAQ}", width=width, scheme=scheme))
            for tool in ("Embedding Atlas", "TensorBoard Projector"):
                page.get_by_text(tool, exact=True).click()
                expect(page.get_by_role("button", name=f"Save for {tool}")).to_be_visible()
                quiet(page)
                assert fits(page)
                shoot(page, f"elsewhere-{tool.split()[0].lower()}-{width}-{scheme}")
