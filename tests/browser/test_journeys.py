"""What people do, from opening the app to taking an answer away."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from benchmarks.served import count_received, draw_lasso
from tests.browser.conftest import Server, ask, choose, quiet, settled, shoot
from tests.browser.maps import drawn
from tests.tiny_model import save_tiny_model

QUERY = "How can Medicare help me?"
# Keeps every place, from the top of the page, in which the first hit is drawn.
KEEP_PLACES = """() => {
    window.places = new Set();
    const isHit = (button) => button.innerText.includes("More like this");
    const look = () => {
        const hit = [...document.querySelectorAll("button")].find(isHit);
        if (hit) window.places.add(Math.round(hit.getBoundingClientRect().top));
        requestAnimationFrame(look);
    };
    look();
}"""
HOSTILE = [
    "<script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 1'>",
    "# not a heading, **not bold**, [no link](javascript:alert(1))",
    "$x^2$ and $$\\int$$ cost $5 or :smile: :red[not red] :material/home:",
    "שלום עולם, כמה זה עולה?",
    "`code` ~~struck~~ | a | table |\n| --- | --- |",
]


def cards(page: Page):
    return page.locator('[data-testid="stHtml"]').filter(has_text="row ").filter(has_text="random pair")


def download(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as got:
        page.get_by_role("button", name="Download the hits (CSV)").click()
    with Path(got.value.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def upload(page: Page, name: str, content: bytes) -> None:
    page.get_by_role("radio", name="File").click()
    page.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def lasso(page: Page) -> None:
    """Draw around most of the map."""
    draw_lasso(page, [(0.2, 0.1), (0.8, 0.1), (0.8, 0.9), (0.2, 0.9), (0.2, 0.15)])


def csv_of(texts: list[str], label: str = "kind") -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["text", label])
    writer.writerows([text, f"{label} {number % 2}"] for number, text in enumerate(texts))
    return buffer.getvalue().encode()


def stored(server: Server) -> int:
    with sqlite3.connect(next(server.cache.glob("vectors-*.sqlite3"))) as connection:
        count = connection.execute("SELECT count(*) FROM vectors").fetchone()[0]
    connection.close()
    return int(count)


def test_from_opening_the_app_to_the_first_answer(visit):
    page = visit()
    expect(page.get_by_text("support-tickets", exact=True)).to_be_visible()
    expect(page.get_by_text("For example:")).to_be_visible()
    settled(page)
    shoot(page, "search-start-1440-light")
    page.locator('[data-testid="stButton"] button').first.click()
    expect(cards(page)).to_have_count(10)
    assert parse_qs(urlsplit(page.url).query)["q"]


@pytest.mark.slow
def test_the_first_visitor_of_a_server_may_come_straight_to_a_page(visit, tmp_path):
    fresh = Server(tmp_path)
    try:
        page = visit("/data?corpus=medicare-faq", at=fresh)
        expect(page.get_by_text("medicare-faq", exact=True)).to_be_visible()
        expect(page.get_by_role("heading", name="Data")).to_be_visible()
        expect(page.get_by_role("navigation", name="App pages").get_by_role("link")).to_have_count(7)
        expect(page).to_have_title("Explorer")

        page = visit("/?corpus=medicare-faq&precision=float32&q=replacement+card", at=fresh)
        page.evaluate(KEEP_PLACES)
        expect(cards(page)).to_have_count(10)
        quiet(page)
        assert page.evaluate("window.places.size") == 1
    finally:
        fresh.kill()


def test_the_published_numbers_come_out_of_the_page(visit, published):
    page = visit(f"/?corpus=medicare-faq&precision=float32&k=5&q={quote(QUERY)}")
    expect(cards(page)).to_have_count(5)
    rows = download(page)
    hits = published["published"]["hits"]
    assert [int(row["row"]) - 1 for row in rows] == [hit["corpus_id"] for hit in hits]
    assert [float(row["score"]) for row in rows] == pytest.approx([hit["score"] for hit in hits], abs=1e-5)
    assert [row["question"] for row in rows] == [published["texts"][hit["corpus_id"]] for hit in hits]
    shoot(page, "search-medicare-1440-light")


def test_a_pasted_link_shows_the_same_search(visit):
    first = visit("/?corpus=medicare-faq&precision=float32")
    first.get_by_label("Query").fill("What is TRICARE?")
    first.get_by_label("Query").press("Enter")
    expect(cards(first).first).to_contain_text("What is TRICARE?")
    first.wait_for_url("**q=What*")
    second = visit(first.url.removeprefix(urlsplit(first.url)._replace(path="", query="").geturl()))
    expect(second.get_by_label("Query")).to_have_value("What is TRICARE?")
    expect(cards(second).first).to_contain_text("What is TRICARE?")
    assert cards(second).all_inner_texts() == cards(first).all_inner_texts()


def test_more_like_this_and_back(visit):
    page = visit("/?corpus=medicare-faq&precision=float32&q=replacement+card")
    expect(cards(page)).to_have_count(10)
    page.get_by_role("button", name="More like this").first.click()
    expect(page.get_by_text("Rows similar to row 1:")).to_be_visible()
    expect(cards(page).filter(has_text="How do I get a replacement Medicare card?")).to_have_count(0)
    page.get_by_role("button", name="Back to the query").click()
    expect(cards(page).first).to_contain_text("How do I get a replacement Medicare card?")


def test_own_rows_are_uploaded_encoded_searched_and_survive_a_reload(visit, server):
    page = visit("/data")
    upload(
        page,
        "mine.csv",
        csv_of([*(f"A note about the number {n}" for n in range(20)), "My cat sleeps all day"]),
    )
    page.get_by_role("button", name="Encode 21 rows").click()
    expect(page.get_by_text("21 texts encoded")).to_be_visible()
    page.get_by_role("link", name="Search these rows").click()
    ask(page, "a pet")
    expect(cards(page).first).to_contain_text("My cat sleeps all day")
    page.wait_for_url("**q=a*")
    page.reload()
    expect(page.get_by_text("mine.csv", exact=True)).to_be_visible()
    expect(cards(page).first).to_contain_text("My cat sleeps all day")
    # The same link in another browser shows nothing of it.
    stranger = visit(page.url.removeprefix(server.url))
    expect(stranger.get_by_text("only the browser that opened them")).to_be_visible()
    expect(stranger.get_by_text("support-tickets", exact=True)).to_be_visible()
    assert "sleeps all day" not in stranger.content()


@pytest.mark.slow
def test_texts_are_shown_as_typed_and_run_nothing(visit):
    page = visit("/data")
    label = "<i>queue</i> *x* $y$ :smile:"
    upload(page, "<b>hostile</b>.csv", csv_of(HOSTILE, label))
    choose(page, "Label column", label)
    shoot(page, "data-hostile-1440-light")
    page.get_by_role("button", name=f"Encode {len(HOSTILE)} rows").click()
    page.get_by_role("link", name="Search these rows").click()
    for text in HOSTILE[:5]:  # the page begins with five rows
        expect(page.locator('[data-testid="stHtml"]').get_by_text(text.split("\n")[0]).first).to_be_visible()
    ask(page, HOSTILE[1])
    expect(cards(page)).to_have_count(len(HOSTILE))
    shown = "\n".join(cards(page).all_inner_texts())
    for text in HOSTILE:
        assert text in shown
    assert f"{label} 0" in shown
    hebrew = cards(page).filter(has_text="שלום").locator('div[dir="auto"]').first
    assert hebrew.evaluate("element => getComputedStyle(element).direction") == "rtl"
    choose(page, "Only these", f"{label} 1")
    page.keyboard.press("Escape")  # while the choice is open, the rest of the page is hidden from roles
    expect(cards(page)).to_have_count(len(HOSTILE) // 2)
    expect(page.locator('[data-testid="stMultiSelect"]')).to_contain_text(f"{label} 1")
    page.get_by_role("button", name="More like this").first.click()
    expect(page.get_by_text("Rows similar to row")).to_be_visible()
    assert page.evaluate("window.hurt") is None
    shoot(page, "search-hostile-1440-light")


def test_an_error_message_shows_somebodys_text_as_typed(visit):
    page = visit("/data")
    upload(page, "*bold* $x$ :smile: <i>.csv", b"a,b\n1,2,3\n")
    box = page.locator('[data-testid="stAlert"]').filter(has_text=".csv")
    expect(box).to_contain_text("*bold* $x$ :\u2060smile:\u2060 <i>.csv")
    expect(box).to_contain_text("line 2")
    shoot(page, "data-error-1440-light")


@pytest.mark.slow
def test_an_upload_is_read_with_progress_and_can_be_stopped(visit, tmp_path):
    large = tmp_path / "large.csv"
    large.write_bytes(b"text,n\n" + b'"a text, in ""quotes""",1\n' * 7_000_000)  # a buffer may have 50 MB
    page = visit("/data")
    quiet(page)
    page.get_by_role("radio", name="File").click()
    place = page.locator('[data-testid="stFileUploader"] input[type=file]')
    place.set_input_files(large)
    expect(page.get_by_text("Reading large.csv")).to_be_visible()
    expect(page.get_by_text("Choose rows to see")).to_have_count(0)
    shoot(page, "data-reading-1440-light")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Reading large.csv was stopped")).to_be_visible()
    expect(page.get_by_text("Open: support-tickets")).to_be_visible()
    upload(page, "short.csv", b"text\none\ntwo\n")
    expect(page.get_by_text("Preview of short.csv")).to_be_visible()
    expect(page.get_by_role("button", name="Encode 2 rows")).to_be_visible()


