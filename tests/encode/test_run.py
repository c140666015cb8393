import errno
import mmap
import threading
from contextlib import contextmanager

import numpy as np
import pytest
import torch

import explorer
from explorer.analysis.space import Space, make_index
from explorer.encode import run as running
from explorer.encode.engines.engine import NO_PROMPT, LocalEngine, OutOfMemoryError
from explorer.encode.engines.torch_engine import SeveralGPUs, TorchEngine
from explorer.encode.models import find_model
from explorer.encode.opening import open_encoder
from explorer.encode.run import encode_corpus
from explorer.encode.spec import LocalModel
from explorer.encode.tokens import TextTokens, count_tokens
from explorer.errors import EncodeError, JobCancelledError, NotEnoughMemoryError, SettingError
from explorer.settings import settings
from tests.encode.opening import open_for
from tests.sentence_transformer import sentence_transformer

TEXTS = [f"the cat sat on mat {'dog ' * (i % 7)}{i}" for i in range(60)]


class SpyEngine(LocalEngine):
    """Stands in for a model: a text's vector is made of its characters, so order and identity show."""

    kind = name = "spy"
    notes = ("A note of the engine.",)
    files = None
    dims = 3
    token_budget = 40
    in_flight = 1

    def __init__(self, most_texts=None, stop_after=None):
        self.most_texts = most_texts
        self.stop_after = stop_after
        self.texts: list[str] = []
        self.batches: list[list[str]] = []
        self.threads: set[str] = set()

    def tokenize(self, texts, on_progress=None, *, prompt=NO_PROMPT):
        texts = prompt.before(texts)
        lengths = count_tokens(self.files, texts, on_progress=on_progress)
        return TextTokens(texts, np.minimum(lengths, self.files.max_length), self.prepare)

    def prepare(self, texts):
        self.threads.add(threading.current_thread().name)
        return texts

    def start(self, batch):
        if self.most_texts is not None and len(batch) > self.most_texts:
            raise OutOfMemoryError("no room")
        if self.stop_after is not None and len(self.batches) >= self.stop_after:
            raise RuntimeError("killed")
        self.batches.append(batch)
        self.texts += batch
        return lambda: vectors_of(batch)


def vectors_of(texts):
    return np.array([[len(t), sum(map(ord, t)), hash(t) % 1000] for t in texts], dtype=np.float32)


@pytest.fixture
def encoder(tiny_model, cache, monkeypatch):
    """An encoder over the tiny model's files whose engine is a spy."""
    opened = open_for(LocalModel(str(tiny_model), "float32", prompt=""), cache)

    def use(engine):
        engine.files = find_model(str(tiny_model))
        monkeypatch.setattr("explorer.encode.engines.loaded_models.load", lambda *_args: engine)
        return opened

    return use


def run(encoder, texts, cache, on_progress=None):
    return encode_corpus(encoder, explorer.open_corpus(texts), cache, on_progress)


def test_each_distinct_text_is_encoded_once_and_rows_keep_their_order(encoder, cache):
    engine = SpyEngine()
    texts = [*TEXTS, TEXTS[3], TEXTS[0], TEXTS[3]]
    vectors, report = run(encoder(engine), texts, cache)
    np.testing.assert_array_equal(vectors, vectors_of(texts))
    assert sorted(engine.texts) == sorted(TEXTS)
    assert (report.rows, report.distinct, report.cached, report.encoded) == (63, 60, 0, 60)
    assert not vectors.flags.writeable


def test_a_second_run_encodes_nothing_and_one_more_row_encodes_one_text(encoder, cache):
    run(encoder(SpyEngine()), TEXTS, cache)
    again = SpyEngine()
    vectors, report = run(encoder(again), TEXTS, cache)
    assert (again.texts, report.cached, report.encoded, report.engine) == ([], 60, 0, "")
    np.testing.assert_array_equal(vectors, vectors_of(TEXTS))
    more = ["a new one", *TEXTS, TEXTS[5]]
    vectors, report = run(encoder(again), more, cache)
    assert (again.texts, report.cached, report.encoded) == (["a new one"], 60, 1)
    np.testing.assert_array_equal(vectors, vectors_of(more))


