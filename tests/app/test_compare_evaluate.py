"""One encoder evaluated on the compare page: pairs, duplicates, judged queries, labels."""

import shutil
import threading
import uuid

import numpy as np
import pyarrow as pa
import pytest

import explorer
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.judging.judgements import Judgements
from explorer.comparison.numbers import interval, number
from explorer.encode.spec import LocalModel, OwnVectors, Tfidf
from explorer.jobs.registry import registry
from explorer.session.spaces import lanes_for
from tests.app.driving import (
    button,
    error,
    finished,
    html_texts,
    labels,
    open_app,
    open_with_rows,
    said,
    unescaped,
)
from tests.app.test_compare_views import HOSTILE, labelled, press, rows, session_of, shown
from tests.app.test_hub_rows import serve

TEXTS = rows(24)
PAIRS = [(TEXTS[at], TEXTS[(at * at) % 24], at % 7) for at in range(24)]
SAME = [(TEXTS[at], f"{TEXTS[at]} {HOSTILE}", 1) for at in range(12)] + [
    (TEXTS[at], TEXTS[(at + 4) % 24], 0) for at in range(12)
]
CARD = """\
---
model-index:
- results:
  - task: {type: STS}
    dataset: {type: mteb/some, name: "MTEB <b>Some</b>", config: default, split: test}
    metrics: [{type: cos_sim_spearman, value: 0.97}]
---
"""


def csv(lines, names=("sentence1", "sentence2", "score")):
    return "\n".join(",".join(map(str, line)) for line in (names, *lines)) + "\n"


def evaluating(kind="pairs", corpus=None, spec=None):
    corpus = corpus or explorer.open_corpus(
        {"body": TEXTS, "id": [f"t{at}" for at in range(24)]}, text="body"
    )
    app = open_with_rows(corpus, spec or Tfidf())
    app = shown(finished(app.switch_page("pages/compare.py").run()), "Evaluate")
    return of_kind(app, kind)


def of_kind(app, kind):
    app.segmented_control(key="evaluate-kind").set_value(kind).run()
    return finished(app)


def given(app, content, name="mine.csv"):
    box = next(box for box in app.file_uploader if (box.key or "").startswith("evaluate-"))
    box.upload(name, content.encode(), "text/plain").run()
    return finished(app)


def evaluated(app):
    return press(app, "Evaluate")


def frame(app, column):
    """The first table with a column."""
    return next(each.value for each in app.dataframe if column in each.value.columns)


def space_of(app):
    session = session_of(app)
    return session.spaces[session.encoder]


def agrees(app, expected):
    assert np.isfinite(expected.figures[0].value)  # or nothing would be shown
    table = frame(app, "measure")
    assert table["measure"].tolist() == [each.measure.name for each in expected.figures]
    assert table["value"].tolist() == [number(each.value) for each in expected.figures]
    ends = [interval(each.low, each.high, too_few=True) for each in expected.figures]
    assert table["95 % interval"].tolist() == ends
    assert table["n"].tolist() == [each.n for each in expected.figures]


def downloads(app):
    return [one.proto.label for one in app.get("download_button")]


def test_scored_pairs_are_evaluated_when_that_is_asked_for():
    lines = [*PAIRS, ("a text", "another", "high"), ("", "alone", 2)]
    app = given(evaluating(), csv(lines))
    assert not any("measure" in each.value.columns for each in app.dataframe)
    assert "24 pairs from mine.csv" in said(app.caption)
    assert any("2 of 26 lines cannot be used" in one.label for one in app.expander)
    assert frame(app, "reason")["reason"].tolist() == ['the score "high" is not a number', "a text is empty"]
    app = evaluated(app)
    expected = explorer.evaluate_pairs(PAIRS, space_of(app))
    agrees(app, expected)
    cases = frame(app, "off")
    assert cases["pair"].tolist() == (expected.worst(50)["pair"] + 1).tolist()
    np.testing.assert_allclose(cases["off"], expected.worst(50)["off"])
    assert "Cases (CSV)" in downloads(app)
    app = shown(shown(app, "Checks"), "Evaluate")  # the file and the figures are kept
    agrees(app, expected)


def test_too_few_pairs_for_an_interval_are_said():
    app = evaluated(given(evaluating(), csv(PAIRS[:4])))
    assert frame(app, "measure")["95 % interval"].tolist() == ["–", "–"]
    assert "– is no interval: it takes 6 or more independent pairs." in said(app.caption)


