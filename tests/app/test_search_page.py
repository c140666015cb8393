import json
import re
import shutil

import pytest
from streamlit.testing.v1 import AppTest

import explorer
from explorer.encode.spec import Tfidf
from explorer.settings import settings
from tests.app.driving import (
    button,
    encoder_choice,
    finished,
    html_texts,
    labels,
    open_app,
    open_rows,
    open_with_rows,
    said,
    session_of,
)
from tests.prepared import convert_here

QUERY = "How can Medicare help me?"


@pytest.fixture
def medicare():
    return finished(open_app(corpus="medicare-faq", precision="float32"))


def ask(app: AppTest, query: str) -> AppTest:
    app.text_input(key="q").set_value(query)
    return app.run()


def hits(app: AppTest) -> list[str]:
    return [text for text in html_texts(app) if "random pairs" in text or "<b>1</b>" in text]


def unmarked(card: str) -> str:
    return re.sub("</?mark>", "", card)


def test_the_published_hits_come_out_in_order(medicare, published):
    app = ask(medicare, QUERY)
    cards = [text for text in html_texts(app) if "<b>row</b>" in text]
    for card, hit in zip(cards, published["published"]["hits"], strict=False):
        assert published["texts"][hit["corpus_id"]].replace("'", "&#x27;") in unmarked(card)
        assert f"{hit['score']:.3f}" in card
    assert len(cards) == 10


def test_the_default_app_opens_a_sample_and_suggests_what_to_ask():
    app = finished(open_app())
    assert open_rows(app) == "support-tickets · 624 rows"
    suggested = [button for button in app.button if (button.key or "").startswith("try-")]
    assert len(suggested) >= 4
    suggested[0].click().run()
    assert app.text_input(key="q").value == suggested[0].label
    assert sum("<b>row</b>" in text for text in html_texts(app)) == 10


def test_fewer_hits_another_metric_and_a_label_of_a_link_of_before():
    app = ask(finished(open_app(label="delivery")), "my parcel never came")
    app.number_input(key="k").set_value(3)
    app.selectbox(key="metric").set_value("euclidean")
    app.run()
    cards = [text for text in html_texts(app) if "<b>row</b>" in text]
    assert len(cards) == 3
    assert all("distance" in card and ">delivery<" in card for card in cards)
    assert app.query_params["filters"] == "queue:in:delivery"
    assert "label" not in app.query_params


def test_several_queries_one_a_line(medicare):
    medicare.toggle(key="several").set_value(True).run()
    medicare.text_area(key="queries").set_value("What is TRICARE?\n\n  replacement card  ").run()
    choice = next(box for box in medicare.selectbox if box.label == "Hits for")
    assert choice.options == ["1. What is TRICARE?", "2. replacement card"]
    first = next(text for text in html_texts(medicare) if "<b>row</b>" in text)
    assert "TRICARE" in first
    choice.select_index(1).run()
    first = next(text for text in html_texts(medicare) if "<b>row</b>" in text)
    assert "replacement Medicare card" in unmarked(first)


def test_more_like_this_leaves_the_row_itself_out_and_leads_back(medicare):
    app = ask(medicare, "replacement card")
    app.button(key="more-0").click().run()
    cards = [text for text in html_texts(app) if "<b>row</b>" in text]
    assert app.query_params["like"] == "1"
    assert len(cards) == 10
    assert not any("How do I get a replacement Medicare card?" in card for card in cards)
    next(button for button in app.button if button.label == "Back to the query").click().run()
    assert "like" not in app.query_params
    first = next(text for text in html_texts(app) if "<b>row</b>" in text)
    assert "replacement Medicare card" in unmarked(first)


def test_a_query_of_spaces_asks_nothing(medicare):
    app = ask(medicare, "   ")
    assert not app.error
    assert not [text for text in html_texts(app) if "<b>row</b>" in text]


def test_too_many_queries_in_a_link_are_refused_with_the_bound():
    app = open_app(corpus="medicare-faq", precision="float32", several="true", queries="\n".join(["x"] * 51))
    app = finished(app)
    assert "51 queries; the page takes 50" in app.error[0].value.replace("\\", "")


