"""A space is saved, and opened again as the same space."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import explorer
from explorer.analysis.space_files import WRITERS, saved_corpus, saved_line
from explorer.data.formats.files import read_file
from explorer.data.space_files import facts
from explorer.encode import models, opening
from explorer.encode.saved_encoder import saved_encoder
from explorer.encode.spec import LocalModel, OwnVectors, Tfidf
from explorer.errors import (
    DataError,
    NotEnoughMemoryError,
    NotTrackedError,
    QueryError,
    TooLargeError,
    TrackingError,
    TrackingSilentError,
    UnreadableFileError,
)
from explorer.settings import settings
from tests.conftest import ROOT
from tests.data.failing import failure, outcome
from tests.inference_server import MODEL, LocalInference, by_another_model, talk_to
from tests.tiny_model import save_tiny_model

QUERY = "How can Medicare help me?"
TEXTS = ["a red bicycle", "an apple", "a parcel that came late", "the sea at night"]
ENDINGS = list(WRITERS)


@pytest.fixture
def faq(prepared, tmp_path):
    shutil.copytree(prepared.vectors(), tmp_path / "cache", dirs_exist_ok=True)
    return explorer.embed("medicare-faq", precision="float32")


@pytest.fixture
def words():
    return explorer.embed(TEXTS, "tfidf")


def hits(space, query=QUERY, k=5):
    return [(hit.row, pytest.approx(hit.score, abs=1e-6)) for hit in space.search(query, k=k)]


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_tutorials_hits_come_out_after_every_format(ending, faq, published, tmp_path):
    faq.save(tmp_path / f"faq{ending}")
    opened = explorer.open_space(tmp_path / f"faq{ending}")
    found = opened.search(QUERY, k=5)
    for hit, wanted in zip(found, published["published"]["hits"], strict=True):
        assert hit.row == wanted["corpus_id"]
        assert hit.score == pytest.approx(wanted["score"], abs=1e-5)
    assert opened.vectors.shape == tuple(published["published"]["shape"])
    assert opened.vectors.tobytes() == faq.vectors.tobytes()
    assert opened.report.encoded == 0
    assert opened.similar_to(0, k=3) == faq.similar_to(0, k=3)


def test_the_tutorials_file_of_numbers_alone_is_written_and_opened_with_its_texts(faq, published, tmp_path):
    path = tmp_path / "embeddings.csv"
    faq.save(path, vectors_only=True)
    frame = pd.read_csv(path)
    assert list(frame.columns) == [str(place) for place in range(384)]
    assert frame.iloc[0, :3].tolist() == pytest.approx(published["published"]["first_row_head"], abs=1e-6)
    frame.to_csv(tmp_path / "by-pandas.csv", index=False)
    for name in ("embeddings.csv", "by-pandas.csv"):
        opened = explorer.open_space(tmp_path / name, texts=faq.corpus.texts, model=faq.spec.model)
        assert np.allclose(opened.vectors, faq.vectors, atol=1e-6)
        assert [row for row, _ in hits(opened)] == [8, 7, 3, 9, 10]
    unknown = explorer.open_space(path, texts=faq.corpus.texts)
    assert len(unknown.similar_to(0, k=2)) == 2
    assert "texts=" in failure(UnreadableFileError, explorer.open_space, path).fix


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "derive",
    [
        lambda space: space.truncate(64),
        lambda space: space.reduce(5),
        lambda space: space.center().quantize("int8"),
        lambda space: space.truncate(128).reduce(8).quantize("binary"),
    ],
)
def test_a_derived_space_takes_its_queries_with_it(derive, ending, faq, tmp_path):
    before = derive(faq)
    before.save(tmp_path / f"s{ending}")
    after = explorer.open_space(tmp_path / f"s{ending}")
    assert after.vectors.tobytes() == before.vectors.tobytes()
    assert hits(after) == hits(before)
    assert [step.name for step in after.transforms] == [step.name for step in before.transforms]
    assert after.bytes_per_vector == before.bytes_per_vector
    after.save(tmp_path / f"again{ending}")
    assert hits(explorer.open_space(tmp_path / f"again{ending}")) == hits(before)


@pytest.mark.parametrize("ending", ENDINGS)
def test_tfidf_is_fitted_again_for_queries(ending, words, tmp_path):
    words.save(tmp_path / f"s{ending}")
    opened = explorer.open_space(tmp_path / f"s{ending}")
    assert opened.spec == OwnVectors(Tfidf())
    assert hits(opened, "late parcel") == hits(words, "late parcel")


def test_rows_labels_passages_and_added_files_come_back(tmp_path):
    rows = {"body": ["One. Two three four. Five six seven.", "Eight."], "kind": ["a", None], "n": [1, 2]}
    corpus = explorer.open_corpus(rows, text="body", label="kind", name="rows.csv")
    more = explorer.open_corpus({"body": ["Nine"], "n": [3]}, text="body", label=None, name="more.csv")
    passages = explorer.split_passages(corpus, size=3)
    for before in (corpus, passages, explorer.add_rows(corpus, more), corpus.take(np.array([1]))):
        explorer.embed(before, "tfidf").save(tmp_path / "s.parquet")
        after = explorer.open_space(tmp_path / "s.parquet").corpus
        assert after.table.equals(before.table)
        assert after.labels == before.labels
        for field in ("name", "text", "label", "notes", "total_rows", "empty_rows", "file_column"):
            assert getattr(after, field) == getattr(before, field)
        assert after.source_rows.tolist() == before.source_rows.tolist()
        assert after.row_name(0) == before.row_name(0)


def test_a_file_is_read_by_another_process_as_by_this_one(words, tmp_path):
    from explorer.data.uploads.bounded import read_bounded

    words.save(tmp_path / "s.npz")
    content = (tmp_path / "s.npz").read_bytes()
    here, there = (saved_corpus(read(content, "s.npz")) for read in (read_file, read_bounded))
    assert there.fingerprint == here.fingerprint
    assert saved_line(there) == saved_line(here)
    assert "TF-IDF" in saved_line(here)


def test_a_model_in_a_folder_is_named_without_its_path_and_found_again(tmp_path, monkeypatch):
    folder = save_tiny_model(tmp_path / "private" / "mine")
    space = explorer.embed(TEXTS, str(folder), precision="float32", query_prompt="query: ")
    path = tmp_path / "s.parquet"
    space.save(path)
    assert str(tmp_path).encode() not in path.read_bytes()
    without = explorer.open_space(path)
    assert without.spec == OwnVectors()
    assert "mine" in without.report.notes[-1]
    assert "mine" in failure(QueryError, without.search, "x").what
    assert without.similarity_metric == space.similarity_metric
    assert len(without.similar_to(0, k=2)) == 2
    assert without.cluster(k=2).labels.shape == (4,)
    assert hits(explorer.open_space(path, model=str(folder)), "a bike") == hits(space, "a bike")
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(folder.parent))
    settings.cache_clear()
    again = explorer.open_space(path)
    assert hits(again, "a bike") == hits(space, "a bike")
    assert again.query_prompt == "query: "


def test_a_model_with_other_weights_under_the_same_name_gives_no_queries(tmp_path):
    space = explorer.embed(TEXTS, str(save_tiny_model(tmp_path / "mine")), precision="float32")
    space.save(tmp_path / "s.npz")
    other = save_tiny_model(tmp_path / "other" / "mine", seed=1)
    opened = explorer.open_space(tmp_path / "s.npz", model=str(other))
    assert "weights differ" in opened.report.notes[-1]
    assert "weights differ" in failure(QueryError, opened.search, "x").what
    assert opened.vectors.tobytes() == space.vectors.tobytes()
    opened.save(tmp_path / "again.npz")
    assert hits(explorer.open_space(tmp_path / "again.npz", model=str(tmp_path / "mine")), "a") == hits(
        space, "a"
    )


def with_facts(path, change):
    """The bytes of a saved Parquet file whose facts were changed."""
    table = pq.read_table(path)
    about = json.loads(pq.ParquetFile(path).metadata.metadata[facts.KEY.encode()])
    change(about)
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({facts.KEY: json.dumps(about)}), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    "model", ["../../etc", "/etc", "~root", "a b", "https://example.org/x", "nobody/has-this", "\x00"]
)
def test_a_strangers_file_opens_no_folder_and_maps_all_the_same(model, faq, tmp_path):
    faq.save(tmp_path / "s.parquet")

    def change(about):
        about["encoder"]["spec"]["model"] = model

    (tmp_path / "s.parquet").write_bytes(with_facts(tmp_path / "s.parquet", change))
    opened = explorer.open_space(tmp_path / "s.parquet")
    assert opened.report.notes[1:]
    assert len(opened.similar_to(0, k=3)) == 3
    with pytest.raises(QueryError):
        opened.search("x")


def test_a_file_cannot_let_a_models_code_run(faq, tmp_path):
    faq.save(tmp_path / "s.parquet")

    def change(about):
        about["encoder"]["spec"]["trust_remote_code"] = True

    (tmp_path / "s.parquet").write_bytes(with_facts(tmp_path / "s.parquet", change))
    spec = explorer.open_space(tmp_path / "s.parquet").spec
    assert isinstance(spec.query_model, LocalModel)
    assert not spec.query_model.trust_remote_code


CHANGES = {
    "rows": 3,
    "dims": 7,
    "columns": [],
    "corpus": {},
    "encoder": {"spec": {}},
    "transforms": [{"kind": "truncation", "dims": 3}],
    "format": "other",
    "saved": None,
}


@pytest.mark.parametrize("field", CHANGES)
def test_facts_that_do_not_fit_the_file_are_refused(field, words, tmp_path):
    words.save(tmp_path / "s.parquet")
    content = with_facts(tmp_path / "s.parquet", lambda about: about.update({field: CHANGES[field]}))
    (tmp_path / "s.parquet").write_bytes(content)
    error = failure(UnreadableFileError, explorer.open_space, tmp_path / "s.parquet")
    assert error.where == "s.parquet"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_of_a_newer_version_is_refused_in_words(ending, words, tmp_path, monkeypatch):
    with monkeypatch.context() as newer:
        newer.setattr(facts, "VERSION", 2)
        words.save(tmp_path / f"s{ending}")
    error = failure(UnreadableFileError, explorer.open_space, tmp_path / f"s{ending}")
    assert "newer Explorer" in error.what


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_cut_short_anywhere_is_refused_in_words(ending, words, tmp_path):
    path = tmp_path / f"s{ending}"
    words.save(path)
    content = path.read_bytes()
    for share in np.linspace(0.02, 0.99, 25):
        path.write_bytes(content[: int(share * len(content))])
        opened, error = outcome(explorer.open_space, path)
        assert opened is None
        assert error.where.startswith(path.name)


@pytest.mark.parametrize("ending", ENDINGS)
def test_changed_bytes_give_a_space_or_a_plain_error(ending, words, tmp_path):
    path = tmp_path / f"s{ending}"
    words.save(path)
    content = path.read_bytes()
    random = np.random.default_rng(0)
    for _ in range(60):
        changed = bytearray(content)
        for place in random.integers(0, len(content), 3):
            changed[place] = random.integers(0, 256)
        path.write_bytes(changed)
        outcome(explorer.open_space, path)


def test_an_archive_that_would_unpack_or_is_another_is_refused(words, tmp_path):
    words.save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as parts:
        np.savez_compressed(tmp_path / "small.npz", **parts)
    assert "compressed" in failure(UnreadableFileError, explorer.open_space, tmp_path / "small.npz").what
    np.savez(tmp_path / "other.npz", np.arange(3))
    assert "lacks" in failure(UnreadableFileError, explorer.open_space, tmp_path / "other.npz").what
    with zipfile.ZipFile(tmp_path / "s.npz", "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("facts.npy", b"")
    failure(UnreadableFileError, explorer.open_space, tmp_path / "s.npz")


def test_only_endings_of_formats_are_saved(words, tmp_path):
    assert ".safetensors" in failure(DataError, words.save, tmp_path / "s.pkl").fix
    assert ".csv" in failure(DataError, words.save, tmp_path / "s.npz", vectors_only=True).fix
    assert list(tmp_path.glob("s.*")) == []


def test_a_transform_too_large_for_a_file_is_refused_before_anything_is_written(words, tmp_path, monkeypatch):
    monkeypatch.setattr(facts, "MOST_BYTES", 500)
    (tmp_path / "s.npz").write_bytes(b"before")
    failure(TooLargeError, words.reduce(3).save, tmp_path / "s.npz")
    assert (tmp_path / "s.npz").read_bytes() == b"before"


KILLED = """
import os, signal, sys
import explorer
from explorer.analysis import space_files

