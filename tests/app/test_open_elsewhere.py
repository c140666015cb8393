"""The map's rows leave for other programs: only those on it, and made only when asked for."""

import io
import zipfile

import numpy as np
import pyarrow.parquet as pq
import pytest

from explorer.jobs import memory_limit
from explorer.ui.map import elsewhere
from tests.app.driving import error, finished, open_app, said, session_of

SONGS = {"corpus": "song-moods", "map-method": "PCA", "colour": "none"}
ATLAS, PROJECTOR = "Save for Embedding Atlas (Parquet)", "Save for TensorBoard Projector (ZIP)"


@pytest.fixture
def offered(monkeypatch):
    """What the page last offered, by label: the function that makes the file, and its name."""
    found = {}

    def offer(label, make, name):
        found[label] = make, name

    monkeypatch.setattr(elsewhere, "download_file", offer)
    return found


def opened(tool="atlas", **parameters):
    app = finished(open_app("pages/map.py", **SONGS, **parameters))
    app.session_state["open-elsewhere"] = True
    finished(app.run())
    return finished(app.segmented_control(key="elsewhere-tool").set_value(tool).run())


def test_nothing_is_computed_until_it_is_opened():
    app = finished(open_app("pages/map.py", **SONGS))
    assert "Open elsewhere" in [part.label for part in app.expander]
    assert not [key for key in session_of(app).results if "atlas-neighbors" in str(key)]
    labels = [button.proto.label for button in app.get("download_button")]
    assert not {ATLAS, PROJECTOR} & set(labels)


def test_embedding_atlas_gets_the_map_as_it_is_and_its_command(offered):
    app = opened()
    make, name = offered[ATLAS]
    table = pq.read_table(io.BytesIO(make()))
    assert name == "song-moods-atlas.parquet"
    install, command = app.code[-1].value.splitlines()
    assert install == "pip install embedding-atlas"
    assert command.startswith(f"embedding-atlas {name} --text ")
    session = session_of(app)
    assert table[session.corpus.text].to_pylist() == session.corpus.texts
    coordinates = session.spaces[session.encoder].project(method="pca").coordinates
    assert np.array_equal(table["projection_x"], coordinates[:, 0])
    assert np.array_equal(table["projection_y"], coordinates[:, 1])


def test_rows_that_a_filter_hides_stay_here_and_neighbours_are_among_the_others(offered):
    app = opened(filters="mood:in:angry")
    session = session_of(app)
    rows = np.flatnonzero(session.passing)
    assert 1 < len(rows) < 100
    table = pq.read_table(io.BytesIO(offered[ATLAS][0]()))
    assert table["source_row"].to_pylist() == (rows + 1).tolist()
    space = session.spaces[session.encoder]
    assert np.array_equal(table["projection_x"], space.project(method="pca").coordinates[rows, 0])
    near = space.subspace(rows).neighbors(15).indices
    assert [one["ids"] for one in table["__neighbors"].to_pylist()] == near.tolist()
    finished(app.segmented_control(key="elsewhere-tool").set_value("projector").run())
    with zipfile.ZipFile(io.BytesIO(offered[PROJECTOR][0]())) as archive:
        read = np.loadtxt(archive.open("tensors.tsv"), np.float32, delimiter="\t")
        lines = archive.read("metadata.tsv").decode().splitlines()
    assert np.array_equal(read, space.vectors[rows])
    assert [line.split("\t")[0] for line in lines] == ["source_row", *map(str, rows + 1)]


def test_what_the_projector_changes_and_leaves_out_is_told(offered, monkeypatch):
    app = opened("projector")
    assert "tabs and line breaks become spaces" in said(app.caption)
    assert "TensorBoard loads" not in said(app.caption)
    name = offered[PROJECTOR][1]
    assert name == "song-moods-projector.zip"
    assert f"python -m zipfile -e {name} song-moods-projector" in app.code[-1].value
    assert app.code[-1].value.endswith("tensorboard --logdir song-moods-projector")
    monkeypatch.setattr(elsewhere, "UMAP_ROWS", 215)
    finished(app)
    assert "UMAP from 215 rows and t-SNE from 10,000 at most; TensorBoard loads the first 100,000" in said(
        app.caption
    )


def test_a_map_in_three_dimensions_is_no_map_for_embedding_atlas(offered):
    app = opened(**{"map-dims": "3"})
    assert "Choose 2 dimensions" in said(app.caption)
    assert ATLAS not in offered
    finished(app.segmented_control(key="elsewhere-tool").set_value("projector").run())
    assert PROJECTOR in offered


@pytest.mark.parametrize("tool", ["atlas", "projector"])
def test_a_file_that_does_not_fit_in_memory_is_refused_in_words(tool, offered, monkeypatch):
    app = opened(tool)
    offered.clear()
    monkeypatch.setattr(memory_limit, "memory_left", lambda: 10.0)
    finished(app)
    assert "The file needs about" in error(app)
    assert not offered
