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
from tests.browser.conftest import Server, ask, choose, fits, go_back, open_rows, quiet, settled, shoot
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
    page = visit("/search")
    expect(open_rows(page)).to_have_value("support-tickets · 624 rows")
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
        expect(open_rows(page)).to_have_value("medicare-faq · 13 rows")
        expect(page.get_by_role("heading", name="Data")).to_be_visible()
        expect(page.get_by_role("navigation", name="App pages").get_by_role("link")).to_have_count(9)
        expect(page).to_have_title("Data · medicare-faq · Explorer")

        page = visit("/search?corpus=medicare-faq&precision=float32&q=replacement+card", at=fresh)
        page.evaluate(KEEP_PLACES)
        expect(cards(page)).to_have_count(10)
        quiet(page)
        assert page.evaluate("window.places.size") == 1
    finally:
        fresh.kill()


def test_the_published_numbers_come_out_of_the_page(visit, published):
    page = visit(f"/search?corpus=medicare-faq&precision=float32&k=5&q={quote(QUERY)}")
    expect(cards(page)).to_have_count(5)
    rows = download(page)
    hits = published["published"]["hits"]
    assert [int(row["row"]) - 1 for row in rows] == [hit["corpus_id"] for hit in hits]
    assert [float(row["score"]) for row in rows] == pytest.approx([hit["score"] for hit in hits], abs=1e-5)
    assert [row["question"] for row in rows] == [published["texts"][hit["corpus_id"]] for hit in hits]
    shoot(page, "search-medicare-1440-light")


def test_a_pasted_link_shows_the_same_search(visit):
    first = visit("/search?corpus=medicare-faq&precision=float32")
    first.get_by_role("searchbox", name="Query").fill("What is TRICARE?")
    first.get_by_role("searchbox", name="Query").press("Enter")
    expect(cards(first).first).to_contain_text("What is TRICARE?")
    first.wait_for_url("**q=What*")
    second = visit(first.url.removeprefix(urlsplit(first.url)._replace(path="", query="").geturl()))
    expect(second.get_by_role("searchbox", name="Query")).to_have_value("What is TRICARE?")
    expect(cards(second).first).to_contain_text("What is TRICARE?")
    assert cards(second).all_inner_texts() == cards(first).all_inner_texts()


def test_more_like_this_and_back(visit):
    page = visit("/search?corpus=medicare-faq&precision=float32&q=replacement+card")
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
    expect(open_rows(page)).to_have_value("mine.csv · 21 rows")
    expect(cards(page).first).to_contain_text("My cat sleeps all day")
    # The same link in another browser shows nothing of it.
    stranger = visit(page.url.removeprefix(server.url))
    expect(stranger.get_by_text("only the browser that opened them")).to_be_visible()
    expect(open_rows(stranger)).to_be_hidden()
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
    for text in (*HOSTILE[:4], HOSTILE[5]):  # the page begins with five rows from all over
        expect(page.locator('[data-testid="stHtml"]').get_by_text(text.split("\n")[0]).first).to_be_visible()
    ask(page, HOSTILE[1])
    expect(cards(page)).to_have_count(len(HOSTILE))
    shown = " ".join(" ".join(cards(page).all_inner_texts()).split())
    for text in HOSTILE:
        assert " ".join(text.split()) in shown
    assert f"{label} 0" in shown
    hebrew = cards(page).filter(has_text="שלום").locator('div[dir="auto"]').first
    assert hebrew.evaluate("element => getComputedStyle(element).direction") == "rtl"
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
    expect(page.get_by_text("Reading large.csv", exact=True)).to_be_visible()
    expect(page.get_by_text("Choose rows to see")).to_have_count(0)
    shoot(page, "data-reading-1440-light")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Reading large.csv was stopped").first).to_be_visible()
    expect(open_rows(page)).to_have_value("support-tickets · 624 rows")
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
    expect(page.get_by_text("Counting the tokens").first).to_be_visible()
    expect(button).to_be_visible()
    grid = page.locator('[data-testid="stDataFrame"]')
    before = [part.bounding_box() for part in (button, grid)]
    expect(page.get_by_text("Counting the tokens of 20,000 rows", exact=True)).to_have_count(0)
    expect(page.get_by_text("the encoder reads")).to_be_visible()
    assert [part.bounding_box() for part in (button, grid)] == before