def half(saved, sink):
    sink.write(b"half of a file")
    sink.flush()
    os.kill(os.getpid(), signal.SIGKILL)

space_files.WRITERS[".parquet"] = half
explorer.embed(["a parcel", "an apple"], "tfidf").save(sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_kill_in_the_middle_leaves_the_old_file_whole(words, tmp_path):
    path = tmp_path / "s.parquet"
    words.save(path)
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == -9
    assert path.read_bytes() == before
    assert explorer.open_space(path).corpus.texts == TEXTS


def test_vectors_of_unknown_origin_are_saved_and_may_be_given_a_model(faq, tmp_path):
    rows = {"text": faq.corpus.texts, "v": [list(map(float, vector)) for vector in faq.vectors]}
    brought = explorer.embed(explorer.open_corpus(rows, vectors="v"), "")
    brought.save(tmp_path / "s.npz")
    assert explorer.open_space(tmp_path / "s.npz").spec == OwnVectors()
    opened = explorer.open_space(tmp_path / "s.npz", model=faq.spec.model)
    assert hits(opened) == hits(faq)


def test_columns_that_were_added_are_saved(words, tmp_path):
    more = words.for_corpus(words.corpus.with_columns({"category": pa.array(["x", "y", None, "="])}))
    more.save(tmp_path / "s.csv")
    assert explorer.open_space(tmp_path / "s.csv").corpus.table.equals(more.corpus.table)


@pytest.fixture
def provider(monkeypatch):
    local = LocalInference()
    talk_to(local, monkeypatch)
    yield local
    local.close()


def test_a_hosted_model_is_asked_for_queries_and_known_again_on_another_machine(
    provider, tmp_path, monkeypatch
):
    space = explorer.embed(TEXTS, MODEL, provider="hf-inference", token="hf_secret")
    path = tmp_path / "s.parquet"
    space.save(path)
    assert b"hf_secret" not in path.read_bytes()
    provider.asked.clear()
    monkeypatch.setenv("EXPLORER_CACHE_DIR", str(tmp_path / "another machine"))
    settings.cache_clear()
    opened = explorer.open_space(path, token="hf_secret")
    assert hits(opened, "a text") == hits(space, "a text")
    assert not {*TEXTS} & {text for texts in provider.asked for text in texts}
    monkeypatch.setenv("EXPLORER_CACHE_DIR", str(tmp_path / "a third"))
    settings.cache_clear()
    provider.encode = by_another_model
    changed = explorer.open_space(path, token="hf_secret")
    assert "weights differ" in changed.report.notes[-1]
    provider.close()
    monkeypatch.setenv("EXPLORER_CACHE_DIR", str(tmp_path / "a fourth"))
    settings.cache_clear()
    assert len(explorer.open_space(path, token="hf_secret").similar_to(0, k=2)) == 2


@pytest.mark.parametrize("zone", ["Nowhere/Town", "+99:99", "/etc/passwd"])
def test_times_in_a_zone_that_is_unknown_here_are_those_of_utc(zone, tmp_path):
    moments = pd.date_range("2026-01-01", periods=4, tz="UTC", unit="us")
    explorer.embed(pd.DataFrame({"text": TEXTS, "at": moments}), "tfidf").save(tmp_path / "s.parquet")

    def change(about):
        about["columns"][1]["type"] = f"timestamp[us, tz={zone}]"

    (tmp_path / "s.parquet").write_bytes(with_facts(tmp_path / "s.parquet", change))
    opened = explorer.open_space(tmp_path / "s.parquet").corpus
    assert opened.row(1)["at"] == moments[1].tz_localize(None).to_pydatetime()


@pytest.mark.parametrize(
    "kind",
    ["timestamp[s]", "duration[s]", "time64[us]", "halffloat", "large_string", "month_day_nano_interval"],
)
def test_a_file_makes_no_values_or_types_that_no_reader_gives(kind, tmp_path):
    rows = pd.DataFrame({"text": TEXTS, "n": [2**61, 0, 1, 2]})
    explorer.embed(rows, "tfidf").save(tmp_path / "s.parquet")

    def change(about):
        about["columns"][1]["type"] = kind

    (tmp_path / "s.parquet").write_bytes(with_facts(tmp_path / "s.parquet", change))
    failure(UnreadableFileError, explorer.open_space, tmp_path / "s.parquet")


def test_an_archive_with_any_byte_of_its_directory_changed_gives_a_plain_error(words, tmp_path):
    words.save(tmp_path / "s.npz")
    content = (tmp_path / "s.npz").read_bytes()
    for place in range(content.find(b"PK\x01\x02"), len(content)):
        for value in (0, 128, 255):
            changed = bytearray(content)
            changed[place] = value
            outcome(read_file, bytes(changed), "s.npz")


def named_in_mlflow(path, name="models:/faq/1"):
    """Let a stranger's file name a model of the host's MLflow."""

    def change(about):
        about["encoder"]["spec"]["model"] = name

    path.write_bytes(with_facts(path, change))


def test_a_file_makes_no_request_to_mlflow_that_visitors_may_not_make(faq, tmp_path, monkeypatch):
    monkeypatch.setattr(models, "fetch_tracked", lambda *_: pytest.fail("MLflow was asked"))
    faq.save(tmp_path / "s.parquet")
    for name in ("models:/faq/1", " models:/faq/1 ", f"models:/m-{'0' * 32}", f"runs:/{'0' * 32}/encoder"):
        named_in_mlflow(tmp_path / "s.parquet", name)
        opened = explorer.open_space(tmp_path / "s.parquet")
        assert opened.spec == OwnVectors()
        assert name.strip() in opened.report.notes[-1]


@pytest.mark.parametrize("fault", [TrackingSilentError, NotTrackedError, TrackingError])
def test_a_space_opens_where_mlflow_does_not_give_its_model(fault, faq, tmp_path, bound, monkeypatch):
    def refuse(name, _on_progress=None):
        raise fault("The server is silent.", where=name, fix="Try again.")

    monkeypatch.setattr(models, "fetch_tracked", refuse)
    bound("EXPLORER_ALLOW_MLFLOW_MODELS", "yes")
    faq.save(tmp_path / "s.parquet")
    named_in_mlflow(tmp_path / "s.parquet")
    opened = explorer.open_space(tmp_path / "s.parquet")
    assert "The server is silent." in opened.report.notes[-1]
    assert len(opened.similar_to(0, k=3)) == 3
    assert "The server is silent." in failure(QueryError, opened.search, "x").what


def test_a_space_opens_where_its_model_does_not_fit_in_memory(words, tmp_path, monkeypatch):
    def refuse(*_):
        raise NotEnoughMemoryError("Too little memory.", fix="Use fewer rows.")

    words.save(tmp_path / "s.parquet")
    monkeypatch.setattr(opening, "_open_tfidf", refuse)
    assert "Too little memory." in explorer.open_space(tmp_path / "s.parquet").report.notes[-1]


def test_queries_have_the_prompt_that_they_had_whatever_is_usual_here(faq, tmp_path):
    faq.save(tmp_path / "s.parquet")

    def change(about):
        about["encoder"]["query_prompt"] = "as it was: "

    (tmp_path / "s.parquet").write_bytes(with_facts(tmp_path / "s.parquet", change))
    opened = explorer.open_space(tmp_path / "s.parquet")
    assert opened.query_prompt == "as it was: "
    assert hits(opened) == hits(faq, "as it was: " + QUERY)


def test_a_folder_may_have_another_name_now(tmp_path):
    space = explorer.embed(TEXTS, str(save_tiny_model(tmp_path / "mine")), precision="float32")
    space.save(tmp_path / "s.parquet")
    (tmp_path / "mine").rename(tmp_path / "renamed")
    opened = explorer.open_space(tmp_path / "s.parquet", model=str(tmp_path / "renamed"))
    assert hits(opened, "a bike") == hits(space, "a bike")


def test_a_model_that_was_in_a_folder_may_be_named_by_its_owner_wherever_it_is_now(tmp_path):
    explorer.embed(TEXTS, str(save_tiny_model(tmp_path / "mine")), precision="float32").save(
        tmp_path / "s.npz"
    )
    saved = saved_encoder(saved_corpus(read_file((tmp_path / "s.npz").read_bytes(), "s.npz")))
    assert saved.query_spec() == OwnVectors()
    assert saved.query_spec("models:/faq/1").query_model.model == "models:/faq/1"
