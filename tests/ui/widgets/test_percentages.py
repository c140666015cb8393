import pyarrow as pa

from explorer.ui.widgets.percentages import in_percent


def test_shares_become_percentages_and_what_is_missing_or_no_share_stays():
    table = pa.table({"name": ["a", "b", "c"], "share": [0.5, None, 1.0], "rows": [1, 2, 3]})
    shown = in_percent(table, ("share",))
    assert shown.to_pydict() == {"name": ["a", "b", "c"], "share": [50.0, None, 100.0], "rows": [1, 2, 3]}
    assert table["share"].to_pylist() == [0.5, None, 1.0]


def test_a_table_without_rows_stays_one():
    assert in_percent(pa.table({"share": pa.array([], pa.float32())}), ("share",)).num_rows == 0
