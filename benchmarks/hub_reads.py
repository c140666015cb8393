"""What a sample of a dataset on the Hub costs: our range requests beside huggingface_hub's `HfFileSystem`.

A million short rows in four Parquet files lie on a Hub on this machine. Both sides read the same columns of
the same random row groups and give the same rows. Counted are the bytes of files, all requests, and the time,
which has no network in it: on the real Hub each request costs a round trip.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.results import record
from explorer.data.hub.row_groups import RowGroup, draw_groups
from explorer.data.hub.rows import read_split
from explorer.hub.dataset_details import dataset_details
from tests.hub_datasets import CONVERTED_COMMIT, DatasetHub
from tests.hub_server import talk_to

NAME, FILES, LIMIT, GROUP_ROWS = "me/rows", 4, 10_000, 10_000
FOLDER = "default/train"
COLUMNS = ["text", "label"]
# fsspec reads ahead in blocks of 5 MB by default; without that, pyarrow may ask for its ranges at once.
PEERS: dict[str, dict[str, Any]] = {
    "HfFileSystem": {},
    "HfFileSystem, no cache": {"cache_type": "none"},
    "HfFileSystem, no cache, pre-buffered": {"cache_type": "none", "pre_buffer": True},
}


def main() -> None:
    """Print megabytes, requests and seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        hub = DatasetHub()
        talk_to(hub, patch, Path(folder) / "cache")
        size = serve(hub, Path(folder), rows)
        figures: dict[str, float | str] = {"rows": rows, "all files, MB": size / 1e6}
        ways: dict[str, Callable[[], pa.Table]] = {
            "ours": ours,
            "ours, with metadata columns": lambda: ours(metadata=True),
        }
        ways |= {name: functools.partial(theirs, **options) for name, options in PEERS.items()}
        tables: list[pa.Table] = []
        for name, read in ways.items():
            before, asked, began = hub.downloaded, len(hub.requests), time.perf_counter()
            tables.append(read().select(COLUMNS))
            seconds = time.perf_counter() - began
            megabytes, requests = (hub.downloaded - before) / 1e6, len(hub.requests) - asked
            print(f"{name}: {megabytes:.2f} MB of {size / 1e6:.1f}, {requests} requests, {seconds:.2f} s")
            figures |= {f"{name}, MB": megabytes, f"{name}, requests": requests, f"{name}, s": seconds}
        if not all(table.equals(tables[0]) for table in tables):
            raise RuntimeError("The rows differ: the figures are of different work.")
        hub.close()
    record("hub_reads", figures)


def serve(hub: DatasetHub, folder: Path, rows: int) -> int:
    """Serve so many rows as the Hub's own conversion of a dataset; gives the bytes of all files."""
    converted = folder / "converted"
    (converted / FOLDER).mkdir(parents=True)
    own = folder / "own"
    own.mkdir()
    random = np.random.default_rng(0)
    for part in range(FILES):
        many = rows // FILES
        numbers = random.integers(0, 10**6, (many, 2))
        table = pa.table(
            {
                "id": np.arange(many) + part * many,
                "text": [
                    f"message {row} about {one} and {other}" for row, (one, other) in enumerate(numbers)
                ],
                "label": [f"kind {one % 7}" for one in numbers[:, 0]],
                "url": [f"http://example.org/{one}/{other}" for one, other in numbers],
            }
        )
        pq.write_table(table, converted / FOLDER / f"{part:04}.parquet", row_group_size=GROUP_ROWS)
    hub.datasets[NAME], hub.conversions[NAME] = own, converted
    listed = [
        {"type": "file", "path": f"{FOLDER}/{file.name}", "size": file.stat().st_size, "oid": "0" * 40}
        for file in sorted((converted / FOLDER).iterdir())
    ]
    hub.bodies[f"/api/datasets/{NAME}/tree/{CONVERTED_COMMIT}/{FOLDER}"] = listed
    return sum(int(str(file["size"])) for file in listed)


def ours(*, metadata: bool = False) -> pa.Table:
    """The rows before sampling to the limit; `open_corpus` reads the metadata columns too."""
    split = dataset_details(NAME).find_split(None, None)
    return read_split(split, COLUMNS, limit=LIMIT, metadata=metadata).table


def theirs(*, pre_buffer: bool = False, **options: object) -> pa.Table:
    """The same rows by pyarrow over `HfFileSystem`."""
    from huggingface_hub import HfFileSystem

    HfFileSystem.clear_instance_cache()
    fs = HfFileSystem()
    paths = [f"datasets/{NAME}@{CONVERTED_COMMIT}/{FOLDER}/{part:04}.parquet" for part in range(FILES)]
    files = [pq.ParquetFile(fs.open(path, **options), pre_buffer=pre_buffer) for path in paths]
    groups: list[RowGroup] = []
    total = 0
    for part, file in enumerate(files):
        for index in range(file.metadata.num_row_groups):
            groups.append(RowGroup(part, index, total, file.metadata.row_group(index).num_rows))
            total += groups[-1].rows
    chosen, _ = draw_groups(groups, total, LIMIT, seed=0)
    tables = {group.first: files[group.part].read_row_group(group.index, columns=COLUMNS) for group in chosen}
    return pa.concat_tables([tables[first] for first in sorted(tables)])


if __name__ == "__main__":
    main()
