import shutil

import numpy as np
import pytest

from explorer.ui.shell import session as sessions
from tests.app.driving import (
    button,
    encoder_choice,
    error,
    finished,
    html_texts,
    metric,
    open_app,
    open_rows,
    said,
    unescaped,
)
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
    assert open_rows(app) == "medicare-faq · 13 rows"
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
    assert open_rows(app) == "notes.csv · 5 rows"
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
    app.number_input(key="limit-many.csv-50").set_value(7).run()
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
    assert open_rows(app) == "support-tickets · 624 rows"
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
    encoder_choice(app).set_value(0).run()
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
    switch = encoder_choice(app)
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
    assert encoder_choice(app).options == ["tiny · exact"]


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
    assert open_rows(app) == "support-tickets · 624 rows"
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
    assert open_rows(app) == "support-tickets · 624 rows"
    assert "Preview of notes.csv · not open yet" in texts
    encode_button(app).click().run()
    finished(app)
    texts = html_texts(app)
    assert open_rows(app) == "notes.csv · 5 rows"
    assert "notes.csv · open" in texts


def test_coming_back_to_the_page_shows_what_is_open(app, one_browser):
    app = finished(open_app("pages/data.py"))
    upload(app, "notes.csv", CSV.replace(b"NA,b", b"NA,c"))
    next(box for box in app.selectbox if box.label == "Label column").select("price").run()
    app.number_input(key="limit-notes.csv-6").set_value(3).run()
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
        assert back.number_input(key="limit-notes.csv-6").value == 3
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
    assert open_rows(app) == "new.csv · 5 rows"
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


def test_every_page_says_which_rows_are_looked_at_and_leads_to_them(app):
    upload(app, "old.csv", CSV)
    encode_button(app).click().run()
    finished(app)
    upload(app, "other.csv", OTHER)
    assert "Preview of other.csv · not open yet" in html_texts(app)
    for page in ("data", "search", "models", "overview"):
        finished(app.switch_page(f"pages/{page}.py").run())
        assert looked_at(app) == ["Looking at other.csv, not open yet"]
    finished(app.switch_page("pages/data.py").run())
    assert "Preview of other.csv · not open yet" in html_texts(app)
    button(app, "Back to old.csv").click().run()
    assert "old.csv · open" in html_texts(finished(app))
    assert looked_at(app) == []
    app.switch_page("pages/search.py").run()
    assert looked_at(app) == []


def looked_at(app):
    links = [unescaped(link.proto.label) for link in app.get("page_link")]
    return [label for label in links if label.startswith("Looking at")]


def test_rows_looked_at_beside_others_are_not_named_when_those_are_left(app):
    upload(app, "notes.csv", CSV)
    assert looked_at(app) == ["Looking at notes.csv, not open yet"]
    finished(next(box for box in app.selectbox if box.label == "Open rows").select("medicare-faq").run())
    assert looked_at(app) == []


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
    assert "Preview of other.csv · not open yet" in html_texts(app)
    assert encoding(app).value == "koi8-r"
    finished(button(app, "Back to other.csv").click().run())
    assert "other.csv · open" in html_texts(app)
    assert encoding(app).value == "cp1251"


def test_a_browser_that_misses_the_first_run_shows_where_the_rows_are_from():
    app = open_app("pages/data.py", corpus="medicare-faq").run()  # the second run is all that it draws
    control = app.segmented_control(key="rows-from").proto
    assert [control.options[at].content for at in control.default] == ["Sample"]


def back_buttons(app):
    return [button for button in app.button if button.label.startswith("Back to")]


@pytest.mark.parametrize("place", ["File", "Pasted lines", "Hub"])
def test_while_nothing_is_chosen_yet_one_click_leads_back_to_what_is_open(app, place):
    assert not back_buttons(app)
    app.segmented_control(key="rows-from").set_value(place).run()
    finished(app)
    assert not app.metric
    (back,) = back_buttons(app)
    finished(back.click().run())
    assert "support-tickets · open" in html_texts(app)
    assert not back_buttons(app)


