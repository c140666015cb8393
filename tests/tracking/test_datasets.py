"""Rows as datasets of MLflow, within what it takes."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import explorer
from explorer.tracking.datasets import corpus_dataset


@pytest.mark.slow
def test_long_names_and_many_columns_are_left_out_and_do_not_stop_the_run():
    names = ["text", *(f"{'é' * 190}{place}" for place in range(900))]
    rows = pd.DataFrame([["a", *range(900)], ["b", *range(900)]], columns=names)
    wide = corpus_dataset(explorer.open_corpus(rows, text="text", name="n" * 800))
    assert wide.name == "n" * 500
    assert "schema" not in {name for name, value in wide.to_dict().items() if value}
    few = corpus_dataset(explorer.open_corpus(rows[names[:3]], text="text", name="few"))
    assert len(json.loads(few.to_dict()["schema"])["mlflow_colspec"]) == 3