@pytest.mark.parametrize("width", [1440, 390])
def test_what_the_data_page_offers_stays_in_view_and_leads_to_the_overview(visit, width):
    page = visit("/data?corpus=medicare-faq", width=width)
    page.get_by_text("Song moods").click()
    for label in ("Encode 216 rows", "Back to medicare-faq"):
        expect(page.get_by_role("button", name=label)).to_be_in_viewport(ratio=1)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    expect(page.get_by_role("button", name="Encode 216 rows")).to_be_in_viewport(ratio=1)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    page.get_by_role("button", name="Encode 216 rows").click()
    expect(page.get_by_role("link", name="Search these rows")).to_be_in_viewport(ratio=1)
    page.get_by_role("link", name="See the overview").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    expect(open_rows(page)).to_have_value("song-moods · 216 rows")


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
    expect(page.get_by_text("The pair you chose")).to_be_visible()
    expect(page.get_by_text("Row 3", exact=True)).to_be_visible()
    expect(page.get_by_text("Row 12", exact=True)).to_be_visible()


def test_a_lasso_on_the_map_selects_rows_that_follow_to_the_search(visit):
    page = visit("/map?corpus=song-moods&map-method=PCA")
    expect(page.get_by_text("How far to trust it")).to_be_visible()
    lasso(page)
    line = page.get_by_text(re.compile(r"Selection · \d+ rows · the map"))
    expect(line).to_be_visible()
    expect(page.get_by_text(re.compile("^Distinctive words: "))).to_be_visible()
    shoot(page, "map-lasso-1440-light")
    told = line.inner_text()
    choose(page, "Colour", "genre")
    expect(line).to_have_text(told)
    page.get_by_role("link", name="Search", exact=True).click()
    expect(page.get_by_text(told)).to_be_visible()
    ask(page, "a quiet night")
    expect(cards(page)).to_have_count(10)
    expect(page.get_by_text(re.compile("Only the .* selected"))).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text(re.compile("Only the .* selected"))).to_have_count(0)


@pytest.mark.slow
def test_a_corpus_is_clustered_mapped_and_its_cluster_selected(visit):
    page = visit("/clusters?corpus=song-moods")
    expect(page.get_by_text("No structure found.")).to_be_visible()
    expect(page.get_by_text("over resamples")).to_be_visible()
    expect(page.get_by_text("The clusters hardly agree with mood")).to_be_visible()
    page.get_by_role("button", name="Labels and clusters").click()
    expect(page.get_by_text("V-measure", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("V-measure", exact=True)).to_have_count(0)
    grid = page.locator('[data-testid="stDataFrame"]').first.bounding_box()
    page.mouse.click(grid["x"] + 16, grid["y"] + 35 + 17)  # the first row's tick box
    page.get_by_role("button", name=re.compile("Select its")).click()
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows · cluster"))).to_be_visible()
    shoot(page, "clusters-open-1440-light")
    page.get_by_role("button", name="Show on the map").first.click()
    expect(page.get_by_text("Trustworthiness")).to_be_visible(timeout=120_000)
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows · cluster"))).to_be_visible()
    shoot(page, "map-1440-light")
    go_back(page)
    expect(page.get_by_text("over resamples")).to_be_visible()
    grid = page.locator('[data-testid="stDataFrame"]').first.bounding_box()
    page.mouse.click(grid["x"] + 16, grid["y"] + 35 + 17)
    page.get_by_role("button", name="Show on the map").nth(1).click()  # the most central row
    expect(page.get_by_text(re.compile(r"Selection · 1 row · row \d+ of cluster"))).to_be_visible()


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
    name = re.compile("Encoding 3,000 rows with all-MiniLM-L6-v2")
    expect(page.get_by_role("progressbar", name=name)).to_be_visible()
    expect(page.locator("body > [role=status]")).to_have_text(name)
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
    expect(page.get_by_role("searchbox", name="Query")).to_have_value("a card")
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(open_rows(page)).to_have_value("medicare-faq · 13 rows")


def test_hits_are_opened_picked_and_shown_on_the_map(visit):
    page = visit("/search?q=my+parcel+never+came")
    hits = page.locator(".explorer-hit")
    expect(hits).to_have_count(10)
    settled(page)
    last = hits.last.bounding_box()
    assert last["y"] + last["height"] <= 900  # ten hits on a screen
    assert hits.first.locator("mark").first.inner_text().lower() == "parcel"
    hits.first.locator("summary").click()
    expect(hits.first.get_by_text("random pairs")).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("Pick row")).first.check(force=True)
    page.get_by_role("button", name="Select the 1 picked").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    quiet(page)
    expect(hits).to_have_count(10)
    page.get_by_role("button", name="Show on the map").click()
    expect(page.get_by_label("Find on the map")).to_have_value("my parcel never came")
    page.wait_for_url("**map-query=my+parcel+never+came**")
    expect(page.get_by_text("They are ringed on the map", exact=False)).to_be_visible()