def test_another_file_is_not_evaluated_by_itself_and_the_columns_can_be_chosen():
    app = evaluated(given(evaluating(), csv(PAIRS)))
    lines = [(first, second, 10 - score, score) for first, second, score in PAIRS]
    app = given(app, csv(lines, ("left", "right", "score", "gold")))
    assert not any("measure" in each.value.columns for each in app.dataframe)
    next(box for box in app.selectbox if box.label == "Score").set_value("gold").run()
    app = finished(app)
    agrees(app, explorer.evaluate_pairs(PAIRS, space_of(app)))  # the content is the same


def test_duplicates_have_the_threshold_with_the_precision_asked_for():
    app = evaluated(given(evaluating("duplicates"), csv(SAME)))
    expected = explorer.evaluate_duplicates(SAME, space_of(app), wanted_precision=0.95)
    agrees(app, expected)
    table = frame(app, "threshold with")
    assert table["threshold with"].tolist() == ["best F1", "precision of 95.0 % or more"]
    assert table["similarity"][1] == number(expected.at_precision.value, 4)
    assert table["pairs"].tolist() == [expected.at_best_f1.pairs, expected.at_precision.pairs]
    app.number_input(key="evaluate-precision").set_value(60).run()
    app = evaluated(finished(app))
    expected = explorer.evaluate_duplicates(SAME, space_of(app), wanted_precision=0.6)
    assert frame(app, "threshold with")["threshold with"][1] == "precision of 60.0 % or more"
    assert frame(app, "threshold with")["pairs"][1] == expected.at_precision.pairs


def test_without_a_threshold_of_the_precision_the_page_says_so():
    turned = [(first, second, 1 - label) for first, second, label in SAME]
    app = evaluated(given(evaluating("duplicates"), csv(turned)))
    assert "No threshold has a precision of 95.0 % or more." in said(app.warning)
    assert frame(app, "threshold with")["threshold with"].tolist() == ["best F1"]
    cases = frame(app, "misplaced")
    assert cases["second"].str.contains(HOSTILE, regex=False).any()  # as typed: a cell shows no markup
    assert not any("<b>bold" in text for text in html_texts(app))


def test_judged_queries_name_rows_as_the_screen_does_and_unknown_rows_are_said():
    lines = [(f"parcel number {at}", f"t{4 * at}", 1) for at in range(6)]
    app = given(evaluating("queries"), csv([*lines, ("lost", "t99", 1)], ("query", "id", "grade")))
    assert "6 judgements of 6 queries from mine.csv" in said(app.caption)
    assert frame(app, "reason")["reason"].tolist() == ['there is no row "t99"']
    app = evaluated(app)
    space = space_of(app)
    judged = {"query": [line[0] for line in lines], "row": [line[1] for line in lines]}
    expected = explorer.evaluate_retrieval(space, judged)
    agrees(app, expected)
    cases = frame(app, "first_hit")
    for at, row in enumerate(cases["relevant"]):
        assert cases["relevant_text"][at] == TEXTS[row - 1]
        assert cases["first_hit_text"][at] == TEXTS[cases["first_hit"][at] - 1]


def test_qrels_need_the_texts_of_their_queries():
    app = given(evaluating("queries"), "q1 0 1 1\nq2 0 2 1\n", "qrels.txt")
    assert "ids of queries and not their texts" in said(app.info)
    assert "Evaluate" not in labels(app)
    box = next(box for box in app.file_uploader if box.label.startswith("Texts of the queries"))
    box.upload("queries.tsv", b"query_id\tquery\nq1\tlate parcel\nq2\tinvoice\n", "text/plain").run()
    app = evaluated(finished(app))
    assert frame(app, "measure")["n"][0] == 2


def test_labels_of_the_rows_are_evaluated_also_for_vectors_of_the_file():
    corpus = labelled(48, words=3)
    app = open_with_rows(corpus, OwnVectors())
    app = shown(finished(app.switch_page("pages/compare.py").run()), "Evaluate")
    assert app.segmented_control(key="evaluate-kind").value == "labels"
    assert "evaluate-kind" not in app.query_params
    app = evaluated(app)
    agrees(app, explorer.evaluate_labels(space_of(app)))
    for kind in ("pairs", "duplicates", "queries"):
        app = of_kind(app, kind)
        assert "it is not known by which model" in said(app.info)
        assert not app.error
        assert not [box for box in app.file_uploader if box.key.startswith("evaluate-")]
        assert "Evaluate" not in labels(app)
    assert app.query_params["evaluate-kind"] == "queries"