def test_a_link_to_rows_of_another_browser_says_so_and_shows_no_other_rows():
    app = finished(open_app(corpus="0123456789ab", q="my card"))
    assert "only the browser that opened them" in app.warning[0].value.replace("\\", "")
    assert "support-tickets" not in str(app.main)
    assert not [text for text in html_texts(app) if "<b>row</b>" in text]
    assert app.query_params["corpus"] == "0123456789ab"
    button(app, "Show a sample").click().run()
    finished(app)
    assert open_rows(app) == "support-tickets · 624 rows"
    assert app.query_params["corpus"] == "support-tickets"
    assert not app.warning


def test_a_link_that_cannot_be_opened_leads_to_files():
    app = finished(open_app(corpus="0123456789ab"))
    button(app, "Open a file").click().run()
    assert app.title[0].value == "Data"
    assert next(one for one in app.segmented_control if one.label == "Rows from").value == "File"


def test_a_model_that_cannot_be_had_is_an_error_on_the_page_with_a_way_on():
    app = finished(open_app(model="nobody/nothing"))
    assert "cannot be reached" in app.error[0].value.replace("\\", "")
    assert [button for button in app.button if button.label == "Try again"]


def test_nonsense_in_a_link_is_answered_with_the_defaults():
    app = finished(
        open_app(
            corpus="medicare-faq",
            precision="exactly",
            q="premium",
            k="100000",
            metric="zzz",
            filters="x",
            label="x",
            like="99",
        )
    )
    assert not app.error
    cards = [text for text in html_texts(app) if "<b>row</b>" in text]
    assert 1 <= len(cards) <= 100
    assert app.selectbox(key="metric").value == "default"


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "../../etc", "line\nbreak"])
def test_a_model_name_in_a_link_that_is_none_is_a_notice_and_the_bundled_model_works(name):
    app = finished(open_app(corpus="medicare-faq", model=name))
    assert app.warning
    assert encoder_choice(app).options == ["all-MiniLM-L6-v2 · fast"]
    assert not app.error


def test_a_prompt_in_a_link_is_used_and_bounded():
    app = finished(open_app(corpus="medicare-faq", precision="float32", prompt="p" * 600))
    assert app.query_params["prompt"] == "p" * 500


def only_the_selected(app: AppTest):
    return next(toggle for toggle in app.get("toggle") if toggle.label.startswith("Only the"))


def test_hits_become_the_selection_and_the_search_stays_within_it_if_asked(medicare):
    app = ask(medicare, "premium")
    app.number_input(key="k").set_value(3).run()
    chosen = [text for text in html_texts(app) if "<b>row</b>" in text]
    next(button for button in app.button if button.label == "Select these rows").click().run()
    assert any("Selection" in text and "3 rows" in text and "premium" in text for text in html_texts(app))
    app.number_input(key="k").set_value(10)
    app = ask(app, "TRICARE")
    assert len(cards_of(app)) == 10
    assert only_the_selected(app).label == "Only the 3 selected rows"
    only_the_selected(app).set_value(True).run()
    within = [text for text in html_texts(app) if "<b>row</b>" in text]
    assert len(within) == 3
    assert {row_of(card) for card in within} == {row_of(card) for card in chosen}
    next(button for button in app.button if button.label == "Clear").click().run()
    assert len([text for text in html_texts(app) if "<b>row</b>" in text]) == 10
    next(button for button in app.button if button.label == "Undo").click().run()
    assert len([text for text in html_texts(app) if "<b>row</b>" in text]) == 3
    session_of(app).select([4, 5], "other rows")
    assert len(cards_of(app.run())) == 10  # what was chosen for one selection is not for another


def cards_of(app: AppTest) -> list[str]:
    return [text for text in html_texts(app) if "<b>row</b>" in text]


@pytest.mark.parametrize("query", ["chocolate cake recipe", "football results yesterday", "asdf qwer zxcv"])
def test_a_query_that_fits_nothing_says_so(query):
    app = ask(finished(open_app()), query)
    assert "Nothing fits this query" in said(app.markdown)
    assert "of 624 rows the closest has 0." in said(app.markdown)
    cards = cards_of(app)
    assert "weak match" in cards[0]
    assert all("weak match" in card for card in cards if "<mark>" not in card)


@pytest.mark.parametrize("query", ["my parcel never came", "refund", "I cannot log in"])
def test_a_query_that_fits_has_hits_that_are_not_weak(query):
    app = ask(finished(open_app()), query)
    assert "Nothing fits" not in said(app.markdown)
    assert "The closest of 624 rows" in said(app.caption)
    assert "weak match" not in cards_of(app)[0]