def test_duplicates_are_cleaned_with_the_advised_threshold_and_the_row_that_is_wanted(visit):
    page = visit("/similarity?view=Near-duplicates")
    page.get_by_role("button", name="Use 0.81").click()
    expect(page.get_by_text("624 rows − 0 exact repeats − 37 near-duplicates = 587 kept.")).to_be_visible()
    kept = page.get_by_text(re.compile(r"^Row [\d,]+ is kept$"))
    before = kept.inner_text()
    differing = page.locator("ins, del").first
    expect(differing).to_be_visible()
    page.get_by_role("button", name="Keep this one").click()
    expect(page.get_by_text("your choice")).to_be_visible()
    after = kept.inner_text()
    assert after != before
    with page.expect_download() as got:
        page.get_by_role("button", name="Keep one of each group (CSV)").click()
    with Path(got.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = {row["row"] for row in csv.DictReader(file)}
    assert len(rows) == 587
    assert re.search(r"\d+", after)[0] in rows
    assert re.search(r"\d+", before)[0] not in rows
    shoot(page, "similarity-cleaned-1440-light")


def test_a_long_text_is_split_and_the_passage_that_answers_is_found(visit):
    page = visit("/data")
    filler = "The weather was fine and nothing else happened that day. " * 60
    upload(page, "diary.csv", csv_of([filler + "The blue parrot escaped from its cage.", "A short note."]))
    expect(page.get_by_text("Preview of diary.csv")).to_be_visible()
    page.get_by_text("Long texts").click()
    page.get_by_role("radio", name="Sentences").click()
    expect(page.get_by_text("Preview of diary.csv, passages")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"Encode \d+ passages")).click()
    page.get_by_role("link", name="Search these rows").click()
    ask(page, "a bird got away")
    hit = page.locator(".explorer-hit").first
    expect(hit).to_contain_text("The blue parrot escaped")
    hit.locator("summary").click()
    expect(hit).to_contain_text(re.compile(r"passage \d+ · source_row 1"))


def test_names_of_categories_are_only_text(visit):
    names = ["![x](//tracker.example/a.png)", "**bold**", "<img src=x onerror='window.hurt = 1'>"]
    page = visit(
        f"/classify?corpus=medicare-faq&ways=Similarity&ways=Examples&categories={quote(chr(10).join(names))}"
    )
    for name in names:
        expect(page.get_by_role("radio", name=name, exact=True)).to_be_visible()
    assert page.locator("img[src*=tracker]").count() == 0
    assert page.evaluate("window.hurt") is None  # that no other host was asked, `visit` checks


