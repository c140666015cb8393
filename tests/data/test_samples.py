from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from explorer.data.columns import guess_label, guess_text
from explorer.data.formats.files import read_file
from explorer.data.images.decoding import decoded
from explorer.data.opening import open_corpus
from explorer.data.samples import SAMPLES, open_sample
from explorer.errors import ColumnError, UnknownCorpusError
from tests.data.failing import failure
from tests.data.make_image_sample import sample_images

from .conftest import ROOT

FOLDER = ROOT / "explorer/data/samples"


def test_the_samples_stand_in_display_order_under_their_names():
    assert list(SAMPLES) == ["support-tickets", "medicare-faq", "song-moods", "drawn-shapes"]
    assert all(sample.name == name for name, sample in SAMPLES.items())


def test_every_file_in_the_folder_belongs_to_a_sample():
    assert {path.name for path in FOLDER.iterdir()} == {sample.file for sample in SAMPLES.values()}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_opens_with_all_that_is_known_of_it(name):
    sample, corpus = SAMPLES[name], open_sample(name)
    assert (corpus.name, corpus.sample) == (name, name)
    assert (corpus.text, corpus.label) == (sample.text, sample.label)
    assert (corpus.source, corpus.licence) == (sample.source, sample.licence)
    assert corpus.queries == sample.queries
    assert 4 <= len(corpus.queries) <= 5
    assert corpus.notes == ()
    assert corpus.empty_rows == 0
    assert all(len(part) >= 10 for part in (sample.title, sample.description, sample.source))


@pytest.mark.parametrize("name", ["support-tickets", "medicare-faq", "song-moods"])
def test_no_text_of_a_sample_repeats_or_has_loose_ends(name):
    corpus = open_sample(name)
    assert corpus.repeated == 0
    assert all(text == text.strip() and "\ufffd" not in text for text in corpus.texts)


@pytest.mark.parametrize("name", ["support-tickets", "song-moods", "drawn-shapes"])
def test_the_columns_of_a_sample_are_the_ones_a_guess_finds(name):
    sample = SAMPLES[name]
    source = read_file(FOLDER / sample.file, sample.file)
    assert guess_text(source) == sample.text
    assert guess_label(source, sample.text) == sample.label


def test_support_tickets_have_balanced_queues_that_mix():
    corpus = open_sample("support-tickets")
    assert len(corpus) == 624
    assert set(Counter(corpus.labels).values()) == {52}
    assert len(set(corpus.labels)) == 12
    assert corpus.metadata == ("id", "channel", "priority", "relation", "related_to")
    assert len(set(corpus.labels[:30])) > 8
    assert corpus.table["id"].to_pylist() == [f"T{number:04d}" for number in range(1, 625)]


def test_support_tickets_come_in_symmetrical_pairs():
    rows = {row["id"]: row for row in open_sample("support-tickets").table.to_pylist()}
    related = [row for row in rows.values() if row["related_to"]]
    assert Counter(row["relation"] for row in rows.values()) == {
        "": 624 - 144,
        "near-duplicate": 72,
        "paraphrase": 72,
    }
    for row in related:
        partner = rows[row["related_to"]]
        assert partner["related_to"] == row["id"] != partner["id"]
        assert partner["relation"] == row["relation"]
        assert partner["queue"] == row["queue"]
    assert all(bool(row["relation"]) == bool(row["related_to"]) for row in rows.values())


def _shared_words(first: str, second: str) -> float:
    one, two = (set(text.lower().split()) for text in (first, second))
    return len(one & two) / len(one | two)


def test_near_duplicates_share_their_words_and_paraphrases_do_not():
    rows = {row["id"]: row for row in open_sample("support-tickets").table.to_pylist()}
    shared = {"near-duplicate": [], "paraphrase": []}
    for row in rows.values():
        if row["relation"]:
            shared[row["relation"]].append(_shared_words(row["body"], rows[row["related_to"]]["body"]))
    assert min(shared["near-duplicate"]) > 0.4
    assert max(shared["paraphrase"]) < 0.4


