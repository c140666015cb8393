import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from explorer.data.samples import open_sample
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.report import EncodeReport
from explorer.encode.time_estimate import estimate_time
from explorer.hub.models_on_disk import details_on_disk
from explorer.hub.starters import STARTERS
from explorer.jobs.registry import registry
from explorer.settings import settings
from tests.app.driving import (
    button,
    driven_until,
    encoder_choice,
    finished,
    html_texts,
    labels,
    open_app,
    progress_lines,
    said,
    unescaped,
    with_open,
)
from tests.hub.conftest import MODEL_FACTS
from tests.hub_server import COMMIT, EVERYTHING, LocalHub, impatient, talk_to
from tests.tiny_architectures import ARCHITECTURES
from tests.tiny_model import save_tiny_model

HOSTILE = "<script>window.hurt = 1</script> **not bold** [no](javascript:alert(1))"
FACTS = {
    **MODEL_FACTS,
    "safetensors": {"parameters": {"F32": 12_000}, "total": 12_000},
    "tags": ["sentence-transformers", "safetensors", "en", "license:mit"],
}
BUNDLED = "all-MiniLM-L6-v2 · comes with Explorer :green-badge[in use]"
OUT_OF_REACH = "The Hugging Face Hub cannot be reached"


@pytest.fixture(autouse=True)
def _no_answers_of_other_tests():
    registry.cache_clear()


@pytest.fixture
def hub(monkeypatch, tmp_path, tiny_model, nothing_loaded):
    """A Hub with `tiny/model`, a copy that a test may change, and `big/model`, which is not.

    Engines are known by their commit, and this Hub has one commit for all models.
    """
    server = LocalHub()
    server.repositories["tiny/model"] = shutil.copytree(tiny_model, tmp_path / "served")
    server.repositories["big/model"] = tiny_model
    server.facts["tiny/model"] = FACTS
    server.facts["big/model"] = {**FACTS, "downloads": 9, "safetensors": {"total": 7_000_000_000}}
    talk_to(server, monkeypatch, tmp_path / "hub-cache")
    yield server
    server.close()


@pytest.fixture
def no_hub(monkeypatch, tmp_path):
    server = LocalHub()
    talk_to(server, monkeypatch, tmp_path / "hub-cache")
    server.close()


def models():
    return finished(open_app("pages/models.py"))


def opened(name, **parameters):
    app = open_app("pages/models.py", **parameters)
    app.query_params["model-id"] = name
    return finished(app.run())


def found(app):
    return app.dataframe[0].value["id"].tolist()


def encoders(app):
    return encoder_choice(app).options


def nothing_to_press(app):
    return not [label for label in labels(app) if label.startswith(("Use it", "Download"))]


def test_a_starter_opens_by_its_button_and_the_page_says_that_it_is_in_use(no_hub):
    app = models()
    app.button(key=f"starter-{BUNDLED_MODEL}").click().run()
    app = finished(app)
    assert app.query_params["model-id"] in (BUNDLED_MODEL, [BUNDLED_MODEL])
    assert "in use" in said(app.markdown)
    assert "Revision" in [box.label for box in app.text_input]
    other = next(starter.id for starter in STARTERS if starter.id != BUNDLED_MODEL)
    assert "in use" not in said(opened(other).markdown)


def test_what_is_on_this_machine_and_good_starts_are_seen_with_no_click(hub, tiny_model, monkeypatch):
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tiny_model.parent))
    settings.cache_clear()
    app = models()
    seen = labels(app)
    assert seen.index(BUNDLED) < seen.index("tiny · folder of this server")
    starters = [unescaped(text.value).partition("\n")[0].replace("**", "") for text in app.markdown]
    assert "Many languages · granite-embedding-97m-multilingual-r2" in starters
    assert "Small and quick · all-MiniLM-L6-v2 :green-badge[in use]" in starters
    assert sum("in use" in text for text in [*seen, *starters]) == 2
    assert found(app) == ["tiny/model", "big/model"]
    row = app.dataframe[0].value.iloc[0]
    assert (row["parameters"], row["downloads"], row["likes"]) == (12_000, 1234, 56)
    assert (row["licence"], row["languages"], row["author"]) == ("mit", "en", "tiny")


def test_filters_and_words_narrow_the_search(hub):
    app = with_open(models(), "models-filters")
    app.selectbox(key="models-size").select("30 M").run()
    assert found(finished(app)) == ["tiny/model"]
    assert "up to 30 M parameters" in said(app.caption)
    app.selectbox(key="models-size").select("any").run()
    app.text_input(key="models-search").set_value("big").run()
    assert found(finished(app)) == ["big/model"]
    app.text_input(key="models-search").set_value("nothing like it").run()
    assert "No models match" in said(finished(app).info)


