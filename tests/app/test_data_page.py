import shutil

import numpy as np
import pytest

from explorer.ui.shell import session as sessions
from tests.app.driving import error, finished, html_texts, metric, open_app, said
from tests.data.uploads.test_bounded import SLOW_CSV


@pytest.fixture
def app():
    return finished(open_app("pages/data.py"))


def upload(app, name, content):
    app.segmented_control(key="rows-from").set_value("File").run()
    app.file_uploader(key="file").upload(name, content, "application/octet-stream")
    return finished(app)


def encode_button(app):
    return next(button for button in app.button if button.label.startswith("Encode"))


CSV = b"text,queue,price\nNA,a,1\nnull,b,2\n007,a,3\n1e5,b,4\n,a,5\nNA,b,6\n"


def test_the_first_sample_is_open_with_counts_audit_and_report(app):
    assert metric(app, "Rows") == "624"
    assert metric(app, "Empty") == "0"
    assert metric(app, "Truncated") == "0"
    captions = " ".join(element.value for element in app.caption)
    assert "nothing is lost" in captions
    assert "CC0" in captions
    assert "624 texts encoded" in captions or "624 encoded before" in captions


def test_a_sample_is_chosen_encoded_and_searched(app):
    app.radio(key="sample").set_value("medicare-faq").run()
    assert metric(app, "Rows") == "13"
    app.segmented_control(key="precision-choice").set_value("float32").run()
    encode_button(app).click().run()
    finished(app)
    assert any("medicare-faq" in text and "13 rows" in text for text in html_texts(app))
    assert app.query_params["corpus"] == "medicare-faq"
    assert app.query_params["precision"] == "float32"
    app.switch_page("pages/search.py").run()
    app.text_input(key="q").set_value("How can Medicare help me?").run()
    assert "0.757" in next(text for text in html_texts(app) if "<b>row</b>" in text)


def test_an_uploaded_file_is_guessed_counted_and_encoded(app):
    upload(app, "notes.csv", CSV)
    assert (metric(app, "Rows"), metric(app, "Empty"), metric(app, "Repeated")) == ("5", "1", "1")
    assert [box.value for box in app.selectbox if "column" in box.label] == ["text", "queue"]
    encode_button(app).click().run()
    finished(app)
    assert any("notes.csv" in text and "5 rows" in text for text in html_texts(app))
    assert app.query_params["corpus"] not in ("notes.csv", "support-tickets")
    app.switch_page("pages/search.py").run()
    app.text_input(key="q").set_value("007").run()
    cards = [text for text in html_texts(app) if "<b>row</b>" in text]
    assert [text for text in cards if ">007<" in text]
    assert [text for text in cards if ">1e5<" in text]


def test_pasted_lines_are_rows(app):
    app.segmented_control(key="rows-from").set_value("Pasted lines").run()
    assert "Choose rows" in app.info[0].value
    app.text_area(key="lines").set_value("one\n\n007\nnull").run()
    finished(app)
    assert (metric(app, "Rows"), metric(app, "Empty")) == ("3", "1")


def test_fewer_rows_are_a_seeded_sample(app):
    upload(app, "many.csv", b"text\n" + b"\n".join(b"row number %d" % i for i in range(50)))
    app.number_input(key="limit-many.csv").set_value(7).run()
    assert metric(app, "Rows") == "7"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "empty.csv"),
        ("header.csv", b"text,label\n", "header.csv"),
        ("image.csv", b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG"),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", "line 3"),
        ("bad.jsonl", b'{"t": "x"}\n{oops\n', "line 2"),
    ],
)
def test_bad_input_says_what_and_where_and_leaves_the_session_alone(app, name, content, said):
    upload(app, name, content)
    assert said in error(app)
    assert not [button for button in app.button if button.label == "Try again"]
    assert any("support-tickets" in text and "624 rows" in text for text in html_texts(app))
    app.switch_page("pages/search.py").run()
    assert not app.error
    app.text_input(key="q").set_value("refund").run()
    assert [text for text in html_texts(app) if "<b>row</b>" in text]