@pytest.mark.slow
def test_a_reloaded_data_page_shows_the_upload_that_is_open(visit):
    page = visit("/data")
    upload(page, "thirteen.csv", csv_of([f"row {n} is here" for n in range(13)], label="queue"))
    expect(page.get_by_text("Preview of thirteen.csv")).to_be_visible()
    page.get_by_role("button", name="Encode 13 rows").click()
    for come_back in (page.reload, page.reload, lambda: None):
        expect(page.get_by_text("thirteen.csv · open")).to_be_visible()
        expect(page.get_by_text("texts encoded")).to_be_visible()
        expect(page.get_by_role("radio", name="File")).to_be_checked()
        expect(page.get_by_role("button", name=re.compile(r"(Encode|Use) \d"))).to_have_count(0)
        come_back()
    page.get_by_role("link", name="Search", exact=True).click()
    expect(page.get_by_text("Ask in your own words")).to_be_visible()
    page.get_by_role("link", name="Data", exact=True).click()
    expect(page.get_by_text("thirteen.csv · open")).to_be_visible()


@pytest.mark.slow
def test_counting_tokens_moves_nothing_on_the_data_page(visit):
    page = visit("/data")
    quiet(page)
    upload(page, "many.csv", csv_of([f"the cat {n:x} sat on a dog " * 20 for n in range(20_000)]))
    expect(page.get_by_text("Preview of many.csv")).to_be_visible()
    button = page.get_by_role("button", name="Encode 20,000 rows")
    expect(page.get_by_text("Counting the tokens")).to_be_visible()
    expect(button).to_be_visible()
    grid = page.locator('[data-testid="stDataFrame"]')
    before = [part.bounding_box() for part in (button, grid)]
    expect(page.get_by_text("Counting the tokens")).to_have_count(0)
    expect(page.get_by_text("the encoder reads")).to_be_visible()
    assert [part.bounding_box() for part in (button, grid)] == before