def test_gated_models_are_listed_on_request(hub):
    hub.gated.add("big/model")
    app = models()
    assert found(app) == ["tiny/model"]
    with_open(app, "models-filters").toggle(key="models-gated").set_value(True).run()
    assert found(finished(app)) == ["tiny/model", "big/model"]
    app.session_state["models-filters"] = False
    assert found(finished(app)) == ["tiny/model", "big/model"]
    assert "including gated" in said(app.caption)
    assert with_open(app, "models-filters").toggle(key="models-gated").value


def test_a_typed_id_is_opened_downloaded_and_encodes_the_rows(hub):
    app = models()
    app.text_input(key="models-search").set_value("tiny/model").run()
    button(app, "Open tiny/model").click().run()
    finished(app)
    assert app.query_params["model-id"] == "tiny/model"
    facts = " ".join(html_texts(app))
    assert "12 tokens; longer texts are truncated" in facts
    assert COMMIT in facts
    assert "document: " in facts
    assert "estimate" in said(app.caption)
    button(app, "Download").click().run()
    finished(app)
    assert "This model encodes your rows" in said(app.success)
    assert encoders(app) == ["all-MiniLM-L6-v2 · fast", "tiny/model · fast"]
    assert (app.query_params["model"], app.query_params["revision"]) == ("tiny/model", COMMIT)
    app.switch_page("pages/search.py").run()
    app.text_input(key="q").set_value("refund my order").run()
    assert [text for text in html_texts(finished(app)) if "<b>row</b>" in text]


def test_a_model_on_disk_is_used_without_download_and_without_the_hub(hub):
    app = opened("tiny/model")
    button(app, "Download").click().run()
    finished(app)
    hub.close()
    registry.cache_clear()
    app = opened("tiny/model")
    assert said(app.info).count(OUT_OF_REACH) == 1
    assert "16" in " ".join(html_texts(app))
    before = len(hub.requests)
    button(app, "Use it").click().run()
    finished(app)
    assert "This model encodes your rows" in said(app.success)
    assert app.query_params["revision"] == COMMIT
    assert len(hub.requests) == before
    assert not app.error


@pytest.mark.usefixtures("no_hub")
def test_without_the_hub_the_page_says_so_once_and_shows_what_is_here():
    app = models()
    assert (said(app.info) + said(app.error)).count(OUT_OF_REACH) == 1
    assert BUNDLED in labels(app)
    button(app, "all-MiniLM-L6-v2").click().run()
    finished(app)
    assert "This model encodes your rows" in said(app.success)
    assert said(app.info).count(OUT_OF_REACH) == 1


@pytest.mark.usefixtures("no_hub")
def test_that_the_hub_is_out_of_reach_is_no_alarm_however_long_ago_it_was_found(monkeypatch):
    monkeypatch.setattr("explorer.hub.contact._PAUSE_SECONDS", 0.0)
    app = opened("nobody/nothing")
    assert said(app.info).count(OUT_OF_REACH) == 1
    assert not app.error


@pytest.mark.usefixtures("no_hub")
def test_without_the_hub_a_model_that_is_not_here_cannot_be_had():
    app = opened("nobody/nothing")
    assert (said(app.info) + said(app.error)).count(OUT_OF_REACH) == 1
    assert nothing_to_press(app)
    assert encoders(app) == ["all-MiniLM-L6-v2 · fast"]


def _pickle_only(folder, hub):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _own_module(folder, hub):
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "custom_st.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))


def _custom_code(folder, hub):
    hub.facts["tiny/model"] = {**FACTS, "tags": [*FACTS["tags"], "custom_code"]}


def _gated(folder, hub):
    hub.gated.add("tiny/model")