def test_rows_that_cannot_be_used_leave_the_way_back(app):
    upload(app, "bad.jsonl", b'{"t": "x"}\n{oops\n')
    assert error(app)
    (back,) = back_buttons(app)
    finished(back.click().run())
    assert not app.error
    assert "support-tickets · open" in html_texts(app)


def test_other_rows_opened_in_the_header_are_what_the_page_shows(app):
    upload(app, "other.csv", OTHER)
    assert "Preview of other.csv · not open yet" in html_texts(app)
    app.switch_page("pages/search.py").run()
    header = next(box for box in app.selectbox if box.label == "Open rows")
    header.set_value("medicare-faq").run()
    finished(app.switch_page("pages/data.py").run())
    assert "medicare-faq · open" in html_texts(app)
    assert metric(app, "Rows") == "13"
    assert not primary(app)


def test_encoded_rows_lead_to_the_overview_and_to_the_search(app):
    assert [link.proto.label for link in app.get("page_link")] == ["See the overview", "Search these rows"]


LONG = (
    b"text,queue\n"
    + b"".join(b"Sentence %d of the long row is here. " % n for n in range(60))
    + b",a\nshort one,b\n"
)


def split_long_texts(app, way="sentences"):
    box = next(box for box in app.get("segmented_control") if box.label == "Rows are")
    return finished(box.set_value(way).run())


def test_long_texts_are_split_into_passages_that_are_encoded_searched_and_found_again(one_browser):
    app = finished(open_app("pages/data.py"))
    upload(app, "long.csv", LONG)
    assert metric(app, "Truncated") == "1"
    assert primary(app) == ["Encode 2 rows"]
    next(box for box in app.selectbox if box.label == "Label column").select("queue").run()
    split_long_texts(app)
    assert metric(app, "Truncated") == "0"
    passages = int(metric(app, "Passages"))
    assert passages > 2
    assert "1 row of 2 has more than 254 tokens of all-MiniLM-L6-v2" in unescaped(said(app.caption))
    assert app.dataframe[0].value["source_row"].tolist() == [1] * (passages - 1) + [2]
    assert primary(app) == [f"Encode {passages} passages"]
    finished(encode_button(app).click().run())
    assert open_rows(app) == f"long.csv, passages · {passages} rows"
    parameters = dict(app.query_params)
    for back in (app.switch_page("pages/search.py").run(), open_app(**parameters)):
        finished(back.switch_page("pages/data.py").run())
        assert metric(back, "Passages") == str(passages)
        assert back.segmented_control(key="rows-from").value == "File"
        assert chosen(back) == ["text", "queue"]
        assert not primary(back)
    # Another encoder joins the open passages.
    next(box for box in back.get("segmented_control") if box.label == "Precision").set_value("float32").run()
    assert primary(finished(back)) == [f"Encode {passages} passages"]
    finished(encode_button(back).click().run())
    assert len(encoder_choice(back).options) == 2
    split_long_texts(back, "whole")
    assert metric(back, "Rows") == "2"
    assert primary(back) == ["Encode 2 rows"]


def test_windows_have_a_size_and_an_overlap(app):
    upload(app, "long.csv", LONG)
    split_long_texts(app, "windows")
    boxes = {box.label: box for box in app.number_input}
    assert boxes["Tokens in a passage, at most"].value == 254
    assert boxes["Tokens that the next one repeats"].value == 31
    before = int(metric(app, "Passages"))
    finished(boxes["Tokens in a passage, at most"].set_value(100).run())
    assert int(metric(app, "Passages")) > before
    assert {box.label: box.value for box in app.number_input}["Tokens that the next one repeats"] == 12


def test_texts_that_are_read_to_the_end_are_not_offered_to_be_split(app):
    assert "Rows are" not in [box.label for box in app.get("segmented_control")]


def test_too_many_passages_say_so(app, monkeypatch):
    from explorer.settings import settings

    upload(app, "long.csv", LONG.replace(b"here", b"there"))
    monkeypatch.setenv("EXPLORER_MAX_ROWS", "2")
    settings.cache_clear()
    split_long_texts(app)
    assert "over 2 passages" in error(app)
    assert open_rows(app) == "support-tickets · 624 rows"