def test_a_column_of_numbers_chosen_as_text_is_refused(app):
    upload(app, "notes.csv", CSV)
    next(box for box in app.selectbox if box.label == "Text column").select("price").run()
    assert "price" in error(app)
    assert "number" in error(app)


@pytest.mark.parametrize("name", ["/etc", "../..", "~", "docs/../../../../etc/ssl", "models--x"])
def test_a_folder_outside_the_model_folder_is_refused(app, name):
    app.selectbox(key="model-choice-Model").select("Another model…").run()
    app.text_input(key="model-name").set_value(name).run()
    assert "has no model by that name" in error(app)


def test_a_hub_model_without_network_fails_with_its_name_and_the_rest_stays(app):
    app.selectbox(key="model-choice-Model").select("Another model…").run()
    app.text_input(key="model-name").set_value("nobody/nothing").run()
    encode_button(app).click().run()
    finished(app)
    assert "nobody/nothing" in error(app)
    assert "cannot be reached" in error(app)
    app.selectbox(key="encoder").set_value(0).run()
    app.switch_page("pages/search.py").run()
    assert not app.error


def test_a_second_encoder_joins_the_first_and_either_can_be_active(app, tiny_model, monkeypatch):
    from explorer.settings import settings

    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tiny_model.parent))
    settings.cache_clear()
    app.run()
    app.selectbox(key="model-choice-Model").select("tiny").run()
    encode_button(app).click().run()
    finished(app)
    switch = app.selectbox(key="encoder")
    assert switch.options == ["all-MiniLM-L6-v2 · fast", "tiny · fast"]
    assert switch.value == 1
    assert app.query_params["model"] == "tiny"
    switch.set_value(0).run()
    assert "model" not in app.query_params


def test_a_model_in_a_subfolder_is_opened_by_its_link_and_stays_chosen(tiny_model, tmp_path, monkeypatch):
    from explorer.settings import settings

    shutil.copytree(tiny_model, tmp_path / "models" / "team" / "tiny")
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path / "models"))
    settings.cache_clear()
    app = finished(open_app("pages/data.py", corpus="medicare-faq", model="team/tiny", precision="float32"))
    assert not app.error
    assert app.selectbox(key="model-choice-Model").value == "team/tiny"
    assert app.query_params["model"] == "team/tiny"
    assert app.selectbox(key="encoder").options == ["tiny · exact"]


def test_rows_longer_than_the_encoder_reads_are_counted(app):
    upload(app, "long.csv", b"text\n" + b"word " * 400 + b"\nshort one\n")
    assert metric(app, "Truncated") == "1"
    captions = " ".join(element.value for element in app.caption)
    assert "1 row is longer than the 256 tokens" in captions
    assert "146 tokens" in captions


def primary(app):
    """What the page offers to do first."""
    return [button.label for button in app.button if button.proto.type == "primary"]


def chosen(app):
    return [box.value for box in app.selectbox if "column" in box.label]


@pytest.fixture
def one_browser(monkeypatch):
    """All tabs are those of one visitor, as Streamlit's cookie would say."""
    monkeypatch.setattr(sessions, "identify_visitor", lambda: "this browser")


def begun(app, name, content):
    """A file on its way: the page says so, and offers to stop it."""
    app.segmented_control(key="rows-from").set_value("File").run()
    app.file_uploader(key="file").upload(name, content, "application/octet-stream").run()
    return next(button for button in app.button if button.label == "Cancel")


@pytest.mark.usefixtures("hasty_pages")
def test_reading_a_file_can_be_stopped_and_begun_again(app):
    stop = begun(app, "slow.csv", SLOW_CSV)
    assert any("Reading slow.csv" in text for text in html_texts(app))
    assert not app.info
    stop.click().run()
    finished(app)
    assert "was stopped" in app.info[0].value
    assert any("support-tickets" in text and "624 rows" in text for text in html_texts(app))
    next(button for button in app.button if button.label == "Start again").click().run()
    assert any(button.label == "Cancel" for button in app.button)
    app.file_uploader(key="file").upload("short.csv", b"text\none\n", "text/csv")
    finished(app)
    assert metric(app, "Rows") == "1"