def test_by_tfidf_a_hit_with_only_frequent_words_of_a_query_is_weak_however_high_its_score():
    small = [
        f"a small {thing} that {does}" for thing in ("nut", "byte", "node") for does in ("moves", "rests")
    ]
    rows = explorer.open_corpus([*small, "the bird is singing", "a bird of prey", "a large nut"])
    app = finished(ask(finished(open_with_rows(rows, Tfidf())), "a small creature that sings"))
    cards = cards_of(app)
    assert "weak: only <bdi>“small”</bdi>" in next(card for card in cards if "byte" in card)
    assert "weak" not in next(card for card in cards if "singing" in card)
    assert "hits have no word of it but “small”" in said(app.caption)
    ask(app, "a small quagga that quacks")
    assert "By TF-IDF nothing fits this query" in said(finished(app).markdown)
    assert "the closest have no word of it but “small”" in said(app.markdown)
    assert "are not among them" not in said(app.caption)  # no row has the others
    ask(app, "quagga")
    assert "the closest have no word of it." in said(finished(app).markdown)


def test_by_tfidf_words_that_rows_have_and_no_hit_has_are_named_with_the_way_to_find_them():
    small = [f"a small {thing}" for thing in ("nut", "byte", "node", "key", "cup", "hat")]
    rows = explorer.open_corpus([*small, "a bird sings in the wide valley below the old castle hill"])
    app = finished(open_with_rows(rows, Tfidf()))
    app.number_input(key="k").set_value(3)
    app = finished(ask(app, "small small small small bird"))
    assert "Rows with “bird” are not among them" in said(app.caption)
    app.toggle(key="words").set_value(True)
    assert "are not among them" not in said(finished(app).caption)


@pytest.mark.parametrize("metric", ["dot", "euclidean"])
def test_what_is_weak_does_not_depend_on_the_metric_for_vectors_of_length_1(metric):
    app = ask(finished(open_app()), "VAT invoice")
    app.number_input(key="k").set_value(30).run()
    weak = ["weak match" in card for card in cards_of(app)]
    assert 0 < sum(weak) < len(weak)
    assert sorted(weak[:10]) == weak[:10]
    assert f"{sum(weak)} of the 30 hits score no higher" in said(app.caption)
    app.selectbox(key="metric").set_value(metric).run()
    assert ["weak match" in card for card in cards_of(app)] == weak
    bars = [float(re.search(r'bar".*?width: ([\d.]+)%', card)[1]) for card in cards_of(app)]
    assert bars == sorted(bars, reverse=True)


def test_words_of_the_query_are_marked_but_not_those_of_every_row():
    app = ask(finished(open_app()), "where is the parcel")
    marked = {word.lower() for card in cards_of(app) for word in re.findall("<mark>(.*?)</mark>", card)}
    assert "parcel" in marked
    assert not marked & {"the", "is"}


def test_hits_that_are_picked_are_selected_alone():
    app = ask(finished(open_app()), "my parcel never came")
    boxes = [box for box in app.checkbox if box.label.startswith("Pick row")]
    assert len(boxes) == 10
    boxes[0].check()
    boxes[3].check()
    app.run()
    rows = [row_of(card) for card in cards_of(app)]
    button(app, "Select the 2 picked").click().run()
    assert any("2 rows" in text and "parcel" in text for text in html_texts(app))
    only_the_selected(app).set_value(True).run()
    assert {row_of(card) for card in cards_of(app)} == {rows[0], rows[3]}  # the search is within them now
    next(button for button in app.button if button.label == "Clear").click().run()
    ask(app, "refund")
    assert "Select these rows" in labels(app)  # what was picked was of the other query


def test_hits_are_shown_on_the_map():
    app = ask(finished(open_app(corpus="medicare-faq", precision="float32")), "replacement card")
    button(app, "Show on the map").click().run()
    finished(app)
    assert app.title[0].value == "Map"
    assert app.text_input(key="map-query").value == "replacement card"


def test_a_start_within_the_selection_offers_its_rows():
    app = ask(finished(open_app()), "refund")
    button(app, "Select these rows").click().run()
    selected = {row_of(card) for card in cards_of(app)}
    ask(app, "")
    only_the_selected(app).set_value(True).run()
    starts = [box.key for box in app.button if box.key and box.key.startswith("start-")]
    assert len(starts) == 5
    assert {str(int(key.removeprefix("start-")) + 1) for key in starts} < selected