def test_songs_have_balanced_moods_that_their_descriptions_do_not_name():
    corpus = open_sample("song-moods")
    assert len(corpus) == 216
    assert set(Counter(corpus.labels).values()) == {18}
    assert corpus.metadata == ("title", "artist", "genre", "bpm", "year")
    assert not any(mood in text.lower() for mood, text in zip(corpus.labels, corpus.texts, strict=True))
    for row in corpus.table.to_pylist():
        assert 30 <= int(row["bpm"]) <= 250
        assert 1900 < int(row["year"]) < 2030


def test_medicare_questions_are_those_of_the_tutorial(published):
    corpus = open_sample("medicare-faq")
    assert corpus.texts == published["texts"]
    assert corpus.labels is None
    assert len(corpus) == 13 == published["published"]["shape"][0]
    assert corpus.queries[0] == published["published"]["query"]


def test_drawn_shapes_are_balanced_and_small():
    corpus = open_sample("drawn-shapes")
    assert (FOLDER / "drawn-shapes.zip").stat().st_size < 3_000_000
    assert len(corpus) == corpus.images.present().sum() == 288
    assert corpus.metadata == ("file", "colour", "ground", "relation", "related_to")
    originals = [row for row in corpus.table.to_pylist() if not row["relation"]]
    assert set(Counter((row["shape"], row["colour"]) for row in originals).values()) == {4}
    assert len(originals) == 8 * 8 * 4
    for row in originals:
        article = "an" if row["colour"] == "orange" else "a"
        assert row["caption"] == f"{article} {row['colour']} {row['shape']} on a {row['ground']} ground"


def test_near_duplicates_of_drawn_shapes_look_like_what_they_were_made_of():
    corpus = open_sample("drawn-shapes")
    place = {name: row for row, name in enumerate(corpus.table["file"].to_pylist())}
    keys, differences = corpus.item_keys, []
    related = [row for row in corpus.table.to_pylist() if row["relation"]]
    kinds = ("crop", "rescaled", "recompressed", "exact copy")
    assert Counter(row["relation"] for row in related) == dict.fromkeys(kinds, 8)
    for row in related:
        copy, original = place[row["file"]], place[row["related_to"]]
        assert all(row[name] == corpus.row(original)[name] for name in ("caption", "shape", "colour"))
        assert corpus.row(original)["relation"] == ""
        assert (keys[copy] == keys[original]) is (row["relation"] == "exact copy")
        pixels = []
        for each in (copy, original):
            with corpus.images.item(each).open() as image:
                pixels.append(np.asarray(image.resize((32, 32)), np.float64))
        differences.append(np.abs(pixels[0] - pixels[1]).mean())
    assert max(differences) < 30
    assert corpus.repeated == 8


@pytest.mark.slow
def test_drawn_shapes_are_what_the_script_draws():
    corpus = open_sample("drawn-shapes")
    made = list(sample_images())
    assert [image.row["file_name"] for image in made] == corpus.table["file"].to_pylist()
    for row in (0, 100, 255, 256, 257, 258, 259):
        assert {**corpus.row(row), "file_name": corpus.row(row)["file"]}.items() >= made[row].row.items()
        with corpus.images.item(row).open() as image, decoded(made[row].data, "made") as again:
            # Another build of Pillow may round otherwise.
            assert np.abs(np.asarray(image, np.float64) - np.asarray(again.image)).mean() < 1


def test_images_of_a_sample_can_be_left_out():
    assert open_corpus("drawn-shapes", images=None).images is None


def test_other_columns_and_a_limit_can_be_chosen():
    corpus = open_sample("song-moods", text="title", label="genre", limit=5, seed=1)
    assert (corpus.text, corpus.label, len(corpus)) == ("title", "genre", 5)
    assert open_sample("song-moods", label=None).label is None
    assert open_sample("support-tickets", text="queue").label is None
    error = failure(ColumnError, open_sample, "song-moods", text="bpm")
    assert error.where == 'song-moods, column "bpm"'


def test_an_unknown_sample_lists_those_there_are():
    error = failure(UnknownCorpusError, open_sample, "tickets")
    assert str(error) == (
        "There is no sample called tickets. "
        "The samples are: support-tickets, medicare-faq, song-moods, drawn-shapes."
    )