def test_a_cancelled_run_keeps_what_it_finished(encoder, cache):
    engine = SpyEngine()

    def stop_half_way(progress):
        if progress.done >= 30:
            raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        run(encoder(engine), TEXTS, cache, stop_half_way)
    done = list(engine.texts)
    assert 30 <= len(done) < 60
    rest = SpyEngine()
    vectors, report = run(encoder(rest), TEXTS, cache)
    assert sorted(done + rest.texts) == sorted(TEXTS)
    assert report.cached == len(done)
    np.testing.assert_array_equal(vectors, vectors_of(TEXTS))


def test_a_run_that_broke_goes_on_with_the_batches_it_would_have_made(encoder, cache, monkeypatch):
    monkeypatch.setattr("explorer.encode.run._WRITE_ROWS", 1)
    whole = SpyEngine()
    run(encoder(whole), TEXTS, cache)
    other = type(cache)(cache.path.parent / "other", 100)
    broken = SpyEngine(stop_after=len(whole.batches) // 2)
    with pytest.raises(RuntimeError, match="killed"):
        run(encoder(broken), TEXTS, other)
    rest = SpyEngine()
    run(encoder(rest), TEXTS, other)
    assert broken.batches + rest.batches == whole.batches


def test_a_batch_that_does_not_fit_is_made_smaller_and_the_person_is_told(encoder, cache):
    engine = SpyEngine(most_texts=2)
    notes = []
    vectors, report = run(encoder(engine), TEXTS, cache, lambda progress: notes.append(progress.note))
    np.testing.assert_array_equal(vectors, vectors_of(TEXTS))
    assert sorted(engine.texts) == sorted(TEXTS)
    assert any("Memory was short" in note for note in notes)
    assert report.notes[0] == "A note of the engine."
    assert "Memory was short" in report.notes[1]


def test_one_text_that_does_not_fit_is_an_error_that_says_so(encoder, cache):
    with pytest.raises(EncodeError, match="One text of 12 tokens does not fit"):
        run(encoder(SpyEngine(most_texts=0)), TEXTS, cache)


def test_values_that_are_no_numbers_name_the_row_and_are_not_stored(encoder, cache):
    engine = SpyEngine()

    def start(batch):
        vectors = np.array([[np.nan if t == TEXTS[41] else 1.0] * 3 for t in batch], np.float32)
        return lambda: vectors

    engine.start = start
    opened = encoder(engine)
    with pytest.raises(EncodeError) as caught:
        run(opened, TEXTS, cache)
    assert caught.value.where.endswith("row 42")
    _, report = run(encoder(SpyEngine()), [TEXTS[41]], cache)
    assert report.encoded == 1


def test_texts_are_tokenised_by_another_thread(encoder, cache):
    engine = SpyEngine()
    run(encoder(engine), TEXTS, cache)
    assert all(name.startswith("tokenise") for name in engine.threads)


def test_vectors_are_stored_by_another_thread_in_order_while_the_model_goes_on(encoder, cache, monkeypatch):
    monkeypatch.setattr("explorer.encode.run._WRITE_ROWS", 1)
    engine = SpyEngine()
    model_went_on = threading.Event()
    written, threads = [], set()

    def write(_fingerprint, keys, vectors):
        assert model_went_on.wait(60)
        written.extend(vectors.tolist())
        threads.add(threading.current_thread().name)

    run_batch = engine.start

    def run_and_tell(batch):
        if engine.batches:
            model_went_on.set()
        return run_batch(batch)

    engine.start = run_and_tell
    monkeypatch.setattr(cache, "write", write)
    run(encoder(engine), TEXTS, cache)
    np.testing.assert_array_equal(written, vectors_of(engine.texts))
    assert all(name.startswith("store") for name in threads)


def test_slow_batches_are_stored_before_there_are_many(encoder, cache, monkeypatch):
    written = []
    monkeypatch.setattr(cache, "write", lambda _fingerprint, keys, _vectors: written.append(len(keys)))
    run(encoder(SpyEngine()), TEXTS, cache)
    assert written == [len(TEXTS)]
    monkeypatch.setattr("explorer.encode.run._WRITE_SECONDS", 0.0)
    engine = SpyEngine()
    run(encoder(engine), TEXTS, cache)
    assert written[1:] == [len(batch) for batch in engine.batches]


@pytest.mark.parametrize("failing", [1, 2, "last"])
def test_an_error_of_the_cache_reaches_the_caller_and_nothing_is_written_after_it(
    encoder, cache, monkeypatch, failing
):
    monkeypatch.setattr("explorer.encode.run._WRITE_ROWS", 1)
    opened, counted = encoder(SpyEngine()), []
    monkeypatch.setattr(cache, "write", lambda *_args: counted.append(1))
    run(opened, TEXTS, cache)
    at = len(counted) if failing == "last" else failing
    calls = []

    def write(*_args):
        calls.append(1)
        if len(calls) == at:
            raise SettingError("The disk is full.")

    monkeypatch.setattr(cache, "write", write)
    with pytest.raises(SettingError, match="disk is full"):
        run(opened, TEXTS, cache)
    assert len(calls) == at


def test_a_failing_model_is_what_the_caller_hears_of_and_finished_rows_are_stored(encoder, cache):
    engine = SpyEngine(stop_after=3)
    opened = encoder(engine)
    with pytest.raises(RuntimeError, match="killed"):
        run(opened, TEXTS, cache)
    _, report = run(encoder(SpyEngine()), TEXTS, cache)
    assert report.cached == len(engine.texts) > 0


def test_progress_only_grows_and_ends_with_all_rows(encoder, cache):
    seen = []
    run(encoder(SpyEngine()), [*TEXTS, TEXTS[0]], cache, seen.append)
    encoding = [progress for progress in seen if progress.phase == "Encoding"]
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert (encoding[-1].done, encoding[-1].total, encoding[-1].fraction) == (61, 61, pytest.approx(1))
    assert encoding[-1].cached == 1


def test_tiny_corpora(encoder, cache):
    for texts in (["one"], ["same", "same"]):
        vectors, _ = run(encoder(SpyEngine()), texts, cache)
        np.testing.assert_array_equal(vectors, vectors_of(texts))


def test_vectors_equal_those_of_sentence_transformers(tiny_model, cache):

    model = sentence_transformer(tiny_model)
    opened = open_for(LocalModel(str(tiny_model), "float32"), cache)
    vectors, _ = run(opened, TEXTS, cache)
    np.testing.assert_allclose(vectors, model.encode(TEXTS, prompt="document: "), atol=1e-6)
    np.testing.assert_allclose(
        opened.encode_queries(["the cat", "my dog"]),
        model.encode(["the cat", "my dog"], prompt="query: "),
        atol=1e-6,
    )
    assert find_model(str(tiny_model)).max_length == model.max_seq_length


def test_a_static_model_gives_sentence_transformers_vectors_and_has_no_longest_input(
    tiny_model, cache, tmp_path
):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tiny_model / "tokenizer.json"))
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=12)], device="cpu")
    model.save(str(tmp_path / "static"))
    texts = [*TEXTS, "my cat " * 400]
    opened = open_for(LocalModel(str(tmp_path / "static"), "float32"), cache)
    vectors, _ = run(opened, texts, cache)
    np.testing.assert_allclose(vectors, model.encode(texts), atol=1e-6)
    assert find_model(str(tmp_path / "static")).max_length is None