def test_more_hits_than_are_drawn_are_selected_and_downloaded():
    app = ask(finished(open_app()), "refund")
    app.number_input(key="k").set_value(150).run()
    assert len(cards_of(app)) == 100
    assert "The first 100 of 150 hits" in said(app.caption)
    button(app, "Select these rows").click().run()
    assert any("150 rows" in text for text in html_texts(app))


def test_a_long_text_is_folded_and_whole():
    text = "x<y " * 600
    app = finished(ask(finished(open_with_rows(explorer.open_corpus([text, "short"]), Tfidf())), "short"))
    card = next(card for card in cards_of(app) if "x&lt;y" in card)
    assert "All 2,400 characters" in card
    assert card.count("x&lt;y") == 250 + 600


def row_of(card: str) -> str:
    return re.search(r"<b>row</b> (\d+)", card)[1]


def test_a_browser_that_comes_back_keeps_its_encoders_when_its_link_names_another(monkeypatch):
    monkeypatch.setattr("explorer.ui.shell.session.identify_visitor", lambda: "the same browser")
    finished(open_app(corpus="medicare-faq"))
    again = finished(open_app(corpus="medicare-faq", precision="float32"))
    assert encoder_choice(again).options == ["all-MiniLM-L6-v2 · fast", "all-MiniLM-L6-v2 · exact"]
    assert encoder_choice(again).value == 1
    monkeypatch.setattr("explorer.ui.shell.session.identify_visitor", lambda: "another browser")
    assert len(encoder_choice(finished(open_app(corpus="medicare-faq"))).options) == 1


@pytest.mark.parametrize("number", ["9" * 5_000, "1e999", "inf", "nan", "-1", "٣", ""])
def test_a_number_in_a_link_that_is_none_is_left_out(number):
    app = finished(open_app(corpus="medicare-faq", precision="float32", q="my card", k=number, like=number))
    assert not app.error
    assert app.number_input(key="k").value == 10
    assert sum("random pair" in text for text in html_texts(app)) == 10


@pytest.fixture
def dot_model(tiny_model, tmp_path, monkeypatch):
    """A model in the server's folder whose files say that it was trained for the dot product."""
    folder = shutil.copytree(tiny_model, tmp_path / "models" / "dotted")
    file = folder / "config_sentence_transformers.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "similarity_fn_name": "dot"}))
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(folder.parent))
    settings.cache_clear()
    convert_here(monkeypatch)
    return folder.name


def scores(app):
    cards = [text for text in html_texts(app) if "<b>row</b>" in text]
    return [float(re.search(r"<b>(-?[\d.]+)</b>(?=<span class=\"bar)", card)[1]) for card in cards]


@pytest.mark.slow
def test_a_model_trained_for_the_dot_product_is_searched_by_it_and_the_page_says_so(dot_model):
    app = finished(ask(open_app(corpus="medicare-faq", model=dot_model, precision="float32"), QUERY))
    metric = app.selectbox(key="metric")
    assert (metric.value, metric.options[0]) == ("default", "Default")
    assert "metric" not in app.query_params
    assert "Compared by dot product, which this model was trained for." in [
        text.value for text in app.caption
    ]
    by_default = scores(app)
    metric.set_value("dot").run()
    assert scores(app) == by_default
    assert app.query_params["metric"] == "dot"
    app.selectbox(key="metric").set_value("cosine").run()
    assert max(scores(app)) <= 1 < max(by_default)
    assert not [text for text in app.caption if "dot product" in text.value]


@pytest.mark.parametrize(("link", "value"), [("Dot product", "dot"), ("dot", "dot"), ("Cosine", "cosine")])
def test_links_of_before_keep_their_similarity(link, value):
    app = finished(open_app(corpus="medicare-faq", q="premium", metric=link))
    assert app.selectbox(key="metric").value == value


def test_a_browser_that_misses_the_first_run_shows_the_choices_of_the_link():
    app = open_app(corpus="medicare-faq", metric="dot").run()  # the second run is all that it draws
    box = app.selectbox(key="metric").proto
    assert box.options[box.default] == "Dot product"