def _large(folder, hub):
    with (folder / "model.safetensors").open("ab") as file:
        file.truncate(2_000_000)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (_pickle_only, "EXPLORER_ALLOW_PICKLE"),
        (_own_module, "EXPLORER_ALLOW_REMOTE_CODE"),
        (_custom_code, "needs custom code"),
        (_gated, "It is gated"),
        (_large, "downloads up to 1 MB"),
    ],
)
def test_a_model_that_cannot_be_used_says_why_and_has_no_button(hub, monkeypatch, fault, reason):
    monkeypatch.setenv("EXPLORER_MAX_MODEL_MB", "1")
    settings.cache_clear()
    fault(hub.repositories["tiny/model"], hub)
    app = opened("tiny/model")
    assert reason in said(app.warning)
    assert nothing_to_press(app)
    assert encoders(app) == ["all-MiniLM-L6-v2 · fast"]
    terms = [
        link.proto.url for link in app.get("link_button") if link.proto.label == "Read the terms on the Hub"
    ]
    assert terms == ([f"{hub.url}/tiny/model"] if fault is _gated else [])


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("limited", "Try again in 60 seconds"),
        ("failing", "status 500"),
        ("silent", OUT_OF_REACH),
        ("nonsense", "other than the Hub"),
    ],
)
def test_a_hub_that_fails_says_how_on_the_list_and_on_a_model(hub, monkeypatch, fault, message):
    getattr(hub, fault).add(EVERYTHING)
    if fault == "silent":
        impatient(monkeypatch)
    app = models()
    assert message in said(app.info) + said(app.error)
    assert BUNDLED in labels(app)
    app = opened("tiny/model")
    assert message in said(app.info) + said(app.error)
    assert nothing_to_press(app)
    assert encoders(app) == ["all-MiniLM-L6-v2 · fast"]


def test_a_download_that_breaks_off_leaves_the_session_and_can_be_tried_again(hub):
    app = opened("tiny/model")
    hub.broken_files.add("model.safetensors")
    button(app, "Download").click().run()
    finished(app)
    assert "interrupted" in said(app.error)
    assert encoders(app) == ["all-MiniLM-L6-v2 · fast"]
    assert "model" not in app.query_params
    hub.broken_files.clear()
    button(app, "Download").click().run()
    finished(app)
    assert not app.error
    assert app.query_params["model"] == "tiny/model"


@pytest.mark.usefixtures("hasty_pages")
def test_a_download_can_be_cancelled(hub):
    app = opened("tiny/model")
    hub.paused_files.add("model.safetensors")
    button(app, "Download").click().run()
    driven_until(app, lambda: any("kB" in line for line in progress_lines(app)))
    assert any("Downloading tiny/model" in text for text in html_texts(app))
    assert nothing_to_press(app)
    button(app, "Cancel").click().run()
    hub.closed.set()
    finished(app)
    assert "was stopped" in said(app.info)
    assert encoders(app) == ["all-MiniLM-L6-v2 · fast"]
    assert not nothing_to_press(app)


def test_a_model_that_turns_out_unable_to_encode_is_taken_back(hub):
    folder = hub.repositories["broken/model"] = hub.repositories["tiny/model"]
    (folder / "tokenizer.json").write_text("{}")
    app = opened("broken/model")
    button(app, "Download").click().run()
    finished(app)
    assert app.error
    assert "still encoded by the previous model" in said(app.caption)
    assert encoders(app) == ["all-MiniLM-L6-v2 · fast"]
    assert "model" not in app.query_params
    button(app, "All models").click().run()
    assert not finished(app).error


def test_the_prompts_of_a_family_are_used_unless_somebody_objects(hub, tmp_path):
    hub.repositories["intfloat/e5-small-v2"] = save_tiny_model(tmp_path / "e5")
    app = opened("intfloat/e5-small-v2")
    assert "one prompt before queries" in said(app.caption)
    button(app, "Download").click().run()
    finished(app)
    assert "“passage: ” before rows, “query: ” before queries" in said(app.caption)
    assert "prompt" not in app.query_params
    app.checkbox(key="model-prompts-intfloat/e5-small-v2").uncheck().run()
    button(app, "Use it").click().run()
    finished(app)
    assert (app.query_params["prompt"], app.query_params["query_prompt"]) == ("", "")
    assert "before rows, “query: ” before queries" not in said(app.caption)


def test_a_revision_can_be_pinned_and_a_wrong_one_is_named(hub):
    app = opened("tiny/model")
    app.text_input(key="model-revision-tiny/model").set_value("nowhere").run()
    assert "no such revision" in said(finished(app).error)
    assert nothing_to_press(app)
    app.text_input(key="model-revision-tiny/model").set_value(COMMIT).run()
    assert not nothing_to_press(finished(app))


