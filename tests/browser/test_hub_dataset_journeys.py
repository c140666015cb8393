"""What people do with datasets of the Hub and with vectors they have already."""

from __future__ import annotations

import io
import re
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ask, fits, open_rows, quiet, settled, shoot
from tests.browser.test_journeys import cards
from tests.hub_datasets import CONVERTED_COMMIT

TOPICS = {
    "billing": "my invoice shows an amount that I was charged twice",
    "login": "I forgot my password and cannot sign in to my account",
    "shipping": "the parcel with my order has not arrived yet",
    "product": "the camera loses its connection to the network",
}
HOSTILE = "<img src=x onerror='window.hurt = 1'><script>window.hurt = 1</script> **bold** $x$"
CARD = f"""---
license: cc-by-4.0
---
# Customer letters
Letters to the service of a shop, each with the **queue** it was sorted into.

| column | meaning |
| --- | --- |
| body | what was written |
| queue | who answers it |

{HOSTILE}
"""


def letters(rows: int) -> pa.Table:
    queues = list(TOPICS)
    return pa.table(
        {
            "id": list(range(rows)),
            "body": [
                f"Letter {row}: {TOPICS[queues[row % 4]]}, please help {HOSTILE}" for row in range(rows)
            ],
            "queue": [queues[row % 4] for row in range(rows)],
            "meta": [{"channel": ["mail", "chat"][row % 2], "stars": row % 5} for row in range(rows)],
        }
    )


@pytest.fixture(scope="module", autouse=True)
def _datasets(hub, tmp_path_factory):
    folder = tmp_path_factory.mktemp("datasets")
    names = ["shop/customer-letters", "lab/reviews", "lab/questions", "museum/labels-of-paintings"]
    for number, name in enumerate(names):
        own, converted = folder / name / "own", folder / name / "converted"
        own.mkdir(parents=True)
        (own / "README.md").write_text(CARD)
        for split, rows in (("train", 400), ("test", 40)):
            (converted / "default" / split).mkdir(parents=True)
            pq.write_table(letters(rows), converted / "default" / split / "0000.parquet", row_group_size=100)
        hub.datasets[name], hub.conversions[name] = own, converted
        hub.facts[name] = {
            "downloads": 45_678 // (number + 1) ** 3,
            "likes": 120 - 30 * number,
            "lastModified": f"2026-0{number + 1}-15T10:00:00Z",
            "tags": [
                "license:cc-by-4.0",
                "size_categories:n<1K",
                "language:en",
                "task_categories:text-classification",
            ],
            "description": "Letters to the service of a shop, each with the queue it was sorted into.",
        }


def open_letters(page: Page) -> None:
    page.get_by_role("radio", name="Hub").click()
    name = page.get_by_label("Name", exact=True)
    name.fill("shop/customer-letters")
    name.press("Enter")
    expect(page.get_by_role("button", name="Read 400 rows")).to_be_visible()


@pytest.mark.slow
def test_from_a_search_on_the_hub_to_hits(visit, hub_server):
    page = visit("/data", at=hub_server)
    page.get_by_role("radio", name="Hub").click()
    name = page.get_by_label("Name", exact=True)
    name.fill("letters")
    name.press("Enter")
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    settled(page)
    table.click(position={"x": 12, "y": 55})  # the box that picks the first row
    expect(page.get_by_text("The first 50 of 400 rows")).to_be_visible()
    page.get_by_text("Dataset card").click()
    expect(page.get_by_role("heading", name="Customer letters")).to_be_visible()
    page.get_by_role("button", name="Other datasets").click()
    expect(page.get_by_text("Select a row to preview")).to_be_visible()
    settled(page)
    table.click(position={"x": 12, "y": 55})
    page.get_by_role("button", name="Read 400 rows").click()
    expect(page.get_by_role("button", name="Encode 400 rows")).to_be_visible()
    quiet(page)  # the panel of the token count moves the button while it comes and goes
    page.get_by_role("button", name="Encode 400 rows").click()
    expect(page.get_by_role("link", name="Search these rows")).to_be_visible()
    page.get_by_role("link", name="Search these rows").click()
    ask(page, "I cannot log in")
    expect(cards(page)).to_have_count(10)
    expect(cards(page).first).to_contain_text("password")
    assert not page.evaluate("window.hurt")
    link = parse_qs(urlsplit(page.url).query)["corpus"][0]
    assert link == f"hub:shop/customer-letters@{CONVERTED_COMMIT},default,train,body,queue,,400,0"
    other = visit(f"/search?corpus={quote(link)}&q=refund", at=hub_server)
    expect(cards(other)).to_have_count(10)
    expect(open_rows(other)).to_have_value(re.compile("^shop/customer-letters, default, train"))


def test_the_tutorials_table_of_vectors_gives_the_published_hits(visit, published):
    import explorer

    vectors = explorer.embed(explorer.open_corpus("medicare-faq"), precision="float32").vectors
    buffer = io.StringIO()
    np.savetxt(buffer, vectors, delimiter=",", header=",".join(map(str, range(384))), comments="", fmt="%.9g")
    page = visit("/data")
    page.get_by_role("radio", name="File").click()
    page.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(
        {"name": "embeddings.csv", "mimeType": "text/csv", "buffer": buffer.getvalue().encode()}
    )
    expect(page.get_by_text("13 vectors without texts")).to_be_visible()
    page.get_by_role("radio", name="Pasted lines").last.click()
    page.get_by_label("One text per line").fill("\n".join(published["texts"]))
    page.get_by_label("One text per line").press("Control+Enter")
    expect(page.get_by_text("The rows include vectors of 384 dimensions")).to_be_visible()
    settled(page)
    assert fits(page)
    shoot(page, "vectors-1440-light")
    page.get_by_role("button", name="Use 13 rows").click()
    page.get_by_role("link", name="Search these rows").click()
    ask(page, published["published"]["query"])
    expect(cards(page).first).to_contain_text(
        published["texts"][published["published"]["hits"][0]["corpus_id"]]
    )
    expect(cards(page).first).to_contain_text("0.757")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_picker_fits_its_width(visit, hub_server, schemes, width):
    for scheme in schemes:
        page = visit("/data", at=hub_server, width=width, scheme=scheme)
        page.get_by_role("radio", name="Hub").click()
        expect(page.get_by_text("Select a row to preview")).to_be_visible()
        settled(page)
        assert fits(page)
        shoot(page, f"hub-search-{width}-{scheme}")
        open_letters(page)
        settled(page)
        assert fits(page)
        shoot(page, f"hub-dataset-{width}-{scheme}")
        page.get_by_role("button", name="Read 400 rows").click()
        expect(page.get_by_role("button", name="Encode 400 rows")).to_be_visible()
        settled(page)
        assert fits(page)
        shoot(page, f"hub-read-{width}-{scheme}")


def test_a_server_without_the_hub_says_so_once(visit):
    page = visit("/data")
    page.get_by_role("radio", name="Hub").click()
    expect(page.get_by_text("The Hugging Face Hub cannot be reached")).to_have_count(1)
    page.get_by_role("radio", name="Sample").click()
    expect(page.get_by_text("624 messages to the support")).to_be_visible()
