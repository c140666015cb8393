"""What encodes the rows, as it is chosen on the data page."""

from __future__ import annotations

import json
import logging

import pytest

from explorer.encode.spec import OwnVectors
from explorer.settings import settings
from tests.app.driving import encoder_choice, finished, html_texts, open_app, said, session_of
from tests.inference_server import MODEL, Answer, LocalInference, talk_to
from tests.sentence_transformer import sentence_transformer
from tests.tiny_model import save_tiny_model

TOKEN = "hf_" + "verysecret" * 3


@pytest.fixture
def server(monkeypatch):
    from huggingface_hub import close_session

    local = LocalInference()
    talk_to(local, monkeypatch)
    monkeypatch.setenv("EXPLORER_EMBEDDING_SERVERS", f"team={local.url}")
    settings.cache_clear()
    yield local
    local.close()
    close_session()


@pytest.fixture
def app():
    return finished(open_app("pages/data.py"))


@pytest.fixture
def small():
    """The page with 13 rows open."""
    return finished(open_app("pages/data.py", corpus="medicare-faq"))


def encode_with(app, way):
    return app.segmented_control(key="encode-with-False").set_value(way).run()


def encode(app):
    next(button for button in app.button if button.label.startswith("Encode ")).click().run()
    return finished(app)


def hosted(app, provider):
    encode_with(app, "Hosted")
    app.selectbox(key="provider").select(provider).run()
    return app.text_input(key="remote-model").set_value(MODEL).run()


def test_tf_idf_needs_no_model_and_finds_by_words(app):
    encode(encode_with(app, "TF-IDF"))
    assert not app.error
    assert encoder_choice(app).options[-1] == "TF-IDF"
    app.switch_page("pages/search.py").run()
    app.text_input(key="q").set_value("refund").run()
    assert "refund" in " ".join(html_texts(app)[1:4]).lower()
    link = {name: app.query_params[name] for name in ("corpus", "model")}
    again = finished(open_app("pages/data.py", **link))
    assert encoder_choice(again).options == ["TF-IDF"]
    assert again.segmented_control(key="encode-with-False").value == "TF-IDF"


def test_a_server_of_the_hosts_encodes_rows_and_queries_and_stands_in_the_link(app, server):
    hosted(app, "team")
    assert any("in about 20 requests" in caption.value for caption in app.caption)
    encode(app)
    assert not app.error
    assert app.query_params["provider"] == ["team"] or app.query_params["provider"] == "team"
    app.switch_page("pages/search.py").run()
    app.text_input(key="q").set_value("a card").run()
    assert ["a card"] in server.asked
    assert [text for text in html_texts(app) if "<b>row</b>" in text]


