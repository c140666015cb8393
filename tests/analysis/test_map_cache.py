import os

import numpy as np
import pytest

from explorer.analysis import map_cache, projection
from explorer.analysis.specs import MapSpec
from explorer.settings import settings
from tests.analysis.test_projection import index_of


@pytest.fixture
def space():
    return index_of(np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32))


def made_again(monkeypatch):
    """Counts the layouts that are really made."""
    calls = []
    lay_out = projection.lay_out
    monkeypatch.setattr(projection, "lay_out", lambda *args: calls.append(1) or lay_out(*args))
    return calls


def files():
    return sorted((settings().cache_folder / "maps").glob("*"))


@pytest.mark.slow
def test_the_same_rows_and_choices_are_laid_out_once(space, monkeypatch):
    calls = made_again(monkeypatch)
    first = projection.umap(space, MapSpec(seed=3))
    again = projection.umap(index_of(space.vectors.copy()), MapSpec(seed=3))
    assert len(calls) == 1
    assert np.array_equal(first.coordinates, again.coordinates)
    assert (again.seed, again.neighbors, again.min_distance, again.recall) == (3, 15, 0.1, first.recall)
    assert not again.coordinates.flags.writeable


@pytest.mark.slow
@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"dims": 3}, {"n_neighbors": 5}, {"min_dist": 0.5}, {"metric": "euclidean"}]
)
def test_another_choice_is_another_map(space, monkeypatch, other):
    calls = made_again(monkeypatch)
    projection.umap(space, MapSpec())
    projection.umap(space, MapSpec(**other))
    assert len(calls) == 2


def test_one_changed_number_is_another_map(space, monkeypatch):
    calls = made_again(monkeypatch)
    projection.umap(space, MapSpec())
    changed = space.vectors.copy()
    changed[17, 3] = np.nextafter(changed[17, 3], np.float32(9))
    projection.umap(index_of(changed), MapSpec())
    assert len(calls) == 2


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut off", b"not a file of numbers"])
def test_a_damaged_map_is_made_again(space, monkeypatch, caplog, damage):
    calls = made_again(monkeypatch)
    first = projection.umap(space, MapSpec())
    (kept,) = files()
    kept.write_bytes(damage)
    again = projection.umap(space, MapSpec())
    assert len(calls) == 2
    assert np.array_equal(first.coordinates, again.coordinates)
    assert "made again" in caplog.text


def test_the_maps_used_last_are_kept(space, monkeypatch):
    monkeypatch.setattr(map_cache, "_MOST", 3)
    for seed in range(6):
        map_cache.keep_map(f"map{seed}", np.zeros((2, 2), np.float32), 1.0)
        path = settings().cache_folder / "maps" / f"map{seed}.npz"
        os.utime(path, (seed, seed))
    assert [path.name for path in files()] == ["map3.npz", "map4.npz", "map5.npz"]


def test_what_a_killed_process_was_writing_goes_when_a_map_is_looked_for(space):
    projection.umap(space, MapSpec())
    (kept,) = files()
    (kept.parent / "new-dead").mkdir()
    (kept.parent / "new-dead" / "map.npz").write_bytes(b"half of it")
    projection.umap(index_of(space.vectors.copy()), MapSpec())
    assert files() == [kept]


def test_a_folder_that_cannot_be_written_keeps_nothing_and_breaks_nothing(space, caplog):
    (settings().cache_folder / "maps").write_text("in the way")
    assert len(projection.umap(space, MapSpec())) == 60
    assert "cannot be cached" in caplog.text
