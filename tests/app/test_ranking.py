"""Hits of the search page ranked by words, a cross-encoder and variety."""

import re
import threading
import uuid

import pytest

from explorer.comparison.judging.judgements import Judgements
from explorer.encode.engines.pair_models import cross_encoder
from explorer.jobs.registry import Lane, registry
from explorer.settings import settings
from tests.app.driving import (
    button,
    driven_until,
    error,
    finished,
    html_texts,
    labels,
    open_app,
    said,
    session_of,
)
from tests.tiny_model import save_pair_model

QUERY = "how do I replace a lost card"
SMALL = {"corpus": "medicare-faq", "precision": "float32", "q": QUERY}


@pytest.fixture(autouse=True)
def _models(tmp_path, monkeypatch):
    save_pair_model(tmp_path / "models" / "cross", ["relevance"])
    save_pair_model(tmp_path / "models" / "nli", ["contradiction", "entailment", "neutral"])
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path / "models"))
    settings.cache_clear()


def reranked(**more):
    return {**SMALL, "rerank": "true", "rerank-model": "cross", **more}


def cards(app):
    return [text for text in html_texts(app) if "<b>row</b>" in text]


def rows(app):
    return [int(re.search(r"<b>row</b> (\d+)", card)[1]) for card in cards(app)]


def test_nothing_but_vectors_ranks_unless_it_is_asked_for():
    app = finished(open_app(**SMALL))
    assert app.toggle(key="words").value is app.toggle(key="rerank").value is False
    assert app.slider(key="variety").value == 0
    assert not any('class="ranks"' in card for card in cards(app))


def test_a_cross_encoder_puts_hits_in_its_order_with_both_ranks_and_both_times():
    app = finished(open_app(**SMALL))
    before = rows(app)
    app.toggle(key="rerank").set_value(True).run()
    app.text_input(key="rerank-model").set_value("cross").run()
    finished(app)
    after = rows(app)
    assert after != before
    for row, card in zip(after, cards(app), strict=True):
        assert re.search(r"was (\d+)(st|nd|rd|th)", card) or row not in before
        if row in before:
            assert f"<span>was {before.index(row) + 1}" in card
        assert re.search(r"<b>cosine -?0\.\d{3}</b>", card)
        assert re.search(r"<span>cross-encoder -?\d+\.\d{3}</span>", card)
    assert re.search(r"Of 13 rows, found in \d+ ms, re-ranked in [\d.]+ m?s\.", said(app.caption))
    assert "the first 13 re-ranked by cross." in said(app.caption)
    app.number_input(key="rerank-first").set_value(2).run()
    assert rows(finished(app))[2:] == before[2:]


def test_words_and_variety_say_so_and_change_the_order():
    app = finished(open_app(**{**SMALL, "corpus": "song-moods", "q": "sad songs for rain"}))
    before = rows(app)
    app.toggle(key="words").set_value(True).run()
    finished(app)
    assert rows(app) != before
    assert all(re.search(r"\w+ by vectors,</span> <span>\w+ by words", card) for card in cards(app))
    app.toggle(key="words").set_value(False)
    app.slider(key="variety").set_value(50).run()
    finished(app)
    assert rows(app)[0] == before[0]
    assert rows(app) != before
    assert "with 50 % variety" in said(app.caption)


def test_a_playlist_is_offered_where_rows_are_songs_and_variety_is_wanted():
    def offered(**parameters):
        app = finished(open_app(**{**SMALL, **parameters}))
        return [box.proto.label for box in app.get("download_button") if "Playlist" in box.proto.label]

    assert offered(corpus="song-moods", variety="30") == ["Playlist (M3U)"]
    assert offered(corpus="song-moods") == []
    assert offered(variety="30") == []


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("nli", "3 outputs"),
        ("nobody/nothing", "cannot be reached"),
        ("../../etc", "not a valid Hub id"),
        ("x" * 300, "not a valid Hub id"),
        ("a\0b", "not a valid model name"),
    ],
)
def test_without_a_cross_encoder_the_hits_by_vectors_stay_with_an_error(model, told):
    before = rows(finished(open_app(**SMALL)))
    app = finished(open_app(**reranked(**{"rerank-model": model})))
    assert told in error(app)
    assert rows(app) == before
    assert not any('class="ranks"' in card for card in cards(app))
    assert "The closest of 13 rows" in said(app.caption)


@pytest.mark.usefixtures("hasty_pages")
def test_the_hits_by_vectors_are_there_while_others_are_ranked_and_it_can_be_stopped():
    app = finished(open_app(**SMALL))
    before = rows(app)
    go = threading.Event()
    for _ in range(Lane.QUERIES.workers):  # others' queries, for which this one waits
        registry().submit(
            object(), "waits", lambda _: go.wait(60), lane=Lane.QUERIES, visitor=uuid.uuid4().hex
        )
    try:
        app.text_input(key="q").set_value(QUERY)
        app.toggle(key="rerank").set_value(True).run()
        app.text_input(key="rerank-model").set_value("cross").run()
        assert "Re-ranking the first 50 hits" in " ".join(html_texts(app))
        assert rows(app) == before
        button(app, "Cancel").click().run()
    finally:
        go.set()
    finished(app)
    assert "was stopped" in said(app.info)
    assert rows(app) == before
    button(app, "Start again").click().run()
    assert rows(finished(app)) != before