def test_what_is_evaluated_on_is_in_the_link_unless_it_is_the_usual():
    app = evaluating()
    assert "evaluate-kind" not in app.query_params
    app = of_kind(app, "duplicates")
    assert app.query_params["evaluate-kind"] == "duplicates"
    assert "evaluate-kind" not in of_kind(app, "pairs").query_params
    for asked, shown_first in (("labels", "labels"), ("<b>", "pairs")):
        app = open_app(
            "pages/compare.py",
            **{"corpus": "medicare-faq", "compare-shows": "Evaluate", "evaluate-kind": asked},
        )
        assert finished(app).segmented_control(key="evaluate-kind").value == shown_first


@pytest.mark.usefixtures("hasty_pages")
def test_an_evaluation_can_be_cancelled_and_started_again():
    app = given(evaluating(), csv(PAIRS))
    lane, go = lanes_for(Tfidf()).rows, threading.Event()
    for _ in range(lane.workers):  # others' rows, for which the pairs wait
        registry().submit(object(), "waits", lambda _: go.wait(60), lane=lane, visitor=uuid.uuid4().hex)
    try:
        button(app, "Evaluate").click().run()
        assert "Evaluating the encoder" in " ".join(html_texts(app))
        button(app, "Cancel").click().run()
    finally:
        go.set()
    finished(app)
    assert "was stopped" in said(app.info)
    assert "24 pairs from mine.csv" in said(app.caption)
    assert not any("measure" in each.value.columns for each in app.dataframe)
    button(app, "Start again").click().run()
    app = finished(app)
    agrees(app, explorer.evaluate_pairs(PAIRS, space_of(app)))


def test_a_label_column_with_one_value_is_refused_and_nothing_is_lost():
    # Rows with words of their own are no near-copies of each other.
    bodies = [f"{text} {' '.join(uuid.uuid4().hex[:7] for _ in range(9))}" for text in TEXTS]
    table = {"body": bodies, "topic": [f"topic {at % 4}" for at in range(24)], "kind": ["one"] * 24}
    app = evaluating("labels", explorer.open_corpus(table, text="body", label="topic"))
    app = evaluated(app)
    first = frame(app, "measure")
    next(box for box in app.selectbox if box.label == "Label column").set_value("kind").run()
    app = evaluated(finished(app))
    assert "one value" in error(app)
    assert "Try again" not in labels(app)
    next(box for box in app.selectbox if box.label == "Label column").set_value("topic").run()
    assert frame(finished(app), "measure").equals(first)


@pytest.mark.parametrize(
    ("kind", "content", "what"),
    [
        ("pairs", "sentence1,score\na,1\nb,2\n", "two columns of text and one of numbers"),
        ("pairs", csv([(*pair[:2], "high") for pair in PAIRS]), 'the score "high" is not a number'),
        ("pairs", csv([(*pair[:2], "nan") for pair in PAIRS]), 'the score "nan" is not a number'),
        ("duplicates", csv([(*pair[:2], 5) for pair in PAIRS]), 'the label "5" is neither 1 nor 0'),
        ("queries", "query,id\na,t98\nb,t99\n", 'there is no row "t98"'),
        ("queries", "words\na\nb\n", "No column names rows"),
    ],
)
def test_files_that_cannot_be_used_say_why_before_anything_is_encoded(kind, content, what):
    app = given(evaluating(kind), content)
    assert what in error(app)
    assert "Evaluate" not in labels(app)
    app = given(app, csv(PAIRS) if kind == "pairs" else csv(SAME), "other.csv")
    assert kind == "queries" or "Evaluate" in labels(app)


@pytest.mark.parametrize(
    ("kind", "lines", "what"),
    [
        ("pairs", PAIRS[:1], "one pair that can be used"),
        ("pairs", [(*pair[:2], 3) for pair in PAIRS], "have the score 3"),
        ("duplicates", SAME[:12], "all labelled 1"),
        ("queries", [("parcel", "t1", 0)], "relevant"),
    ],
)
def test_what_gives_no_figure_says_why(kind, lines, what):
    names = ("query", "id", "grade") if kind == "queries" else ("sentence1", "sentence2", "score")
    app = evaluated(given(evaluating(kind), csv(lines, names)))
    assert what in error(app)


