"""The same contenders and settings are compared once."""

import os

import pytest

from explorer.comparison.files import file_cache
from explorer.comparison.files.file_cache import cached_compare
from explorer.comparison.files.saving import packed
from explorer.settings import settings
from tests.comparison.comparisons import comparison, judgements


@pytest.fixture
def compared(monkeypatch):
    """The calls of `compare`, which are answered with the comparison that is made once for all tests."""
    calls = []

    def answer(contenders, **settings):
        calls.append(settings)
        return comparison()

    monkeypatch.setattr(file_cache, "compare", answer)
    return calls


def folder():
    return settings().cache_folder / "comparisons"


def files():
    return sorted(folder().glob("*.comparison"))


def test_the_same_again_comes_from_the_cache_with_its_vectors(compared):
    sides = comparison().contenders
    first = cached_compare(sides, judgements=judgements(), k=5, seed=3)
    again = cached_compare(sides, judgements=judgements(), k=5, seed=3)
    assert len(compared) == 1
    assert packed(again) == packed(first)
    assert again.contenders == tuple(sides)


def test_other_contenders_settings_or_judgements_are_compared_anew(compared):
    sides = comparison().contenders
    for given in (
        {},
        {"k": 5},
        {"seed": 1},
        {"groups": "id"},
        {"views": ("id", "body")},
        {"judgements": judgements()},
        {"pairs": comparison().pairs},
    ):
        cached_compare(sides, **given)
    cached_compare(sides[:2])
    cached_compare(sides[::-1])
    assert len(compared) == 9
    assert len(files()) == 9


def test_a_damaged_file_is_made_again(compared):
    sides = comparison().contenders
    cached_compare(sides)
    (file,) = files()
    file.write_bytes(file.read_bytes()[:100])
    cached_compare(sides)
    cached_compare(sides)
    assert len(compared) == 2


def test_the_number_and_the_bytes_of_files_are_bounded(compared, monkeypatch):
    sides = comparison().contenders
    monkeypatch.setattr(file_cache, "_MOST", 3)
    for seed in range(5):
        cached_compare(sides, seed=seed)
        for age, file in enumerate(files()):
            os.utime(file, (file.stat().st_mtime - 10 - age,) * 2)
    assert len(files()) == 3
    monkeypatch.setattr(file_cache, "_MOST_BYTES", 2 * files()[0].stat().st_size + 10)
    cached_compare(sides, seed=9)
    assert len(files()) == 2
    calls = len(compared)
    cached_compare(sides, seed=9)
    assert len(compared) == calls


def test_a_disk_that_cannot_be_written_caches_nothing(compared, monkeypatch):
    folder().parent.mkdir(parents=True, exist_ok=True)
    folder().write_text("a file where the folder should be")
    assert cached_compare(comparison().contenders) is comparison()