@pytest.mark.usefixtures("hasty_pages")
def test_a_new_choice_stops_the_ranking_before_it(tmp_path):
    app = finished(open_app(**reranked()))
    with cross_encoder(str(tmp_path / "models" / "cross"))._running:  # whatever it reads now has to wait
        app.number_input(key="rerank-first").set_value(40).run()
        driven_until(app, lambda: job_of(app, 40).state == "running")
        job = job_of(app, 40)
        app.number_input(key="rerank-first").set_value(30).run()
        assert job.stopping
        assert job_of(app, 30).state in ("waiting", "running")
    finished(app)
    assert job.state == "cancelled"
    assert "was stopped" not in said(app.info)
    assert all("cross-encoder" in card for card in cards(app))


def job_of(app, first):
    jobs = session_of(app).results.values()
    return next(job for job in jobs if job.title == f"Re-ranking the first {first} hits")


def test_a_row_is_ranked_by_its_text_too():
    app = finished(open_app(**reranked(like="1", words="true", variety="20")))
    found = rows(app)
    assert 1 not in found
    assert len(found) == 10
    assert all("cross-encoder" in card for card in cards(app))
    assert "Back to the query" in labels(app)


def test_several_queries_are_each_ranked():
    app = finished(open_app(**reranked(several="true", queries="lost card\nWhat is TRICARE?")))
    first = rows(app)
    choice = next(box for box in app.selectbox if box.label == "Hits for")
    choice.select_index(1).run()
    assert rows(app) != first
    assert all("cross-encoder" in card for card in cards(app))


def test_what_is_weak_by_vectors_is_said_of_vectors_and_not_of_hits_that_were_read_again():
    nonsense = {"corpus": "support-tickets", "q": "chocolate cake recipe"}
    app = finished(open_app(**reranked(**nonsense)))
    assert "By vectors nothing fits this query: of 624 rows the closest has 0." in said(app.markdown).replace(
        "*", ""
    )
    assert not any("weak match" in card for card in cards(app))
    app = finished(open_app(**SMALL | nonsense | {"variety": "30"}))
    assert "weak match" in cards(app)[0]
    app = finished(open_app(**SMALL | nonsense | {"words": "true"}))
    for card in cards(app):
        assert ("weak match" in card) <= ("not by words" in card)


@pytest.mark.parametrize("metric", ["dot", "euclidean"])
def test_the_bar_and_the_score_are_of_the_metric(metric):
    app = finished(open_app(**reranked(metric=metric)))
    bars = [float(re.search(r'bar".*?width: ([\d.]+)%', card)[1]) for card in cards(app)]
    name = "distance" if metric == "euclidean" else "dot"
    scores = [float(re.search(rf"<b>{name} (-?[\d.]+)</b>", card)[1]) for card in cards(app)]
    closest_first = sorted(zip(scores, bars, strict=True), reverse=metric == "dot")
    assert [bar for _, bar in closest_first] == sorted(bars, reverse=True)


def test_a_judged_query_has_its_figures_before_and_after():
    app = finished(open_app(**reranked()))
    assert "nDCG" not in said(app.markdown)
    order = rows(app)
    session = session_of(app)
    session.comparison.judgements = Judgements(("q",), (f" {QUERY}  ",), ({order[0] - 1: 1},))
    app.run()
    was = int(re.search(r"was (\d+)", cards(app)[0])[1])
    told = said(app.markdown).replace("*", "")
    gone = f"{1 / was:.3f}" if was <= 10 else "0.000"
    assert f"reciprocal rank {gone} → 1.000" in told
    assert "→ 1.000; reciprocal" in told
    assert "by 1 judged row)" in told
    session.comparison.judgements = None
    session.comparison.answers = {QUERY: {order[0] - 1: None, order[1] - 1: 1}}  # the first is skipped
    app.run()
    assert "→ 1.000 (from vectors" in said(app.markdown).replace("*", "")
    app.text_input(key="q").set_value("another").run()
    assert "nDCG" not in said(finished(app).markdown)


def test_nonsense_in_a_link_is_answered_with_the_defaults():
    nonsense = {"words": "maybe", "rerank": "true", "rerank-first": "9" * 400, "variety": "much"}
    app = finished(open_app(**SMALL | nonsense | {"rerank-model": "cross"}))
    assert not app.exception
    assert app.number_input(key="rerank-first").value == 50
    assert app.slider(key="variety").value == 0
    assert app.toggle(key="words").value is False
    assert len(cards(app)) == 10
