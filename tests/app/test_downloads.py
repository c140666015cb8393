"""Every table that is downloaded is offered in the same three forms, with a word on formulas."""

import pytest

from explorer.ui.widgets.downloads import download_name
from tests.app.driving import finished, open_app, with_open

SMALL = {"corpus": "medicare-faq", "precision": "float32"}


@pytest.mark.parametrize(
    ("page", "parameters", "tables"),
    [
        ("search", {"q": "my card"}, {"Download the hits": "hits"}),
        (
            "similarity",
            {"view": "Near-duplicates", "threshold": "0.5"},
            {"Keep one of each group": "without-duplicates", "Groups": "groups"},
        ),
        ("clusters", {}, {"Download the assignments": "clusters"}),
        ("map", {"map-method": "PCA", "colour": "One colour"}, {"Coordinates": "map"}),
    ],
)
def test_tables_are_downloaded_in_three_forms(page, parameters, tables):
    app = finished(open_app(f"pages/{page}.py", **SMALL, **parameters), seconds=120)
    assert "Exact CSV" not in [button.proto.label for button in app.get("download_button")]
    for name in tables.values():
        with_open(app, f"formats-medicare-faq-{name}")
    labels = [button.proto.label for button in app.get("download_button")]
    forms = [form for table in tables for form in (f"{table} (CSV)", "Exact CSV", "Parquet")]
    first = labels.index(forms[0])  # what is before it is in the header
    assert labels[first : first + len(forms)] == forms
    told = [element.value for element in app.markdown if "run as a formula" in element.value]
    assert len(told) == len(tables)


def test_names_of_files_have_one_ending():
    assert download_name("typed.csv-clusters-exact.csv") == "typed-clusters-exact.csv"
    assert download_name("rows.jsonl-map.html") == "rows-map.html"
    assert download_name("song-moods-hits.csv") == "song-moods-hits.csv"