MAILS = b"subject,body,queue\nRefund,Where is my money?,a\n,No subject here.,b\nHello,,a\nLast,One more.,b\n"


def test_text_columns_are_joined_and_found_again(one_browser):
    app = finished(open_app("pages/data.py"))
    upload(app, "mails.csv", MAILS)
    next(box for box in app.selectbox if box.label == "Text column").select("subject").run()
    next(box for box in app.multiselect if box.label == "Followed by").set_value(["body"]).run()
    finished(app)
    assert app.dataframe[0].value["subject + body"].tolist() == [
        "Refund\n\nWhere is my money?",
        "No subject here.",
        "Hello",
        "Last\n\nOne more.",
    ]
    assert metric(app, "Empty") == "0"
    label = next(box for box in app.selectbox if box.label == "Label column")
    assert (label.value, label.options) == ("queue", ["(none)", "queue"])
    finished(encode_button(app).click().run())
    back = finished(open_app("pages/data.py", corpus=app.query_params["corpus"]))
    assert chosen(back) == ["subject", "queue"]
    assert next(box for box in back.multiselect if box.label == "Followed by").value == ["body"]
    assert not primary(back)
    next(box for box in back.multiselect if box.label == "Followed by").set_value([]).run()
    assert metric(finished(back), "Rows") == "3"
    assert primary(back) == ["Encode 3 rows"]


def add_to_open(app, name):
    app.radio(key=f"adding-{name}").set_value("Add to the open rows").run()
    return finished(app)


MORE = b"message,team,price\nHello again,c,dear\nNA,a,9\n"


def test_a_file_is_added_to_the_open_rows_and_found_again(one_browser):
    app = finished(open_app("pages/data.py"))
    upload(app, "notes.csv", CSV.replace(b"1e5", b"1e6"))  # which no other test has encoded
    finished(encode_button(app).click().run())
    upload(app, "more.csv", MORE)
    assert metric(app, "Rows") == "2"  # other rows, unless they are to be added
    add_to_open(app, "more.csv")
    assert "Preview of notes.csv + more.csv · not open yet" in html_texts(app)
    assert (metric(app, "Rows"), metric(app, "Empty"), metric(app, "Repeated")) == ("7", "1", "2")
    assert "2 rows of more.csv follow the first 5; 1 of them repeats a text" in unescaped(said(app.caption))
    assert chosen(app) == ["message", "(none)"]
    next(box for box in app.selectbox if box.label == "Label column").select("team").run()
    shown = finished(app).dataframe[0].value
    assert shown["text"].tolist() == ["NA", "null", "007", "1e6", "NA", "Hello again", "NA"]
    assert shown["queue"].tolist() == ["a", "b", "a", "b", "b", "c", "a"]
    assert shown["source_file"].tolist() == ["notes.csv"] * 5 + ["more.csv"] * 2
    finished(encode_button(app).click().run())
    assert open_rows(app) == "notes.csv + more.csv · 7 rows"
    assert "1 text encoded, 4 encoded before" in unescaped(said(app.caption))
    parameters = dict(app.query_params)
    for back in (app.switch_page("pages/search.py").run(), open_app(**parameters)):
        finished(back.switch_page("pages/data.py").run())
        assert "notes.csv + more.csv · open" in html_texts(back)
        assert back.radio(key="adding-more.csv").value == "Add to the open rows"
        assert not primary(back)
    # What was added last can be chosen otherwise; what is added now follows all that is open.
    next(box for box in back.selectbox if box.label == "Label column").select("(none)").run()
    assert finished(back).dataframe[0].value["queue"].tolist()[-2:] == [None, None]
    back.segmented_control(key="rows-from").set_value("Pasted lines").run()
    back.text_area(key="lines").set_value("a pasted line").run()
    next(box for box in back.radio if box.label == "What becomes of the open rows").set_value(
        "Add to the open rows"
    ).run()
    assert metric(finished(back), "Rows") == "8"
    assert "Preview of notes.csv + 2 more · not open yet" in html_texts(back)


