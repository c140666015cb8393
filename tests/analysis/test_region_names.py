from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import explorer
from explorer.analysis.cluster_words import words_of
from explorer.analysis.map_regions import Division
from explorer.analysis.name_words import are_alike, can_name
from explorer.analysis.projection import project
from explorer.analysis.region_names import NOWHERE, name_regions
from explorer.analysis.region_words import words_in_regions
from explorer.analysis.specs import MapSpec
from explorer.errors import QueryError

TOPICS = {
    "billing": ["invoice", "refund", "price", "currency"],
    "login": ["password", "account", "email", "browser"],
    "delivery": ["parcel", "courier", "depot", "address"],
    "heating": ["boiler", "valve", "degrees", "winter"],
}
FILLING = ["the", "and", "people", "say", "today"]


def made(rows=480, seed=0):
    """A map of one group for each topic, of four clumps, one for each of its words."""
    rng = np.random.default_rng(seed)
    points, texts, topics, parts = [], [], [], []
    for row in range(rows):
        topic, part = row % 4, row // 4 % 4
        middle = np.array([8 * (topic % 2) + part % 2, 8 * (topic // 2) + part // 2])
        points.append(middle + 0.05 * rng.normal(size=2))
        topics.append(list(TOPICS)[topic])
        parts.append(TOPICS[topics[-1]][part])
        texts.append(" ".join([topics[-1], parts[-1], *rng.choice(FILLING, 3)]))
    return np.array(points, dtype=np.float32), texts, topics, parts


def check(found, coordinates, texts):
    """What holds for the names of any map."""
    for level in found.levels:
        regions = len(level.names)
        assert level.labels.shape == (len(texts),)
        assert level.labels.dtype == np.int64
        assert level.positions.shape == (regions, 2)
        assert level.positions.dtype == np.float32
        assert level.labels.min() >= NOWHERE
        sizes = np.bincount(level.labels[level.labels != NOWHERE], minlength=regions)
        assert len(sizes) == regions
        assert (sizes >= 5).all()
        assert (np.diff(sizes) <= 0).all()
        shown = [frozenset(name.split(", ")) for name in level.names if name]
        assert len(set(shown)) == len(shown)
        for region, name in enumerate(level.names):
            rows = np.flatnonzero(level.labels == region)
            assert (coordinates[rows] == level.positions[region]).all(axis=1).any()
            present = {word for row in rows for word in words_of(texts[row])}
            words = name.split(", ") if name else []
            assert present.issuperset(words)
            assert len(words) <= 3
            assert not any(are_alike(one, other) for one in words for other in words if one != other)
    for coarse, fine in pairwise(found.levels):
        for region in range(len(fine.names)):
            assert len(np.unique(coarse.labels[fine.labels == region])) == 1
        for region, name in enumerate(fine.names):
            parent = coarse.labels[fine.labels == region][0]
            above = coarse.names[parent].split(", ") if parent != NOWHERE else []
            assert not name or set(name.split(", ")) != set(above)


def same(one, other, order=slice(None)):
    assert len(one.levels) == len(other.levels)
    for left, right in zip(one.levels, other.levels, strict=True):
        np.testing.assert_array_equal(left.labels[order], right.labels)
        np.testing.assert_array_equal(left.positions, right.positions)
        assert left.names == right.names


def test_the_words_of_clumps_are_their_names():
    coordinates, texts, topics, parts = made()
    found = name_regions(coordinates, texts)
    check(found, coordinates, texts)
    assert len(found.levels[0].names) == 8
    assert all(found.levels[0].names)
    told = {word for name in found.levels[-1].names for word in name.split(", ")}
    assert told.issuperset(parts)  # also where a clump is divided once more: a name stands only once
    for level in found.levels:
        for region, name in enumerate(level.names):
            rows = np.flatnonzero(level.labels == region)
            assert len({topics[row] for row in rows}) == 1
            assert set(name.split(", ")) <= {"", topics[rows[0]], *(parts[row] for row in rows)}


def test_a_part_is_named_by_what_tells_it_from_the_other_parts():
    rng = np.random.default_rng(0)
    group, side = np.arange(480) % 8, np.arange(480) // 8 % 2
    middles = np.stack([9 * (group % 3) + side, 9 * (group // 3)], axis=1)
    coordinates = (middles + 0.001 * rng.normal(size=(480, 2))).astype(np.float32)
    animals = ["lion", "eagle", "trout", "beetle", "cobra", "gecko", "whale", "camel"]
    does = [["hunting", "sleeping"], ["flying", "nesting"], ["swimming", "spawning"], ["digging", "crawling"]]
    does += [["biting", "hissing"], ["climbing", "hiding"], ["diving", "singing"], ["walking", "drinking"]]
    texts = [f"{animals[g]} 7{animals[g]} {does[g][s]}" for g, s in zip(group, side, strict=True)]
    found = name_regions(coordinates, texts)
    check(found, coordinates, texts)
    coarse, fine = found.levels
    assert len(fine.names) == 16
    for region, name in enumerate(coarse.names):
        animal = animals[group[coarse.labels == region][0]]
        assert set(name.split(", ")[:2]) == {animal, f"7{animal}"}
    for region, name in enumerate(fine.names):
        row = np.flatnonzero(fine.labels == region)[0]
        assert name == does[group[row]][side[row]]


def test_forms_of_a_word_are_told_once():
    coordinates, _, topics, _ = made(64)
    texts = [f"{topic} {topic}s today" for topic in topics]
    for level in name_regions(coordinates, texts).levels:
        assert {name for name in level.names if name} <= set(TOPICS)


def test_names_of_the_same_words_are_told_apart_or_left_out():
    """Four pairs of neighbours, of which two share their first words."""
    place, rng = np.arange(320) % 8, np.random.default_rng(0)
    coordinates = np.stack([9 * (place % 4), 9 * (place // 4)], axis=1) + 0.01 * rng.normal(size=(320, 2))
    words = [["lion", "mane", "paw"], ["lion", "mane", "cub"], ["eagle"], ["eagle"], ["trout"], ["beetle"]]
    words += [["cobra", "venom"], ["gecko"]]
    texts = [" ".join(words[number]) for number in place]
    (level, *_) = name_regions(coordinates.astype(np.float32), texts).levels
    names = {number: level.names[level.labels[number]] for number in range(8)}
    assert sorted([names[2], names[3]]) == ["", "eagle"]
    assert [set(names[number].split(", ")) - {"lion", "mane"} for number in (0, 1)] == [{"paw"}, {"cub"}]
    assert [names[number] for number in (4, 5, 7)] == ["trout", "beetle", "gecko"]


def test_one_long_row_does_not_name_a_region():
    coordinates, texts, *_ = made()
    texts[0] = "unicorn " * 100 + texts[0]
    found = name_regions(coordinates, texts)
    assert not [name for level in found.levels for name in level.names if "unicorn" in name]


@pytest.mark.slow
def test_of_many_rows_some_are_read_and_of_long_texts_the_beginning():
    coordinates, texts, *_ = made(9_000)
    read = []

    class Watched(list):
        def __getitem__(self, row):
            read.append(row)
            return super().__getitem__(row)

    long = Watched("word " * 300 + text for text in texts)
    found = name_regions(coordinates, long)
    assert len(read) == len(set(read)) <= 120 * 300
    assert {name for level in found.levels for name in level.names} == {""}
    crowded = np.concatenate([coordinates, np.repeat(coordinates[:1], 5_000, axis=0)])
    read.clear()
    name_regions(crowded, Watched([*texts, *[texts[0]] * 5_000]))
    assert len(read) < len(crowded) - 4_000


def test_counts_of_regions_of_which_a_share_is_read_are_estimates():
    coarse, fine = np.zeros(1010, dtype=np.int64), np.repeat([0, 1], [1000, 10])
    divisions = [Division(labels, np.zeros((labels.max() + 1, 2), np.float32)) for labels in (coarse, fine)]
    texts = ["large large", *["large"] * 999, *["small large"] * 10]
    (whole, parts), words = words_in_regions(divisions, texts, lambda *_: None)
    assert words == ["large", "small"]
    assert parts.counts.toarray().tolist() == [[1000, 0], [10, 10]]
    assert parts.read.toarray().tolist() == [[300, 0], [10, 10]]
    assert whole.counts.toarray().tolist() == [[1010, 10]]
    assert (whole.sizes.tolist(), parts.sizes.tolist()) == ([1010], [1000, 10])
    assert (whole.region_of.tolist(), parts.region_of.tolist()) == ([0, 0], [0, 1])


@pytest.mark.parametrize("rows", [0, 1, 3, 13, 29])
def test_of_few_rows_none_are_named(rows):
    coordinates, texts, *_ = made(rows or 1)
    assert name_regions(coordinates[:rows], texts[:rows]).levels == ()


@pytest.mark.parametrize(
    ("rows", "regions"), [(30, [2]), (120, [8]), (239, [8]), (240, [8, 16]), (624, [8, 30])]
)
def test_there_are_as_many_levels_as_rows_allow(rows, regions):
    coordinates = np.random.default_rng(0).uniform(size=(rows, 2)).astype(np.float32)
    found = name_regions(coordinates, ["word"] * rows)
    assert [len(level.names) for level in found.levels] == pytest.approx(regions, abs=3)


def test_coinciding_rows_have_no_regions():
    assert name_regions(np.zeros((100, 2), dtype=np.float32), ["word"] * 100).levels == ()


@pytest.mark.parametrize(
    "text", ["", "1 2 3", "the same words", "<b>&amp;</b>", "这是一个句子" * 9, "\ud800", "x" * 5000]
)
def test_texts_that_are_all_alike_name_nothing(text):
    coordinates, *_ = made()
    found = name_regions(coordinates, [text] * len(coordinates))
    assert len(found.levels) > 0
    check(found, coordinates, [text] * len(coordinates))
    assert {name for level in found.levels for name in level.names} == {""}


def test_any_script_and_no_markup():
    coordinates, _, topics, _ = made()
    told = {
        "billing": "счёт оплата",
        "login": "<b>पासवर्ड</b> खाता",
        "delivery": "paquet d'été",
        "heating": "",
    }
    found = name_regions(coordinates, [told[topic] for topic in topics])
    words = {word for name in found.levels[0].names for word in name.split(", ") if word}
    assert words <= {"счёт", "оплата", "पासवर्ड", "खाता", "paquet", "d'été"}
    assert {"счёт", "पासवर्ड", "paquet"} <= words


def test_a_row_far_from_all_is_in_no_region():
    coordinates, texts, *_ = made()
    coordinates[7] = [30, 30]
    found = name_regions(coordinates, texts)
    check(found, coordinates, texts)
    assert found.levels[-1].labels[7] == NOWHERE


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_names_of_any_map(data, seed):
    rng = np.random.default_rng(seed)
    rows = data.draw(st.integers(30, 400))
    grain = data.draw(st.sampled_from([1, 3, 1000]))
    coordinates = (rng.integers(0, grain + 1, (rows, 2)) / grain).astype(np.float32)
    words = ["parcel", "parcels", "refund", "the", "a1", "été", "<br>", "he's", "खाता", "", "9"]
    words = data.draw(
        st.lists(st.one_of(st.sampled_from(words), st.text(max_size=5)), min_size=1, max_size=30)
    )
    near = (coordinates[:, 0] * (len(words) - 1)).astype(int)
    texts = [f"{words[near[row]]} {words[rng.integers(len(words))]}" for row in range(rows)]
    found = name_regions(coordinates, texts)
    check(found, coordinates, texts)
    same(found, name_regions(coordinates, texts))
    order = rng.permutation(rows)
    same(found, name_regions(coordinates[order], [texts[row] for row in order]), order)


def test_progress_grows_and_every_report_can_stop_it():
    coordinates, texts, *_ = made()
    told = []
    name_regions(coordinates, texts, on_progress=told.append)
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert [*dict.fromkeys(progress.phase for progress in told)] == [
        "Finding regions",
        "Reading texts",
        "Naming regions",
    ]
    for last in range(len(told)):
        seen = []

        def stop(progress, seen=seen, last=last):
            seen.append(progress)
            if len(seen) > last:
                raise ValueError("stop")

        with pytest.raises(ValueError, match="stop"):
            name_regions(coordinates, texts, on_progress=stop)
        assert seen == told[: last + 1]


@pytest.mark.parametrize("shape", [(480, 3), (479, 2), (960,)])
def test_a_map_has_two_coordinates_for_each_text(shape):
    with pytest.raises(QueryError, match="480 texts"):
        name_regions(np.zeros(shape, dtype=np.float32), made()[1])


@pytest.mark.slow
def test_support_tickets_are_named_by_what_they_are_about():
    space = explorer.embed("support-tickets")
    coordinates = project(space.index, MapSpec()).coordinates
    texts = space.corpus.texts
    found = name_regions(coordinates, texts)
    check(found, coordinates, texts)
    assert [len(level.names) for level in found.levels] == [8, 30]
    words = {word for level in found.levels for name in level.names for word in name.split(", ")}
    # Maps differ a little between processors, and with them the names of the smallest regions.
    assert len({"camera", "invoice", "lock", "password", "thermostat"} & words) >= 4
    assert all(can_name(word) for word in words if word)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("city", "cities", True),
        ("parcel", "parcels", True),
        ("religion", "religious", True),
        ("word", "word", True),
        ("car", "cat", False),
        ("he", "her", False),
        ("log", "logistics", False),
        ("stage", "state", False),
        ("包裹", "包", False),
    ],
)
def test_forms_of_a_word(one, other, alike):
    assert are_alike(one, other) == are_alike(other, one) == alike


@pytest.mark.parametrize(
    ("word", "can"),
    [
        ("parcel", True),
        ("fire", True),
        ("été", True),
        ("l'eau", True),
        ("the", False),
        ("don't", False),
        ("it’s", False),
        ("they'd", False),
        ("can’t", False),
        ("x" * 25, False),
    ],
)
def test_words_of_names(word, can):
    assert can_name(word) == can