def test_a_token_stays_in_its_tab_and_appears_nowhere(app, server, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    server.prepared += [Answer(503, {"error": f"{TOKEN} waits", "estimated_time": 0.1})]
    hosted(app, "hf-inference")
    app.text_input(key="hf-token").set_value(TOKEN).run()
    encode(app)
    assert not app.error
    assert set(server.tokens) == {f"Bearer {TOKEN}"}
    server.prepared += [Answer(401, {"error": f"{TOKEN} is not known"})]
    app.switch_page("pages/search.py").run()
    app.text_input(key="q").set_value("a card").run()
    assert app.error
    drawn = [*html_texts(app), *(e.value for kind in (app.error, app.caption, app.warning) for e in kind)]
    assert TOKEN not in " ".join(map(str, drawn))
    assert TOKEN not in str(dict(app.query_params))
    assert TOKEN not in caplog.text
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path

    link = {name: app.query_params[name] for name in ("corpus", "model", "provider")}
    other = open_app("pages/search.py", **link)
    finished(other)
    # The vectors are everybody's; a query would be at the cost of whoever typed the token.
    other.text_input(key="q").set_value("another query").run()
    assert "need a Hugging Face token" in other.error[0].value.replace("\\", "")
    assert ["another query"] not in server.asked
    # A token that is typed now is taken for the space that is open already.
    other.switch_page("pages/data.py").run()
    other.text_input(key="hf-token").set_value(TOKEN).run()
    finished(other).switch_page("pages/search.py").run()
    other.text_input(key="q").set_value("another query").run()
    assert not finished(other).error
    assert ["another query"] in server.asked


def test_without_a_token_an_inference_provider_says_what_is_missing_and_the_rest_stays(app, server):
    encode(hosted(app, "hf-inference"))
    assert "need a Hugging Face token" in app.error[0].value.replace("\\", "")
    assert server.asked == []
    encoder_choice(app).set_value(0).run()
    app.switch_page("pages/search.py").run()
    assert not app.error


def test_a_server_nobody_set_up_is_refused_in_a_link(server):
    app = finished(open_app("pages/search.py", provider="http://127.0.0.1:1", model="m"))
    assert "No embedding server has that name" in app.error[0].value.replace("\\", "")


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The host's model folder, as yet without a model."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(folder))
    settings.cache_clear()
    return folder


def choose_local(app, model):
    app.run()
    return app.selectbox(key="model-choice-Model").select(model).run()


@pytest.mark.slow
def test_rows_for_search_and_for_clusters_are_two_encoders_of_one_model(small, models):
    save_tiny_model(models / "e5-small-v2")
    choose_local(small, "e5-small-v2")
    assert "“passage: ” before each row, “query: ” before each query, from its model card" in said(
        small.caption
    )
    encode(small)
    assert "task" not in small.query_params
    small.segmented_control(key="prompts-e5-small-v2-True").set_value("clustering").run()
    assert "“query: ” before each row, “query: ” before each query" in said(small.caption)
    encode(small)
    assert not small.error
    assert encoder_choice(small).options[-2:] == [
        "e5-small-v2 · fast",
        "e5-small-v2 · fast · for clusters and maps",
    ]
    *_, search, clusters = small.session_state["explorer-session"].spaces.values()
    assert (search.encoder.prompt, search.encoder.query_prompt) == ("passage: ", "query: ")
    assert (clusters.encoder.prompt, clusters.encoder.query_prompt) == ("query: ", "query: ")
    link = {name: small.query_params[name] for name in ("corpus", "model", "task")}
    again = finished(open_app("pages/data.py", **link))
    assert again.segmented_control(key="prompts-e5-small-v2-True").value == "clustering"
    assert "“query: ” before rows, “query: ” before queries" in said(again.caption)


def test_custom_prompts_keep_line_breaks_and_may_be_empty(small, models):
    save_tiny_model(models / "multilingual-e5-large-instruct")
    choose_local(small, "multilingual-e5-large-instruct")
    control = small.segmented_control(key="prompts-multilingual-e5-large-instruct-False")
    assert control.options == ["Default", "Custom"]
    control.set_value("custom").run()
    queries = small.text_area(key="prompt-queries-multilingual-e5-large-instruct")
    assert queries.value.endswith("the query\nQuery: ")
    queries.set_value("").run()
    encode(small)
    assert small.query_params["query_prompt"] in ("", [""])
    assert small.session_state["explorer-session"].encoder.query_prompt == ""
    assert "before queries" not in said(small.caption)


def test_a_link_for_clusters_to_a_model_without_such_prompts_offers_to_encode_nothing_again():
    app = finished(open_app("pages/data.py", corpus="medicare-faq", task="clustering"))
    assert app.segmented_control(key="prompts-sentence-transformers/all-MiniLM-L6-v2-False").value == "search"
    assert not [button for button in app.button if button.label.startswith("Encode ")]


def test_a_prompt_longer_than_its_field_is_used_in_full_unless_it_is_changed(small, models):
    long = "find " * 150
    save_tiny_model(models / "wordy", prompts={"query": long})
    choose_local(small, "wordy")
    small.segmented_control(key="prompts-wordy-False").set_value("custom").run()
    assert small.text_area(key="prompt-queries-wordy").value == long[:500]
    encode(small)
    assert not small.error
    assert small.session_state["explorer-session"].encoder.query_prompt is None
    assert list(small.session_state["explorer-session"].spaces.values())[-1].encoder.query_prompt == long


def test_unused_instructions_are_listed_and_escaped(small, models):
    prompts = {"s2p_query": "Instruct: …", "<b>s2s</b> *query*": "Instruct: …"}
    save_tiny_model(models / "stella", prompts=prompts)
    choose_local(small, "stella")
    assert "“s2p_query”" in small.warning[0].value.replace("\\", "")
    assert "<b>" not in small.warning[0].value


def test_a_hosted_model_gets_the_prompts_of_its_family(small, server):
    hosted(small, "team")
    assert "Its own files are read on the Hub when the rows are encoded" in said(small.caption)
    small.text_input(key="remote-model").set_value("nomic-embed-text:v1.5").run()
    assert "“search_document: ” before each row, “search_query: ” before each query" in said(small.caption)
    encode(small)
    assert not small.error
    rows = [text for texts in server.asked for text in texts if text.startswith("search_document: ")]
    assert len(rows) == 13
    small.switch_page("pages/search.py").run()
    small.text_input(key="q").set_value("a card").run()
    assert ["search_query: a card"] in server.asked
    small.switch_page("pages/data.py").run()
    assert "“search_document: ” before rows, “search_query: ” before queries" in said(small.caption)


def test_tokens_are_counted_with_the_prompt_that_is_used(app, models):
    save_tiny_model(models / "prompted", prompts={"document": "the cat sat on the mat please help my dog"})
    save_tiny_model(models / "plain")
    choose_local(app, "plain")
    before = finished(app).metric[3].value
    choose_local(app, "prompted")
    assert int(finished(app).metric[3].value.replace(",", "")) > int(before.replace(",", ""))


def test_vectors_in_the_rows_are_used_without_a_model_of_queries(app):
    rows = [{"text": f"row {number}", "vector": [1.0, number, 0.5]} for number in range(3)]
    content = "\n".join(map(json.dumps, rows)).encode()
    app.segmented_control(key="rows-from").set_value("File").run()
    app.file_uploader(key="file").upload("rows.jsonl", content, "application/octet-stream").run()
    finished(app)
    app.selectbox(key="vectors-rows.jsonl").select("vector").run()
    choice = app.segmented_control(key="encode-with-True")
    assert choice.options == ["Vectors in the rows", "Local", "Hosted", "TF-IDF"]
    assert choice.value == "Vectors in the rows"
    app.selectbox(key="model-choice-Query model").select("Unknown").run()
    next(button for button in app.button if button.label == "Use 3 rows").click().run()
    finished(app)
    assert not app.error
    assert encoder_choice(app).options == ["vectors in the rows"]
    assert dict(app.query_params)["vectors"] in ("own", ["own"])
    assert session_of(app).encoder == OwnVectors()
    assert not [button for button in app.button if button.label.startswith("Use ")]


def test_the_models_own_prompts_are_used_for_rows_and_queries(tiny_model, cache):
    import numpy as np

    import explorer

    texts = ["the cat sat on the mat", "my order is late", "please help"]
    space = explorer.embed(texts, str(tiny_model), precision="float32")
    model = sentence_transformer(tiny_model)
    np.testing.assert_allclose(space.vectors, model.encode_document(texts), atol=1e-6)
    np.testing.assert_allclose(space.encoder.encode_queries(texts), model.encode_query(texts), atol=1e-6)
    assert np.abs(model.encode_query(texts) - model.encode(texts)).max() > 1e-3