def test_a_file_that_takes_too_long_says_so(app, monkeypatch):
    from explorer.settings import settings

    monkeypatch.setenv("EXPLORER_READ_SECONDS", "1")
    settings.cache_clear()
    upload(app, "slow.csv", SLOW_CSV)
    assert "longer than the 1 second allowed" in error(app)


def test_what_is_looked_at_is_told_from_what_is_open(app):
    upload(app, "notes.csv", CSV)
    texts = html_texts(app)
    assert "Open: <b>support-tickets</b> · 624 rows" in texts
    assert "Preview of notes.csv · not open yet" in texts
    encode_button(app).click().run()
    finished(app)
    texts = html_texts(app)
    assert "Open: <b>notes.csv</b> · 5 rows" in texts
    assert "notes.csv · open" in texts


def test_coming_back_to_the_page_shows_what_is_open(app, one_browser):
    app = finished(open_app("pages/data.py"))
    upload(app, "notes.csv", CSV.replace(b"NA,b", b"NA,c"))
    next(box for box in app.selectbox if box.label == "Label column").select("price").run()
    app.number_input(key="limit-notes.csv").set_value(3).run()
    app.segmented_control(key="precision-choice").set_value("float32").run()
    app.segmented_control(key="prompts-sentence-transformers/all-MiniLM-L6-v2-False").set_value(
        "custom"
    ).run()
    app.text_area(key="prompt-rows-sentence-transformers/all-MiniLM-L6-v2").set_value("note: ").run()
    encode_button(app).click().run()
    finished(app)
    parameters = dict(app.query_params)
    for back in (app.switch_page("pages/search.py").run(), open_app(**parameters)):
        finished(back.switch_page("pages/data.py").run())
        assert back.segmented_control(key="rows-from").value == "File"
        assert chosen(back) == ["text", "price"]
        assert back.number_input(key="limit-notes.csv").value == 3
        assert metric(back, "Rows") == "3"
        assert "texts encoded" in said(back.caption)
        assert not primary(back)
    other = next(box for box in back.selectbox if box.label == "Label column").select("queue").run()
    assert primary(finished(other)) == ["Encode 3 rows"]


def test_coming_back_to_pasted_lines_shows_them(one_browser):
    app = finished(open_app("pages/data.py"))
    app.segmented_control(key="rows-from").set_value("Pasted lines").run()
    app.text_area(key="lines").set_value("one line\nand another").run()
    encode_button(finished(app)).click().run()
    finished(app)
    back = finished(open_app("pages/data.py", corpus=app.query_params["corpus"]))
    assert back.segmented_control(key="rows-from").value == "Pasted lines"
    assert metric(back, "Rows") == "2"
    assert not primary(back)


def test_the_same_rows_by_another_name_take_that_name_and_keep_what_was_made_of_them(app):
    upload(app, "old.csv", CSV)
    encode_button(app).click().run()
    session = finished(app).session_state["explorer-session"]
    session.select([1], "a test")
    vectors = session.spaces[session.encoder].vectors
    upload(app, "new.csv", CSV)
    assert "Preview of new.csv · not open yet" in html_texts(app)
    assert primary(app) == ["Open these rows"]
    next(button for button in app.button if button.label == "Open these rows").click().run()
    assert "Open: <b>new.csv</b> · 5 rows" in html_texts(app)
    space = session.spaces[session.encoder]
    assert np.shares_memory(space.vectors, vectors)
    assert space.corpus.name == "new.csv"
    assert len(session.selection) == 1