def test_what_strangers_wrote_is_inert(hub):
    folder = hub.repositories["tiny/model"]
    (folder / "README.md").write_text(f"# Card\n\n{HOSTILE}\n\n<img src=x onerror='window.hurt = 1'>")
    settings_file = folder / "config_sentence_transformers.json"
    settings_file.write_text(json.dumps({"prompts": {HOSTILE: HOSTILE}}))
    scores = [{"task": {"type": "STS"}, "dataset": {"name": f"MTEB {HOSTILE}"},
               "metrics": [{"type": "cos_sim_spearman", "value": 12.5}]}]  # fmt: skip
    hub.facts["tiny/model"] = {
        **FACTS,
        "author": HOSTILE,
        "pipeline_tag": HOSTILE,
        "tags": [HOSTILE, f"license:{HOSTILE}", f"base_model:{HOSTILE}"],
        "model-index": [{"results": scores}],
    }
    app = opened("tiny/model")
    drawn = " ".join(html_texts(app))
    assert "Card" in drawn
    assert "&lt;script&gt;" in drawn
    assert not [bad for bad in ("<script", "<img", 'href="javascript') if bad in drawn]
    assert not [text for text in [*app.markdown, *app.caption] if "**not bold**" in text.value]


def test_many_and_long_prompts_are_shortened(hub):
    settings_file = hub.repositories["tiny/model"] / "config_sentence_transformers.json"
    settings_file.write_text(json.dumps({"prompts": {f"task{i}": f"{i} " + "x" * 1500 for i in range(70)}}))
    app = opened("tiny/model")
    drawn = " ".join(html_texts(app))
    assert "task11" in drawn
    assert "task12" not in drawn
    assert "x" * 301 not in drawn
    assert "And 58 more." in said(app.caption)


@pytest.mark.parametrize("name", ["/etc", "../..", "~", "explorer/data", "x" * 300, "a\nb", "<b>x</b>"])
def test_a_link_to_no_model_says_so(hub, name):
    app = opened(name)
    assert app.error
    assert nothing_to_press(app)
    button(app, "All models").click().run()
    assert found(finished(app)) == ["tiny/model", "big/model"]


def test_the_estimate_follows_parameters_tokens_and_what_this_machine_measured(tiny_model):
    corpus = open_sample("medicare-faq")
    tiny = details_on_disk("tiny", tiny_model, "")
    report = EncodeReport(13, 13, 0, 13, 26.0, "", "float32", None)
    same = estimate_time(tiny, corpus, (tiny, report))
    assert same.seconds == pytest.approx(26.0)
    assert "tiny took 26.0 s" in same.basis
    half = EncodeReport(13, 13, 7, 6, 12.0, "", "float32", None)
    assert estimate_time(tiny, corpus, (tiny, half)).seconds == pytest.approx(26.0)
    unmeasured = estimate_time(tiny, corpus, None)
    assert unmeasured.seconds < 1
    assert "Too few texts have been encoded" in unmeasured.basis


def test_facts_on_disk_are_the_models_own(tiny_model):
    from explorer.encode.models import find_model

    tiny = details_on_disk("tiny", tiny_model, "abc")
    assert (tiny.dims, tiny.max_length, tiny.pooling) == (16, 12, "mean")
    assert tiny.prompts["query"] == "query: "
    bundled = details_on_disk(BUNDLED_MODEL, find_model(BUNDLED_MODEL).folder, "")
    assert 22_000_000 < bundled.listing.parameters < 23_000_000
    assert bundled.table_parameters == 30_522 * 384
    assert bundled.active_parameters == bundled.listing.parameters - 30_522 * 384


def test_a_gated_model_is_used_where_the_hub_gives_it(hub):
    hub.facts["tiny/model"] = {**FACTS, "gated": "manual"}
    app = opened("tiny/model")
    assert f"{hub.url}/tiny/model" in [link.proto.url for link in app.get("link_button")]
    button(app, "Download").click().run()
    finished(app)
    assert "This model encodes your rows" in said(app.success)


def test_a_refused_download_is_reported_with_a_link_to_the_terms(hub):
    hub.facts["tiny/model"] = {**FACTS, "gated": "auto"}
    app = opened("tiny/model")
    hub.gated.add("tiny/model")
    button(app, "Download").click().run()
    finished(app)
    assert "It is gated" in said(app.error)
    urls = [
        link.proto.url for link in app.get("link_button") if link.proto.label == "Read the terms on the Hub"
    ]
    assert urls
    assert set(urls) == {f"{hub.url}/tiny/model"}
    assert encoders(app) == ["all-MiniLM-L6-v2 · fast"]