@pytest.mark.parametrize("disk_is_full", [False, True])
def test_a_large_matrix_is_in_a_file_or_in_memory_where_the_disk_is_full(
    tiny_model, cache, monkeypatch, caplog, disk_is_full
):
    corpus = explorer.open_corpus(["the cat", "my dog", "the cat", "a refund"])
    encoder = open_encoder(LocalModel(str(tiny_model), "float32"), corpus, cache)
    usual, _ = encode_corpus(encoder, corpus, cache)
    monkeypatch.setattr(running, "_IN_MEMORY", 0)
    if disk_is_full:

        def full(*_args):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(running.os, "posix_fallocate", full)
    before = set(settings().cache_folder.iterdir())
    vectors, _ = encode_corpus(encoder, corpus, cache)
    base = vectors
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    assert isinstance(base, mmap.mmap) is not disk_is_full
    assert np.array_equal(vectors, usual)
    assert not vectors.flags.writeable
    assert set(settings().cache_folder.iterdir()) == before
    assert ("stay in memory" in caplog.text) is disk_is_full
    found = Space(corpus, make_index(vectors), encoder).search("my dog", 1)
    assert found[0].row == 1


class HostedSpy(SpyEngine):
    """Gives vectors only when they are waited for, as a GPU or a server does."""

    in_flight = 3

    def __init__(self):
        super().__init__()
        self.events = []

    @contextmanager
    def run(self, on_wait=None):
        try:
            yield self
        finally:
            self.events.append(("left", 0))

    def confirm(self, *, again=False):
        self.events.append(("confirm again" if again else "confirm", 0))

    def start(self, batch):
        number = sum(event == "start" for event, _ in self.events)
        self.events.append(("start", number))

        def wait():
            self.events.append(("wait", number))
            return vectors_of(batch)

        return wait