def test_a_second_file_is_added_to_the_open_rows_and_its_rows_say_so(visit):
    page = visit("/data")
    upload(page, "pets.csv", csv_of(["The cat sleeps all day.", "Our dog barks at night."]))
    page.get_by_role("button", name="Encode 2 rows").click()
    expect(open_rows(page)).to_have_value("pets.csv · 2 rows")
    quiet(page)
    upload(page, "birds.csv", csv_of(["A blue parrot escaped.", "The cat sleeps all day."]))
    expect(page.get_by_text("Preview of birds.csv")).to_be_visible()
    page.get_by_text("Add to the open rows").click()
    expect(page.get_by_text("Preview of pets.csv + birds.csv")).to_be_visible()
    expect(page.get_by_text("1 of them repeats a text")).to_be_visible()
    shoot(page, "data-added")
    page.get_by_role("button", name="Encode 4 rows").click()
    expect(page.get_by_text("1 text encoded, 2 encoded before")).to_be_visible()
    expect(open_rows(page)).to_have_value("pets.csv + birds.csv · 4 rows")
    page.get_by_role("link", name="Search these rows").click()
    ask(page, "a bird got away")
    hit = page.locator(".explorer-hit").first
    expect(hit).to_contain_text("A blue parrot escaped.")
    hit.locator("summary").click()
    expect(hit).to_contain_text("source_file birds.csv")
    rows = download(page)
    assert {(row["source_file"], row["source_row"]) for row in rows} == {
        (file, row) for file in ("pets.csv", "birds.csv") for row in "12"
    }


def test_the_header_says_in_its_line_which_rows_are_looked_at_and_leads_to_them(visit, schemes):
    for scheme in schemes:
        page = visit("/data?corpus=medicare-faq", scheme=scheme)
        upload(page, "a-file-with-a-long-name.csv", csv_of(["The cat sleeps all day.", "Our dog barks."]))
        link = page.locator(".st-key-header").get_by_role("link", name="Looking at a-file-with-a-long")
        expect(link).to_be_visible()
        page.get_by_role("link", name="Models").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Models")
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            quiet(page)
            expect(link).to_be_visible()
            assert page.locator(".st-key-header").bounding_box()["height"] == 48
            assert fits(page)
            shoot(page, f"looked-at-{width}-{scheme}")
        link.click()
        expect(page.get_by_text("Preview of a-file-with-a-long-name.csv")).to_be_visible()
        # Beside a selection, only its words make room.
        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_role("link", name="Search", exact=True).click()
        ask(page, "premium")
        page.get_by_role("button", name="Select these rows").click()
        expect(page.locator(".st-key-selection-line")).to_contain_text("10 rows")
        quiet(page)
        expect(link).to_be_visible()
        assert page.locator(".st-key-header").bounding_box()["height"] == 48


def test_work_of_another_page_moves_nothing(visit):
    page = visit("/search")  # so that it comes back at once, while the work goes on
    box, work = page.get_by_role("searchbox", name="Query"), page.locator(".st-key-other-jobs .job-progress")
    expect(box).to_be_visible()
    quiet(page)
    place = box.bounding_box()
    page.get_by_role("link", name="Clusters", exact=True).first.click()
    expect(page.get_by_text("Looking for gaps between groups").first).to_be_visible()
    page.get_by_role("link", name="Search", exact=True).first.click()
    expect(work).to_have_count(1)
    assert box.bounding_box() == place
    shoot(page, "work-of-another-page-1440-light")
    assert work.bounding_box()["y"] > place["y"] + place["height"]
    page.get_by_role("button", name="Cancel").click()
    expect(work).to_have_count(0)
    quiet(page)
    assert box.bounding_box() == place


def test_on_a_phone_a_heatmap_of_many_rows_ends_where_its_squares_do(visit):
    page = visit("/similarity", width=390)
    squares, below = page.locator(".heatmaplayer image"), page.get_by_text("The closest pairs as a table")
    expect(squares).to_be_visible()
    expect(below).to_be_visible()
    quiet(page)
    drawn_to = squares.bounding_box()
    assert 0 < below.bounding_box()["y"] - (drawn_to["y"] + drawn_to["height"]) < 80


def test_on_a_wide_screen_what_can_be_done_with_a_hit_is_beside_it(visit):
    page = visit("/search?q=my+parcel+never+came", width=2560)
    expect(page.locator(".explorer-hit")).to_have_count(10)
    quiet(page)
    hit, button = (
        page.locator(".explorer-hit > summary").first,
        page.get_by_role("button", name="More like this"),
    )
    words, more = hit.bounding_box(), button.first.bounding_box()
    assert 0 <= more["x"] - (words["x"] + words["width"]) < 300
