"""Judging on the compare page, and judgements from files."""

import explorer
from explorer.comparison.judging.judgements import Judgements
from explorer.encode.spec import Tfidf
from tests.app.driving import (
    button,
    finished,
    html_texts,
    labels,
    open_with_rows,
    said,
    session_of,
    unescaped,
)

HOSTILE = "<b>reset</b> **my** $password$"
ROWS = {
    "id": [f"t{number}" for number in range(13)],
    "body": [f"{word} text {number} about the order" for number, word in enumerate(["parcel", "login"] * 6)]
    + [HOSTILE],
}


def judging():
    app = (
        open_with_rows(explorer.open_corpus(ROWS, text="body"), Tfidf()).switch_page("pages/compare.py").run()
    )
    app.segmented_control(key="compare-shows").set_value("Judge").run()
    return finished(app)


def state_of(app):
    return session_of(app).comparison


def started(*queries):
    app = judging()
    next(box for box in app.text_area if box.label == "Queries, one per line").set_value("\n".join(queries))
    button(app, "Start judging").click().run()
    return finished(app)


def press(app, label):
    button(app, label).click().run()
    return finished(app)


def given(app, name, content):
    app = judging() if app is None else app
    box = next(box for box in app.file_uploader if box.label.startswith("Judged queries"))
    box.upload(name, content.encode(), "text/plain").run()
    return finished(app)


def judge_all(app, relevant):
    for _ in range(200):
        if "Relevant" not in labels(app):
            return app
        row = next(text for text in html_texts(app) if "max-height: 50vh" in text)
        app = press(app, "Relevant" if relevant(row) else "Not relevant")
    raise AssertionError("the queue never ended")


def test_a_row_is_judged_blind_and_the_answer_can_be_taken_back():
    app = started("parcel", HOSTILE, "parcel", " ")
    assert state_of(app).queries == ("parcel", HOSTILE)
    item = [text for text in html_texts(app) if "max-height: 50vh" in text or 'role="heading"' in text]
    assert len(item) == 2
    assert not any(name in " ".join(item) for name in ("TF-IDF", "BM25"))
    app = press(app, "Relevant")
    ((query, rows),) = state_of(app).answers.items()
    assert list(rows.values()) == [1]
    app = press(app, "Skip")
    assert list(state_of(app).answers[query].values()) == [1, None]
    assert "2 rows judged" in said(app.caption)
    app = press(app, "Undo the last answer")
    assert state_of(app).answers == {query: rows}
    app = press(app, "Undo the last answer")
    assert state_of(app).answers == {}
    assert "Nothing can be said yet" in said(app.markdown)


def test_texts_of_others_are_shown_as_typed():
    app = started(HOSTILE)
    drawn = " ".join(html_texts(app))
    assert "<b>reset" not in drawn
    assert "&lt;b&gt;reset&lt;/b&gt; **my** $password$" in drawn


def test_judgements_made_here_are_used_by_the_comparison_and_removed_again():
    app = started("parcel", "login")
    assert button(app, "Use my judgements").disabled
    app = judge_all(press(app, "Skip"), lambda row: "parcel" in row)
    assert "Every hit of every query is judged" in said(app.markdown)
    assert "nDCG@10 ahead of" in said(app.markdown)
    app = press(app, "Use my judgements")
    used = state_of(app).judgements
    assert set(used.queries) == {"parcel", "login"}
    assert used.inclusion == (1.0, 1.0)
    assert used.skips == 1
    assert "; 1 skipped row is left out." in said(app.caption)
    assert button(app, "Use my judgements").disabled
    downloads = [one.proto.label for one in app.get("download_button")]
    assert {"Judgements (CSV)", "Qrels", "Queries", "My answers (CSV)"} <= set(downloads)
    app = press(app, "Remove the judgements")
    assert state_of(app).judgements is None
    assert "Uses" not in said(app.caption)


def test_a_file_of_judgements_is_guessed_shown_and_used():
    lines = (
        "question,doc,rel\nlate parcel,t0,1\nlate parcel,t1,0\nlate parcel,t99,1\nlogin,t3,x\nlogin,t3,1\n"
    )
    app = given(None, "mine.csv", lines)
    chosen = {box.label: box.value for box in app.selectbox}
    assert chosen["Text of the query"] == "question"
    assert chosen["Row"] == "doc"
    assert chosen["Rows are named by"] == "=id"
    assert chosen["Grade"] == "rel"
    assert "3 judgements of 2 queries; 2 are of relevant rows" in said(app.markdown)
    assert any("2 of 5 lines cannot be used" in one.label for one in app.expander)
    bad = app.dataframe[-1].value
    assert bad["line"].tolist() == [3, 4]
    assert bad["reason"].tolist() == ['there is no row "t99"', 'the grade "x" is not a whole number']
    assert state_of(app).judgements is None  # shown before it is used
    app = press(app, "Use these judgements")
    assert state_of(app).judgements.queries == ("late parcel", "login")
    assert state_of(app).judgements.grades == ({0: 1, 1: 0}, {3: 1})
    assert "Uses 3 judgements of 2 queries." in said(app.caption)
    assert "Use these judgements" not in labels(app)


def test_the_columns_of_a_file_can_be_changed():
    app = given(None, "mine.csv", "query,row,grade\nparcel,1,1\nparcel,2,0\n")
    next(box for box in app.selectbox if box.label == "Rows are named by").set_value("0").run()
    app = press(finished(app), "Use these judgements")
    assert state_of(app).judgements.grades == ({1: 1, 2: 0},)


def test_qrels_need_the_texts_of_their_queries():
    app = given(None, "qrels.txt", "q1 0 1 1\nq1 0 2 0\n")
    assert "ids of queries and not their texts" in said(app.info)
    assert "Use these judgements" not in labels(app)
    box = next(box for box in app.file_uploader if box.label.startswith("Texts of the queries"))
    box.upload("queries.tsv", b"query_id\tquery\nq1\tlate parcel\n", "text/plain").run()
    app = press(finished(app), "Use these judgements")
    assert state_of(app).judgements == Judgements(("q1",), ("late parcel",), ({0: 1, 1: 0},))


def test_judgements_without_a_relevant_row_cannot_be_used():
    app = given(None, "mine.csv", "query,row,grade\nparcel,1,0\n")
    assert "No grade is above 0" in said(app.warning)
    assert button(app, "Use these judgements").disabled


def test_scored_pairs_are_used():
    lines = "a,b,score\nparcel is late,late order,0.9\nlogin fails,parcel,0.1\nmy login,login text,0.8\n"
    app = press(given(None, "pairs.csv", lines), "Use these pairs")
    assert state_of(app).pairs.scores == (0.9, 0.1, 0.8)
    assert "Uses 3 scored pairs." in said(app.caption)
    assert not app.error


def test_a_file_of_queries_is_judged():
    app = press(given(None, "queries.txt", "late parcel\nlogin fails\n"), "Use these queries")
    assert state_of(app).queries == ("late parcel", "login fails")
    assert "Relevant" in labels(app)


def test_a_file_without_a_usable_line_says_why():
    app = given(None, "mine.csv", "query,row,grade\nparcel,77,1\n")
    assert "No line of it can be used" in unescaped(app.error[0].value)
    assert state_of(app).judgements is None
