"""Assignment of a dataset's files to configurations and splits."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from explorer.hub.dataset_search import MAX_CHARS
from explorer.hub.json_values import as_list, as_table, as_text
from explorer.hub.ranges import HubFile
from explorer.settings import settings

# CONFIG/SPLIT/0000.parquet, where SPLIT may be `partial-train`, and beyond 10,000 files `train-part0`,
# `train-part1` and so on: libs/libcommon/src/libcommon/parquet_utils.py of huggingface/dataset-viewer, which
# relies on split names without hyphens.
_CONVERTED_FILE = re.compile(r"([^/]+)/(partial-)?([^/]+?)(?:-part(\d+))?/\d{4,}\.parquet")
_NUMBERED_FILE = re.compile(r"(?:.*/)?(?:\w*[-/])?(\w+)-\d{5}-of-\d{5}\b[^/]*")
_SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
# Builders of the library `datasets` by file suffix. Tables take precedence.
_TABLES = {
    ".csv": "csv",
    ".tsv": "csv",
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "json"),
    ".txt": "text",
}
_OTHERS = {
    ".tar": "webdataset",
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"), "imagefolder"),
}
_COMPRESSED = (".gz", ".bz2", ".xz")
_NO_DATA = {"dataset_infos.json", "dataset_info.json", "requirements.txt", "config.json", "license.txt"}


@dataclass(frozen=True)
class DatasetSplit:
    """The files of one split of one configuration.

    Attributes:
        config: The configuration.
        split: The split.
        kind: `parquet`; the suffix of a single file that is read whole; or `streamed`.
        files: Its files in order, at one commit.
        rows: Number of rows, from the card or the dataset viewer; None if unknown.
        complete: False if the Hub converted only the beginning of a large dataset; `rows` counts that part.
        builder: The builder of the library `datasets` that streams it; empty for other kinds.
    """

    config: str
    split: str
    kind: str
    files: tuple[HubFile, ...]
    rows: int | None
    complete: bool = True
    builder: str = ""

    @property
    def size(self) -> int | None:
        """Total size of its files in bytes; None if one is unknown."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def commit(self) -> str:
        """The commit of its files."""
        return self.files[0].commit


def splits_in(
    name: str, commit: str, paths: Mapping[str, int | None], card_data: Mapping[str, Any]
) -> Iterator[DatasetSplit]:
    """The splits in a dataset's Parquet files, or in its other files if it has none; `rows` is not set.

    Args:
        name: The dataset, `owner/name`.
        commit: The commit of its files.
        paths: File sizes in bytes by path; None if unknown.
        card_data: Metadata of its card, unchecked; empty for the Hub's conversion.
    """
    parquet = sorted((path for path in paths if path.endswith(".parquet")), key=_sort_key)
    if parquet:
        groups: dict[tuple[str, str], list[str]] = {}
        partial: set[tuple[str, str]] = set()
        for path in parquet:
            for config, split, complete in _places(path, card_data):
                groups.setdefault((config, split), []).append(path)
                if not complete:
                    partial.add((config, split))
        for (config, split), members in sorted(groups.items(), key=lambda group: group[0][0]):
            files = tuple(HubFile(name, commit, path, paths[path]) for path in members)
            yield DatasetSplit(config, split, "parquet", files, None, (config, split) not in partial)
        return
    places: dict[tuple[str, str], list[str]] = {}
    for path in filter(_is_data, sorted(paths)):
        for config, split, _ in _places(path, card_data):
            places.setdefault((config, split), []).append(path)
    for (config, split), members in places.items():
        others = [HubFile(name, commit, path, paths[path]) for path in members]
        yield from _without_parquet(config, split, others)


def _without_parquet(config: str, split: str, files: list[HubFile]) -> Iterator[DatasetSplit]:
    """Splits without Parquet: all files streamed as one, and each table that can be read whole.

    If there are several tables, the split of each is called by its path.
    """
    tables = [file for file in files if _builder(file.path) in _TABLES.values()]
    alone = [file for file in tables if _can_be_whole(file)]
    if len(files := tables or files) > 1 or not alone:
        builder = Counter(_builder(file.path) for file in files).most_common(1)[0][0]
        chosen = tuple(file for file in files if _builder(file.path) == builder)
        yield DatasetSplit(config, split, "streamed", chosen, None, builder=builder)
    for file in alone:
        kind = PurePosixPath(file.path).suffix.lstrip(".")
        yield DatasetSplit(config, file.path if len(files) > 1 else split, kind, (file,), None)


def _can_be_whole(file: HubFile) -> bool:
    """Whether a file is a table in a format for uploads, within the limit on file size."""
    within = file.size is None or file.size <= settings().max_file_mb * 1_000_000
    return within and PurePosixPath(file.path).suffix.lower() in _TABLES


def _builder(path: str) -> str:
    """The builder of `datasets` for a file; empty if there is none."""
    plain = PurePosixPath(path.lower())
    suffix = PurePosixPath(plain.stem).suffix if plain.suffix in _COMPRESSED else plain.suffix
    return (_TABLES | _OTHERS).get(suffix, "")


def _is_data(path: str) -> bool:
    plain = PurePosixPath(path)
    hidden = any(part.startswith((".", "_")) for part in plain.parts)
    return bool(_builder(path)) and plain.name.lower() not in _NO_DATA and "::" not in path and not hidden


def _places(path: str, card_data: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Configuration, split and completeness of a file, from the conversion's layout, the card or its name."""
    if converted := _CONVERTED_FILE.fullmatch(path):
        return [(converted[1], converted[3], converted[2] is None)]
    declared = list(_declared(path, card_data))
    return [(config, split or _split_of(path), True) for config, split in declared or [("default", None)]]


def _sort_key(path: str) -> tuple[int, str]:
    """Sort key of Parquet files: parts of a converted split in numeric order."""
    converted = _CONVERTED_FILE.fullmatch(path)
    return int(converted[4] or 0) if converted else 0, path


def _declared(path: str, card_data: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Configurations and splits by the card: huggingface.co/docs/hub/datasets-manual-configuration."""
    for config in map(as_table, as_list(card_data.get("configs"))):
        name = as_text(config.get("config_name"), MAX_CHARS) or "default"
        data_files = config.get("data_files")
        for entry in data_files if isinstance(data_files, list) else [data_files]:
            split = as_text(entry.get("split"), MAX_CHARS) if isinstance(entry, dict) else None
            patterns = entry.get("path") if isinstance(entry, dict) else entry
            for pattern in patterns if isinstance(patterns, list) else [patterns]:
                if isinstance(pattern, str) and fnmatch.fnmatchcase(
                    path, pattern.removeprefix("./")[:MAX_CHARS]
                ):
                    yield name, split


def _split_of(path: str) -> str:
    """The split in a file's name: huggingface.co/docs/hub/datasets-file-names-and-splits."""
    if numbered := _NUMBERED_FILE.fullmatch(path):
        return _SPLIT_WORDS.get(numbered[1], numbered[1])
    for part in reversed(path.lower().split("/")):
        for word in re.split(r"[^a-z]+", part):
            if word in _SPLIT_WORDS:
                return _SPLIT_WORDS[word]
    return "train"