def test_as_many_batches_are_begun_as_an_engine_takes_and_are_waited_for_in_order(encoder, cache):
    engine = HostedSpy()
    vectors, _ = run(encoder(engine), TEXTS, cache)
    np.testing.assert_array_equal(vectors, vectors_of(TEXTS))
    events = [(event, number) for event, number in engine.events if event in ("start", "wait")]
    begun = [number for event, number in events if event == "start"]
    assert [number for event, number in events if event == "wait"] == begun
    ahead = [sum(1 if event == "start" else -1 for event, _ in events[:n]) for n in range(len(begun))]
    assert max(ahead) == 3


def test_a_model_is_confirmed_before_the_first_batch_and_anew_after_the_last(encoder, cache):
    engine = HostedSpy()
    opened = encoder(engine)
    run(opened, TEXTS, cache)
    events = [event for event, _ in engine.events]
    assert events[0] == "confirm"
    assert events[-2:] == ["confirm again", "left"]
    engine.events.clear()
    opened.encode_queries(["the cat"])
    assert [event for event, _ in engine.events] == ["confirm", "start", "wait", "left"]


def test_what_was_begun_is_given_up_when_the_run_is_stopped(encoder, cache):
    engine = HostedSpy()

    def stop(progress):
        if progress.done:
            raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        run(encoder(engine), TEXTS, cache, stop)
    events = [event for event, _ in engine.events]
    assert events.count("start") > events.count("wait")
    assert events[-1] == "left"
    assert "confirm anew" not in events


def test_several_devices_take_batches_in_turn_and_give_what_one_gives(tiny_model):
    device, dtype = torch.device("cpu"), torch.float32
    one, other = (TorchEngine(find_model(str(tiny_model)), device, dtype) for _ in range(2))
    several = SeveralGPUs([one, other])
    used = []
    for name, engine in (("one", one), ("other", other)):
        engine.start = lambda batch, name=name, start=engine.start: used.append(name) or start(batch)
    tokens = several.tokenize(TEXTS)
    batches = [np.arange(start, start + 12) for start in range(0, 60, 12)]
    begun = [several.start(tokens.batch(batch)) for batch in batches]
    alone = TorchEngine(find_model(str(tiny_model)), device, dtype)
    for batch, vectors in zip(batches, begun, strict=True):
        np.testing.assert_array_equal(vectors(), alone.start(tokens.batch(batch))())
    assert used == ["one", "other", "one", "other", "one"]
    assert several.in_flight == 2


def test_vectors_that_do_not_fit_in_memory_are_refused_and_mapped_ones_do_not_count(memory_of):
    fitted = explorer.embed(TEXTS, "tfidf")
    memory_of(0.0001)
    with pytest.raises(NotEnoughMemoryError, match="Holding the vectors of 60 rows"):
        explorer.embed(TEXTS, "tfidf")
    assert len(fitted.corpus) == 60  # it is held until here, so TF-IDF is not fitted again
    assert running.vectors_bytes(100_000, 768) == 307_200_000
    assert running.vectors_bytes(1_000_000, 384) == 0