def test_a_heatmap_names_what_is_under_the_mouse_and_a_click_opens_the_pair(visit):
    page = visit("/similarity?corpus=medicare-faq&precision=float32&order=As+in+the+corpus")
    plot = page.locator('[data-testid="stPlotlyChart"] .nsewdrag').first
    plot.wait_for()
    box = plot.bounding_box()
    # The cell of rows 3 and 12: row 3 from the top, column 12 from the left, of 13.
    at = (box["x"] + box["width"] * 11.5 / 13, box["y"] + box["height"] * 2.5 / 13)
    page.mouse.move(at[0] - 2, at[1] - 2)
    page.mouse.move(*at)
    hover = page.locator(".hoverlayer")
    expect(hover).to_contain_text("3. How do I terminate")
    expect(hover).to_contain_text("12. What is TRICARE?")
    shoot(page, "similarity-hover-1440-light")
    page.mouse.click(*at)
    expect(page.get_by_text("The pair you clicked")).to_be_visible()
    expect(page.get_by_text("Row 3", exact=True)).to_be_visible()
    expect(page.get_by_text("Row 12", exact=True)).to_be_visible()


def test_a_lasso_on_the_map_selects_rows_that_follow_to_the_search(visit):
    page = visit("/map?corpus=song-moods&map-method=PCA")
    expect(page.get_by_text("How far to trust it")).to_be_visible()
    lasso(page)
    line = page.get_by_text(re.compile(r"Selection · \d+ rows · the map"))
    expect(line).to_be_visible()
    expect(page.get_by_text("Distinctive words", exact=True)).to_be_visible()
    shoot(page, "map-lasso-1440-light")
    told = line.inner_text()
    choose(page, "Colour", "genre")
    expect(line).to_have_text(told)
    page.get_by_role("link", name="Search", exact=True).click()
    expect(page.get_by_text(told)).to_be_visible()
    ask(page, "a quiet night")
    expect(cards(page)).to_have_count(10)
    expect(page.get_by_text("Only the selection")).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text("Only the selection")).to_have_count(0)


@pytest.mark.slow
def test_a_corpus_is_clustered_mapped_and_its_cluster_selected(visit):
    page = visit("/clusters?corpus=song-moods")
    expect(page.get_by_text("ARI", exact=True)).to_be_visible()
    grid = page.locator('[data-testid="stDataFrame"]').first.bounding_box()
    page.mouse.click(grid["x"] + 16, grid["y"] + 35 + 17)  # the first row's tick box
    page.get_by_role("button", name=re.compile("Select its")).click()
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows · cluster"))).to_be_visible()
    shoot(page, "clusters-open-1440-light")
    page.get_by_role("link", name="Map").click()
    expect(page.get_by_text("Trustworthiness")).to_be_visible(timeout=120_000)
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows · cluster"))).to_be_visible()
    shoot(page, "map-1440-light")