def test_a_file_in_another_encoding_says_which_and_lets_one_choose(app):
    upload(app, "brief.csv", "text\nпривет мир\nдобрый день\n".encode("cp1251"))
    box = next(box for box in app.selectbox if box.label == "Encoding")
    assert "Read as " in said(app.caption)
    box.select("koi8-r").run()
    finished(app)
    assert "Read as KOI8-R (Cyrillic)." in said(app.caption)
    next(box for box in app.selectbox if box.label == "Encoding").select("cp1251").run()
    finished(app)
    assert "Read as Windows-1251 (Cyrillic)." in said(app.caption)
    assert app.dataframe[0].value["text"].tolist() == ["привет мир", "добрый день"]
    next(box for box in app.selectbox if box.label == "Encoding").select("utf-8").run()
    finished(app)
    assert "UTF-8" in error(app)
    next(box for box in app.selectbox if box.label == "Encoding").select("").run()
    finished(app)
    assert not app.error


def test_a_file_that_was_taken_away_is_not_shown(app):
    upload(app, "notes.csv", CSV)
    app.file_uploader(key="file").set_value(None).run()
    finished(app)
    assert "Choose rows" in app.info[0].value
    assert not app.metric


OTHER = "text\nпривет мир\nдобрый день\n".encode("cp1251")


def test_coming_back_shows_the_open_file_and_not_the_one_looked_at(app):
    upload(app, "old.csv", CSV)
    encode_button(app).click().run()
    finished(app)
    upload(app, "other.csv", OTHER)
    assert "Preview of other.csv · not open yet" in html_texts(app)
    app.switch_page("pages/search.py").run()
    finished(app.switch_page("pages/data.py").run())
    assert "old.csv · open" in html_texts(app)
    assert not primary(app)


def test_a_button_goes_back_to_what_is_open(app):
    upload(app, "old.csv", CSV)
    encode_button(app).click().run()
    finished(app)
    upload(app, "other.csv", OTHER)
    next(button for button in app.button if button.label.replace("\\", "") == "Back to old.csv").click().run()
    finished(app)
    assert "old.csv · open" in html_texts(app)
    assert not primary(app)
    assert not [button for button in app.button if button.label.startswith("Back to")]
    app.segmented_control[0].set_value("Pasted lines").run()
    app.text_area[0].set_value("one\ntwo").run()
    finished(app)
    next(button for button in app.button if button.label.replace("\\", "") == "Back to old.csv").click().run()
    finished(app)
    assert "old.csv · open" in html_texts(app)


def test_a_file_only_looked_at_is_there_after_another_page_with_its_encoding(app):
    upload(app, "other.csv", OTHER)
    app.switch_page("pages/search.py").run()
    finished(app.switch_page("pages/data.py").run())
    assert app.segmented_control(key="rows-from").value == "File"
    assert "Preview of other.csv · not open yet" in html_texts(app)
    assert "Read as Windows-1251 (Cyrillic)." in said(app.caption)


def encoding(app):
    return next(box for box in app.selectbox if box.label == "Encoding")


def test_a_file_that_is_open_is_read_in_another_encoding_without_being_uploaded_again(app):
    upload(app, "other.csv", OTHER)
    encode_button(app).click().run()
    finished(app)
    app.switch_page("pages/search.py").run()
    finished(app.switch_page("pages/data.py").run())
    assert encoding(app).value == "cp1251"
    encoding(app).select("koi8-r").run()
    finished(app)
    assert "Preview of other.csv · not open yet" in html_texts(app)
    assert "Read as KOI8-R (Cyrillic)." in said(app.caption)
    encoding(app).select("utf-8").run()
    finished(app)
    assert "UTF-8" in error(app)
    encoding(app).select("").run()
    finished(app)
    assert "other.csv · open" in html_texts(app)
    assert not app.error
    encoding(app).select("koi8-r").run()
    finished(app)
    app.switch_page("pages/search.py").run()
    finished(app.switch_page("pages/data.py").run())
    assert "other.csv · open" in html_texts(app)
    assert encoding(app).value == "cp1251"


def test_a_browser_that_misses_the_first_run_shows_where_the_rows_are_from():
    app = open_app("pages/data.py", corpus="medicare-faq").run()  # the second run is all that it draws
    control = app.segmented_control(key="rows-from").proto
    assert [control.options[at].content for at in control.default] == ["Sample"]