def test_lines_that_are_changed_after_they_were_added_are_added_once(one_browser):
    app = finished(open_app("pages/data.py", corpus="medicare-faq"))
    app.segmented_control(key="rows-from").set_value("Pasted lines").run()
    app.text_area(key="lines").set_value("a first line\na second one").run()
    box = next(box for box in app.radio if box.label == "What becomes of the open rows")
    box.set_value("Add to the open rows").run()
    finished(encode_button(finished(app)).click().run())
    assert metric(app, "Rows") == "15"
    app.text_area(key="lines").set_value("a first line\na second one\na third one").run()
    assert metric(finished(app), "Rows") == "16"
    assert "These rows follow the 13 rows of medicare-faq." in unescaped(said(app.caption))


def test_a_file_that_is_read_again_after_it_was_added_is_added_once(one_browser):
    app = finished(open_app("pages/data.py", corpus="medicare-faq"))
    upload(app, "old.txt", "Das Café\nDie Straße\n".encode("cp1252"))
    add_to_open(app, "old.txt")
    finished(encode_button(app).click().run())
    assert metric(app, "Rows") == "15"
    next(box for box in app.selectbox if box.label == "Encoding").select("cp1250").run()
    assert metric(finished(app), "Rows") == "15"
    upload(app, "old.txt", b"another file\nof the same name\n")
    assert metric(app, "Rows") == "17"


def test_rows_added_to_joined_columns_join_the_same(app):
    upload(app, "mails.csv", MAILS)
    next(box for box in app.selectbox if box.label == "Text column").select("subject").run()
    next(box for box in app.multiselect if box.label == "Followed by").set_value(["body"]).run()
    finished(encode_button(finished(app)).click().run())
    upload(app, "later.csv", b"body,subject\nThe text,The title\n")
    add_to_open(app, "later.csv")
    assert chosen(app)[0] == "subject"
    shown = app.dataframe[0].value
    assert shown["subject + body"].tolist()[-1] == "The title\n\nThe text"
    assert (shown["subject"].tolist()[-1], shown["body"].tolist()[-1]) == ("The title", "The text")


def test_rows_added_to_passages_are_split_as_those_are(app):
    upload(app, "long.csv", LONG)
    split_long_texts(app)
    next(box for box in app.number_input if box.label.startswith("Tokens")).set_value(100).run()
    passages = int(metric(finished(app), "Passages"))
    finished(encode_button(app).click().run())
    upload(app, "more.csv", b"text\na further row\n")
    add_to_open(app, "more.csv")
    assert "All are split into passages again" in said(app.caption)
    assert next(box for box in app.number_input if box.label.startswith("Tokens")).value == 100
    assert int(metric(app, "Passages")) == passages + 1
    finished(encode_button(app).click().run())
    assert "1 text encoded" in said(app.caption)
    assert app.dataframe[0].value["source_file"].tolist() == ["long.csv"] * passages + ["more.csv"]


def test_added_rows_are_within_the_limit_for_all(app, bound):
    bound("EXPLORER_MAX_ROWS", 626)
    upload(app, "notes.csv", CSV)
    add_to_open(app, "notes.csv")
    assert app.number_input(key="limit-notes.csv-624-2").max == 2
    assert metric(app, "Rows") == "626"
    assert "notes.csv: 2 rows of 5 with text, drawn at random" in unescaped(said(app.caption))
    bound("EXPLORER_MAX_ROWS", 624)
    assert "The open rows are 624 already" in error(finished(app))
    assert open_rows(app) == "support-tickets · 624 rows"


def test_rows_with_vectors_of_their_own_are_not_added_to(app):
    lines = b'{"text": "a", "vector": [1, 0, 0.5]}\n{"text": "b", "vector": [0, 1, 0.5]}\n'
    upload(app, "own.jsonl", lines)
    next(box for box in app.selectbox if box.label == "Vectors").select("vector").run()
    button(finished(app), "Use 2 rows").click().run()
    upload(finished(app), "notes.csv", CSV)
    add_to_open(app, "notes.csv")
    assert "own.jsonl — The rows have vectors of their own" in error(app).replace("*", "")