@pytest.mark.slow
def test_a_map_of_a_hundred_thousand_rows_is_light_and_keeps_its_lasso(visit, server):
    rows = 117_659
    save_tiny_model(server.cache.parent / "models" / "tiny")
    page = visit("/data?model=tiny&precision=float32")
    distinct = 20_000  # the page draws each row; encoding each would only take time here
    upload(page, "many.csv", csv_of([f"the cat {n % distinct:x} sat on a dog" for n in range(rows)]))
    page.get_by_role("button", name=f"Encode {rows:,} rows").click()
    expect(page.get_by_text(f"{distinct:,} texts encoded")).to_be_visible(timeout=180_000)
    received = count_received(page)
    page.goto(page.url.replace("/data?", "/map?map-method=PCA&"))
    expect(page.get_by_text("How far to trust it")).to_be_visible()
    drawn(page, rows)
    assert 500_000 < received[0] < 1_000_000

    selection = page.get_by_text(re.compile(r"Selection · [\d,]+ rows · the map"))
    draw_lasso(page, [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.05)])
    expect(selection).to_be_visible()
    told = selection.inner_text()
    assert int(re.search(r"[\d,]+", told.split("·")[1])[0].replace(",", "")) >= 5_000
    expect(page.locator('[data-testid="stDataFrame"]')).to_be_visible()
    quiet(page)
    received[0] = 0
    page.get_by_label("Find on the map").fill("   ")
    page.get_by_label("Find on the map").press("Enter")
    quiet(page)
    assert 0 < received[0] < 50_000
    choose(page, "Colour", "One colour")
    quiet(page)
    expect(selection).to_have_text(told)
    page.get_by_role("link", name="Search", exact=True).click()
    expect(selection).to_have_text(told)
    page.get_by_role("link", name="Map", exact=True).click()
    expect(page.get_by_text("How far to trust it")).to_be_visible()
    expect(selection).to_have_text(told)
    shoot(page, "map-large-1440-light")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(selection).to_have_count(0)
    draw_lasso(page, [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.05)])
    expect(selection).to_be_visible()


@pytest.mark.slow
def test_two_visitors_share_one_job_and_one_leaving_does_not_stop_it(visit, server):
    texts = [
        f"Sentence {n} says that {n * 7919 % 1009} boats sailed past the old harbour" for n in range(2_500)
    ]
    before = stored(server)
    pages = [visit("/data"), visit("/data")]
    for page in pages:
        upload(page, "shared.csv", csv_of(texts))
        page.get_by_role("radio", name="Exact").click()
        expect(page.get_by_role("button", name="Encode 2,500 rows")).to_be_visible()
    for page in pages:
        page.get_by_role("button", name="Encode 2,500 rows").click()
    for page in pages:
        expect(page.get_by_text("shared with 1 other visitor")).to_be_visible()
        expect(page.get_by_text("rows/s")).to_be_visible()
    shoot(pages[1], "data-encoding-1440-light")
    pages[0].context.close()
    pages[1].reload()
    expect(pages[1].get_by_role("button", name="Cancel")).to_be_visible()
    pages[1].get_by_role("link", name="Search").click()
    expect(pages[1].get_by_text("Ask in your own words")).to_be_visible(timeout=120_000)
    assert stored(server) == before + 2_500


@pytest.mark.slow
def test_a_cancelled_encoding_keeps_what_it_finished_and_goes_on(visit, server):
    texts = [
        f"Line {n} is about the {n * 31 % 997}th letter in the long correspondence" for n in range(3_000)
    ]
    before = stored(server)
    page = visit("/data")
    upload(page, "long.csv", csv_of(texts))
    page.get_by_role("button", name="Encode 3,000 rows").click()
    expect(page.get_by_text("rows/s")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Finished work is kept")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    report = page.get_by_text(re.compile(r"texts encoded, .* encoded before"))
    expect(report).to_be_visible()
    encoded, kept = (
        int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", report.inner_text())[:2]
    )
    assert encoded + kept == 3_000
    assert 0 < kept < 3_000
    assert stored(server) == before + 3_000


def test_a_link_that_names_the_search_page_opens_it_with_its_query(visit):
    page = visit("/search?corpus=medicare-faq&precision=float32&q=a+card&label=coverage&label=costs")
    expect(page.get_by_label("Query")).to_have_value("a card")
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.get_by_text("Open: medicare-faq")).to_be_visible()