def test_pairs_of_a_dataset_on_the_hub_are_read_when_that_is_asked_for(dataset_hub, tmp_path):
    registry()._jobs.clear()  # the answers of another test's Hub
    first, second, score = zip(*PAIRS, strict=True)
    table = pa.table({"sentence1": first, "sentence2": second, "score": pa.array(score, pa.float64())})
    serve(dataset_hub, tmp_path, "post/pairs", {("default", "test"): table, ("default", "train"): table[:9]})
    app = evaluating()
    app.segmented_control(key="evaluate-from-file-hub").set_value("hub").run()
    app.text_input(key="evaluate-hub-Dataset").set_value("post/pairs")
    app.text_input(key="evaluate-hub-Split").set_value("dev")
    app = press(app, "Read the dataset")
    assert "dev" in error(app)
    assert "test" in error(app)
    app.text_input(key="evaluate-hub-Split").set_value("")
    app = evaluated(press(app, "Read the dataset"))
    agrees(app, explorer.evaluate_pairs(PAIRS, space_of(app)))
    app.text_input(key="evaluate-hub-Dataset").set_value("no such name/")
    app = press(app, "Read the dataset")
    assert "no such name" in error(app)


def test_the_figures_of_the_models_card_stand_beside_ours(tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    app = evaluating(spec=LocalModel(str(folder), precision="float32"))
    app = evaluated(given(app, csv(PAIRS)))
    assert "published" not in frame(app, "measure")
    box = next(box for box in app.selectbox if box.label == "The card calls this data")
    assert box.options == ["none of these", "MTEB <b>Some</b>"]
    box.set_value("MTEB <b>Some</b>").run()
    app = evaluated(finished(app))
    table = frame(app, "measure")
    ours = explorer.evaluate_pairs(PAIRS, space_of(app)).spearman.value
    assert table["published"].tolist() == ["0.97 (cos_sim_spearman, test)", ""]
    difference = number(ours - 0.97, 4, plus=True)
    assert table["beside it"].tolist() == [f"differs by more than rounding, {difference}", ""]
    app = of_kind(app, "labels")  # the card has no such figures
    assert all(box.label != "The card calls this data" for box in app.selectbox)


def test_one_encoder_alone_can_be_evaluated():
    app = evaluating()
    session_of(app).comparison.contenders = (ContenderSpec(Tfidf()),)
    app = given(finished(app.run()), csv(PAIRS))
    assert "two contenders or more" in unescaped(app.info[0].value)
    agrees(evaluated(app), explorer.evaluate_pairs(PAIRS, space_of(app)))


def test_a_contender_is_evaluated_with_its_changes():
    corpus = explorer.open_corpus({"body": TEXTS}, text="body")
    app = evaluating(corpus=corpus, spec=LocalModel(precision="float32"))
    small = ContenderSpec(LocalModel(precision="float32"), first=64)
    session_of(app).comparison.contenders = (ContenderSpec(LocalModel(precision="float32")), small)
    app = finished(app.run())
    box = next(box for box in app.selectbox if box.label == "Encoder to evaluate")
    assert len(box.options) == 2
    box.set_value(box.options[1]).run()
    app = evaluated(given(finished(app), csv(PAIRS)))
    agrees(app, explorer.evaluate_pairs(PAIRS, space_of(app).truncate(64)))


def test_what_the_comparison_uses_can_be_evaluated_without_a_file():
    app = evaluating("queries")
    judged = Judgements(("1", "2"), ("parcel", "invoice"), ({0: 1}, {1: 1}))
    session_of(app).comparison.judgements = judged
    app = finished(app.run())
    assert "2 judgements of 2 queries, which the comparison uses." in said(app.caption)
    app = evaluated(app)
    agrees(app, explorer.evaluate_retrieval(space_of(app), judged))
    app.segmented_control(key="evaluate-from-used-file").set_value("file").run()
    assert "measure" not in {name for each in finished(app).dataframe for name in each.value.columns}


def test_a_card_on_the_hub_is_looked_up_only_when_that_is_asked_for(dataset_hub, tiny_model, tmp_path):
    registry()._jobs.clear()
    served = shutil.copytree(tiny_model, tmp_path / "served")
    dataset_hub.repositories["tiny/carded"] = served
    (served / "README.md").write_text(CARD, encoding="utf-8")
    app = given(evaluating(spec=LocalModel("tiny/carded", precision="float32")), csv(PAIRS))
    before = len(dataset_hub.requests)
    app = finished(app.run())
    assert len(dataset_hub.requests) == before
    app.toggle(key="evaluate-published").set_value(True).run()
    app = finished(app)
    assert len(dataset_hub.requests) > before
    box = next(box for box in app.selectbox if box.label == "The card calls this data")
    box.set_value("MTEB <b>Some</b>").run()
    app = evaluated(finished(app))
    assert frame(app, "measure")["published"][0] == "0.97 (cos_sim_spearman, test)"
    app = of_kind(app, "labels")
    assert "The model's card has no figures of this kind." in said(app.caption)
