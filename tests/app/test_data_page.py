import pytest

from tests.app.driving import finished, html_texts, open_app


@pytest.fixture
def app():
    return finished(open_app("pages/data.py"))


def upload(app, name, content):
    app.segmented_control(key="rows-from").set_value("File").run()
    app.file_uploader(key="file").upload(name, content, "application/octet-stream")
    return finished(app)


def metric(app, label):
    return next(element.value for element in app.metric if element.label == label)


def encode_button(app):
    return next(button for button in app.button if button.label.startswith("Encode"))


def error(app):
    assert len(app.error) == 1
    return app.error[0].value.replace("\\", "").replace("\u2060", "")


CSV = b"text,queue,price\nNA,a,1\nnull,b,2\n007,a,3\n1e5,b,4\n,a,5\nNA,b,6\n"


def test_the_first_sample_is_open_with_counts_audit_and_report(app):
    assert metric(app, "Rows") == "624"
    assert metric(app, "Empty") == "0"
    assert metric(app, "Cut off") == "0"
    captions = " ".join(element.value for element in app.caption)
    assert "nothing is lost" in captions
    assert "CC0" in captions
    assert "624 texts encoded" in captions or "624 from the cache" in captions


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


def test_rows_longer_than_the_encoder_reads_are_counted(app):
    upload(app, "long.csv", b"text\n" + b"word " * 400 + b"\nshort one\n")
    assert metric(app, "Cut off") == "1"
    captions = " ".join(element.value for element in app.caption)
    assert "1 row is longer than the 256 tokens" in captions
    assert "146 tokens" in captions