def test_facts_for_experts_are_on_the_page(hub):
    folder = hub.repositories["tiny/model"]
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"0")
    file = folder / "config_sentence_transformers.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "similarity_fn_name": "dot"}))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "matryoshka_dimensions": [16, 8, 4]}))
    hub.facts["tiny/model"] = {
        **FACTS,
        "cardData": {"license": "other", "license_name": "acme-nc", "license_link": "LICENSE",
                     "datasets": ["mteb/stsbenchmark"], "new_version": "big/model",
                     "base_model": ["a/one", "b/two"]},
        "evalResults": [
            {"data": {"dataset": {"id": "mteb/x", "task_id": "x"}, "value": 0.5}, "verified": True}],
        "inferenceProviderMapping": {
            "hf-inference": {"status": "live", "providerId": "t", "task": "feature-extraction"}},
    }  # fmt: skip
    app = opened("tiny/model")
    facts = " ".join(html_texts(app))
    for fact in (
        f'<a href="{hub.url}/tiny/model/blob/{COMMIT}/LICENSE"',
        "acme-nc</a> · <b>non-commercial use only</b>",
        "16; can be truncated to 8, 4 (Matryoshka)",
        "dot product",
        "mteb/stsbenchmark",
        "a/one, b/two",
        "hf-inference (feature-extraction)",
        "ONNX",
    ):
        assert fact in facts
    assert "non-commercial use only" in said(app.markdown)
    results = app.dataframe[0].value
    assert results[["Benchmark", "Score", "Verified", "Source"]].values.tolist() == [
        ["mteb/x", 50.0, True, "model repository"]
    ]
    assert any("active" in metric.delta for metric in app.metric)
    assert "a newer version: big/model" in said(app.info)
    button(app, "Open big/model").click().run()
    assert finished(app).query_params["model-id"] == "big/model"


def test_a_model_trained_on_the_open_rows_has_a_warning():
    def page():
        from dataclasses import replace
        from pathlib import Path

        import streamlit as st

        import explorer
        from explorer.data.corpus import HubOrigin
        from explorer.encode.model_facts import ModelFacts
        from explorer.hub.models_on_disk import details_on_disk
        from explorer.ui.models.about import show_about

        details = details_on_disk("a/b", Path(st.query_params["folder"]), "")
        details = replace(details, training_datasets=("mteb/STSbenchmark", "x"))
        origin = HubOrigin(st.query_params["dataset"], "default", "train", "c", None, 0)
        corpus = replace(explorer.open_corpus(["a text"]), origin=origin)
        show_about(ModelFacts("a/b", None, details, from_hub=False), corpus)

    from explorer.encode.models import find_model

    for dataset, words in (("mteb/stsbenchmark", "as training data"), ("mteb/other", "")):
        app = AppTest.from_function(page)
        app.query_params["folder"] = str(find_model(BUNDLED_MODEL).folder)
        app.query_params["dataset"] = dataset
        app.run()
        assert not app.exception
        assert bool(app.warning) == bool(words)
        assert words in said(app.warning)


def test_a_static_model_reads_any_length_and_takes_the_time_of_tokenizing(hub, tmp_path):
    hub.repositories["tiny/static"] = ARCHITECTURES["static"](tmp_path / "static")
    app = opened("tiny/static")
    facts = " ".join(html_texts(app))
    assert "no limit" in facts
    assert "(static)" in facts
    assert "A static model computes next to nothing" in said(app.caption)
    button(app, "Download").click().run()
    finished(app)
    assert "This model encodes your rows" in said(app.success)
    assert "OpenVINO" not in said(app.caption) + " ".join(html_texts(app))


def test_no_time_is_derived_from_what_a_static_model_took(tiny_model, tmp_path):
    corpus = open_sample("medicare-faq")
    tiny = details_on_disk("tiny", tiny_model, "")
    static = details_on_disk("static", ARCHITECTURES["static"](tmp_path / "static"), "")
    report = EncodeReport(13, 13, 0, 13, 26.0, "", "float32", None)
    assert estimate_time(tiny, corpus, (static, report)) == estimate_time(tiny, corpus, None)
    assert 0 < estimate_time(static, corpus, None).seconds < 1


def test_a_link_whose_rows_are_gone_shows_the_models_and_nothing_of_other_rows(no_hub):
    app = finished(open_app("pages/models.py", corpus="0123456789ab"))
    assert "only the browser that opened them" in said(app.warning)
    assert BUNDLED.removesuffix(" :green-badge[in use]") in labels(app)
    assert all(starter.id.rpartition("/")[2] in said(app.markdown) for starter in STARTERS)
    assert not any("Test" in part.label for part in app.expander)
    button(app, "all-MiniLM-L6-v2").click()
    finished(app.run())
    assert "only the browser that opened them" in said(app.warning)
    assert [metric.label for metric in app.metric] == ["Parameters", "Download", "Memory"]
    assert "Open rows to use it." in said(app.caption)
    assert not any(label.startswith(("Use it", "Download")) for label in labels(app))
    button(app, "Show a sample").click()
    assert "This model encodes your rows" in said(finished(app.run()).success)
