"""Cost against quality on the compare page."""

import dataclasses

import numpy as np
import pyarrow as pa

import explorer
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.numbers import number
from explorer.encode.spec import OwnVectors, Tfidf
from explorer.ui.compare.cost import sweeps_made
from tests.app.driving import button, figure, finished, labels, said
from tests.app.test_compare_views import HOSTILE, compared, comparison_of, labelled, rows, session_of, shown


def wide(count=70, dims=64):
    """Vectors of four topics that an eighth of the dimensions hold, with labels."""
    rng = np.random.default_rng(0)
    topic = np.arange(count) % 4
    vectors = rng.normal(scale=0.1, size=(count, dims))
    vectors[:, :8] += 2 * rng.normal(size=(4, 8))[topic]
    texts = [f"{text} {HOSTILE} {rng.integers(1e9)}" for text in rows(count)]
    table = {"body": texts, "topic": [f"topic {at}" for at in topic], "vector": vectors.tolist()}
    return explorer.open_corpus(table, text="body", label="topic", vectors="vector")


def written_in(table):
    """The texts that a table shows where they are not made in the browser."""
    return pa.ipc.open_stream(table.proto.arrow_data.styler.display_values).read_all().to_pydict()


def test_every_form_is_in_the_table_and_the_figure_with_the_choice_on_top():
    app = compared(wide(), OwnVectors(), "Cost")
    comparison = comparison_of(app)
    space = comparison.contenders[0].space
    expected = explorer.sweep(space, k=comparison.k, seed=comparison.seed)
    assert expected.text in said(app.markdown)
    assert expected.choice.rule in said(app.caption)
    table = app.dataframe[0].value
    chosen, forms = expected.choice.place, expected.table["form"].tolist()
    assert chosen > 0
    order = [chosen, *(at for at in range(len(forms)) if at != chosen)]
    assert table["form"].tolist() == [f"★ {forms[chosen]}", *(forms[at] for at in order[1:])]
    np.testing.assert_allclose(table["k-NN accuracy"], expected.quality[0].value[order])
    np.testing.assert_allclose(table["change, low end"], expected.quality[0].change_low[order])
    written = written_in(app.dataframe[0])["change"]
    assert written == [number(value, plus=True) for value in expected.quality[0].change[order]]
    assert any(text.startswith("−") for text in written)
    drawn = figure(app)
    assert drawn["layout"]["xaxis"]["type"] == "log"
    assert sum(len(trace.get("text", ())) for trace in drawn["data"]) == len(expected.forms)
    app.selectbox(key="compare-cost-by").set_value("neighbour recall@10").run()
    app = finished(app)
    assert "change" not in app.dataframe[0].value
    assert app.query_params["compare-cost-by"] in ("neighbour recall@10", ["neighbour recall@10"])


def test_the_report_has_the_sweep_once_it_was_made():
    app = compared(wide(), OwnVectors(), "Checks")
    session, comparison = session_of(app), comparison_of(app)
    assert sweeps_made(session, comparison) == []
    app = shown(app, "Cost")
    (found,) = sweeps_made(session, comparison)
    assert found.text in said(app.markdown)
    app = shown(app, "Checks")
    assert sweeps_made(session, comparison) == [found]
    assert sweeps_made(session, dataclasses.replace(comparison, k=3)) == []


def test_the_chosen_form_becomes_a_contender():
    app = compared(wide(), OwnVectors(), "Cost")
    before = len(comparison_of(app).contenders)
    assert len([label for label in labels(app) if label.startswith("Add it as a contender")]) == 1
    button(app, "Add it as a contender").click().run()
    app = finished(app)
    added = comparison_of(app).contenders
    assert len(added) == before + 1
    chosen = explorer.sweep(added[0].space, k=10).choice
    form = explorer.sweep(added[0].space, k=10).forms[chosen.place]
    assert added[-1].space.bytes_per_vector == form.bytes_per_vector
    assert added[-1].space.dims == form.dims


def test_only_encoders_with_full_vectors_are_offered():
    app = compared(labelled(), OwnVectors(), "Cost")
    assert app.selectbox(key="compare-cost-of").options == ["vectors in the rows", "TF-IDF"]
    app.selectbox(key="compare-cost-of").set_value("TF-IDF").run()
    app = finished(app)
    assert "memory" in said(app.markdown) or "full vectors" in said(app.markdown)


def test_a_comparison_opened_from_a_file_needs_its_vectors(tmp_path):
    app = compared(explorer.open_corpus(rows()), Tfidf(), "Cost")
    comparison_of(app).save(tmp_path / "saved")
    session = session_of(app)
    opened = open_comparison(tmp_path / "saved", comparison_of(app).corpus)
    session.comparison.shown = (session.comparison.shown[0], opened)
    app = finished(app.run())
    assert "The sweep is available once the contenders are encoded" in said(app.info)
