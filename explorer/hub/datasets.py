"""Datasets on the Hugging Face Hub: found, described, and their files listed by configuration and split."""

from __future__ import annotations

import datetime
import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import quote

from explorer.errors import GatedError, NotOnHubError
from explorer.hub.client import get_json
from explorer.hub.ranges import HubFile, read_small

Sort = Literal["downloads", "likes", "trending", "modified"]

_SORTS: dict[Sort, str] = {
    "downloads": "downloads",
    "likes": "likes",
    "trending": "trendingScore",
    "modified": "lastModified",
}
_EXPAND = ["author", "downloads", "likes", "lastModified", "gated", "tags", "private", "description"]
_MAX_LISTINGS = 100
_MAX_TAGS = 200
_MAX_CHARS = 500
_MAX_CARD_BYTES = 1_000_000
_MAX_SPLITS = 1_000
_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"\w[\w./-]{0,127}", re.ASCII)

# The branch on which the Hub keeps every dataset as Parquet: huggingface.co/docs/dataset-viewer/parquet
# huggingface_hub's list_dataset_parquet_files names the same files, but no commit, and refuses mirrors.
_CONVERTED = "refs/convert/parquet"
_CONVERTED_FILE = re.compile(r"([^/]+)/(partial-)?([^/]+)/\d{4,}\.parquet")
_NUMBERED_FILE = re.compile(r"(?:.*/)?(?:\w*[-/])?(\w+)-\d{5}-of-\d{5}\b[^/]*")
_SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
_DATA_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt")
_NO_DATA = {"dataset_infos.json", "dataset_info.json", "requirements.txt", "config.json", "license.txt"}


@dataclass(frozen=True)
class DatasetFilter:
    """What to look for; an empty field asks for nothing.

    Attributes:
        search: Words in the name.
        task: A task category, such as `text-classification`.
        language: A language's code, such as `en`.
        size: A size category, such as `10K<n<100K`.
        licence: A licence's code, such as `mit`.
        gated: Whether those that let in only approved people are listed too.
        sort: What comes first.
    """

    search: str = ""
    task: str = ""
    language: str = ""
    size: str = ""
    licence: str = ""
    gated: bool = False
    sort: Sort = "downloads"


@dataclass(frozen=True)
class DatasetListing:
    """What the Hub says of a dataset; None where it says nothing.

    Attributes:
        id: `owner/name`.
        author: The owner.
        downloads: Downloads in the last 30 days.
        likes: Likes.
        modified: When it last changed.
        licence: Its licence's code.
        size: Its size category, such as `10K<n<100K`.
        gated: Whether only approved people may read it.
        languages: Codes of its languages.
        tasks: Its task categories.
        tags: All its tags.
        description: A few sentences, as plain text.
    """

    id: str
    author: str | None
    downloads: int | None
    likes: int | None
    modified: datetime.datetime | None
    licence: str | None
    size: str | None
    gated: bool | None
    languages: tuple[str, ...]
    tasks: tuple[str, ...]
    tags: tuple[str, ...]
    description: str | None


@dataclass(frozen=True)
class DatasetSplit:
    """The files of one split of one configuration.

    Attributes:
        config: The configuration.
        split: The split.
        kind: `parquet`, or the kind of the one file it is.
        files: Its files in their order, at one commit.
        rows: Its rows, where the card says so.
        complete: False where the Hub converted the beginning of a large dataset only.
    """

    config: str
    split: str
    kind: str
    files: tuple[HubFile, ...]
    rows: int | None
    complete: bool = True

    @property
    def size(self) -> int | None:
        """Bytes of all its files; None when the Hub does not say them all."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def commit(self) -> str:
        """The commit the files are at."""
        return self.files[0].commit


@dataclass(frozen=True)
class DatasetDetails:
    """A dataset at one commit.

    Attributes:
        listing: What the Hub says of it.
        commit: The commit asked for.
        card: Its card, Markdown by a stranger; None without one, or where it is gated.
        splits: Its splits, those of one configuration together.
        features: For each configuration the features its card describes, unchecked.
    """

    listing: DatasetListing
    commit: str
    card: str | None
    splits: tuple[DatasetSplit, ...]
    features: Mapping[str, object] = field(default_factory=dict)

    def find_split(self, config: str | None, split: str | None) -> DatasetSplit:
        """The split meant; None takes the configuration `default` or the first, and `train` or the first.

        Raises:
            NotOnHubError: There is no such configuration or split, or no file of rows at all.
        """
        if not self.splits:
            raise NotOnHubError(
                "The dataset has no file of rows that can be opened here.",
                where=self.listing.id,
                fix="Choose one with Parquet, CSV or JSON Lines files.",
            )
        configs = list(dict.fromkeys(part.config for part in self.splits))
        config = _choose("configuration", config, configs, "default", self.listing.id)
        names = [part.split for part in self.splits if part.config == config]
        split = _choose("split", split, names, "train", f"{self.listing.id}, {config}")
        return next(part for part in self.splits if (part.config, part.split) == (config, split))


def is_dataset_id(name: str) -> bool:
    """Whether a name has the form of a Hub id, `owner/name`."""
    return bool(_ID.fullmatch(name)) and ".." not in name and "--" not in name


def search_datasets(wanted: DatasetFilter, limit: int = 30) -> list[DatasetListing]:
    """The datasets on the Hub that fit, in the order asked for.

    Args:
        wanted: What to look for.
        limit: Datasets at most; up to 100.

    Raises:
        HubUnreachableError: The Hub does not answer as it should.
    """
    tags = (
        ("task_categories", wanted.task),
        ("language", wanted.language),
        ("size_categories", wanted.size),
        ("license", wanted.licence),
    )
    limit = max(1, min(limit, _MAX_LISTINGS))
    params: dict[str, Any] = {
        "search": wanted.search.strip()[:_MAX_CHARS],
        "filter": [f"{kind}:{value.strip()[:_MAX_CHARS]}" for kind, value in tags if value.strip()],
        "sort": _SORTS[wanted.sort],
        "limit": limit,
        "expand": _EXPAND,
    }
    if not wanted.gated:
        params["gated"] = False
    answer = get_json(
        "/api/datasets", {name: value for name, value in params.items() if value not in ("", [])}
    )
    found = [_listing(item) for item in answer if isinstance(item, dict)] if isinstance(answer, list) else []
    return [listing for listing in found if listing is not None][:limit]


def dataset_details(name: str, revision: str | None = None) -> DatasetDetails:
    """What there is in a dataset: card, configurations, splits and their files.

    Without a revision the files are those of the Hub's own Parquet conversion, where there is a whole one;
    else the Parquet files of the dataset itself, else its CSV, JSON Lines and text files.

    Args:
        name: `owner/name`.
        revision: Branch, tag or commit; None for the newest. A commit of the conversion is one too.

    Raises:
        NotOnHubError: The Hub has no such dataset or revision.
        HubUnreachableError: The Hub does not answer as it should.
    """
    if not is_dataset_id(name):
        raise NotOnHubError("That is no name of a dataset.", where=f"{name:.100}", fix="Give owner/name.")
    if revision is not None and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise NotOnHubError("That is no name of a revision.", where=name, fix="Give a branch, tag or commit.")
    answer = _information(name, revision)
    listing = _facts(name, answer)
    commit = _commit(answer, name)
    paths = _paths(answer)
    card_data = answer.get("cardData")
    card_data = card_data if isinstance(card_data, dict) else {}
    described = _dataset_info(card_data)
    own = list(_own_splits(name, commit, paths, card_data))
    splits = own
    if revision is None:
        converted = _converted(name)
        if converted and (all(split.complete for split in converted) or not _has_parquet(own)):
            splits = converted
    card = None
    if "README.md" in paths:
        card = _card(HubFile(name, commit, "README.md", paths["README.md"]))
    return DatasetDetails(
        listing=listing,
        commit=commit,
        card=card,
        splits=tuple(replace(split, rows=_rows(described, split)) for split in splits[:_MAX_SPLITS]),
        features={config: info.get("features") for config, info in described.items()},
    )


def _card(file: HubFile) -> str | None:
    try:
        return read_small(file, _MAX_CARD_BYTES).decode("utf-8", errors="replace")
    except GatedError:  # what the listing says can be shown all the same
        return None


def _choose(noun: str, asked: str | None, names: list[str], usual: str, where: str) -> str:
    if asked is None:
        return usual if usual in names else names[0]
    if asked not in names:
        listed = ", ".join(names[:12]) + (f" and {len(names) - 12:,} more" if len(names) > 12 else "")
        raise NotOnHubError(f'There is no {noun} "{asked:.100}".', where=where, fix=f"There is: {listed}.")
    return asked


def _information(name: str, revision: str | None) -> dict[str, Any]:
    at = "" if revision is None else f"/revision/{quote(revision, safe='')}"
    answer = get_json(f"/api/datasets/{name}{at}", {"blobs": True}, where=name)
    return answer if isinstance(answer, dict) else {}


def _converted(name: str) -> list[DatasetSplit]:
    """The splits of the Hub's own conversion; none where it made none."""
    try:
        answer = _information(name, _CONVERTED)
    except NotOnHubError:
        return []
    paths, commit = _paths(answer), _text(answer.get("sha"))
    return list(_own_splits(name, commit, paths, {})) if commit else []


def _commit(answer: Mapping[str, Any], name: str) -> str:
    commit = _text(answer.get("sha"))
    if not commit or not _REVISION.fullmatch(commit):
        raise NotOnHubError("The Hub names no commit of the dataset.", where=name, fix="Try another dataset.")
    return commit


def _paths(answer: Mapping[str, Any]) -> dict[str, int | None]:
    """The files and their sizes."""
    siblings = answer.get("siblings")
    paths: dict[str, int | None] = {}
    for item in siblings if isinstance(siblings, list) else []:
        path = item.get("rfilename") if isinstance(item, dict) else None
        if isinstance(path, str) and ".." not in path and path.isprintable():
            paths[path] = _whole(item.get("size"))
    return paths


def _has_parquet(splits: list[DatasetSplit]) -> bool:
    return any(split.kind == "parquet" for split in splits)


def _own_splits(
    name: str, commit: str, paths: Mapping[str, int | None], card_data: Mapping[str, Any]
) -> Iterator[DatasetSplit]:
    parquet = sorted(path for path in paths if path.endswith(".parquet"))
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
    data = [path for path in sorted(paths) if _is_data(path)]
    places = [(path, place) for path in data for place in _places(path, card_data)]
    for path, (config, split, _) in places:
        shared = sum(place[:2] == (config, split) for _, place in places) > 1
        file = HubFile(name, commit, path, paths[path])
        kind = PurePosixPath(path).suffix.lstrip(".")
        yield DatasetSplit(config, path if shared else split, kind, (file,), None)


def _is_data(path: str) -> bool:
    plain = PurePosixPath(path)
    hidden = any(part.startswith((".", "_")) for part in plain.parts)
    return plain.suffix.lower() in _DATA_SUFFIXES and plain.name.lower() not in _NO_DATA and not hidden


def _places(path: str, card_data: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Configuration, split and completeness of a file: by the conversion's layout, the card, or its name."""
    if converted := _CONVERTED_FILE.fullmatch(path):
        return [(converted[1], converted[3], converted[2] is None)]
    declared = list(_declared(path, card_data))
    return [(config, split or _split_of(path), True) for config, split in declared or [("default", None)]]


def _declared(path: str, card_data: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Where a card's `configs` put a file: huggingface.co/docs/hub/datasets-manual-configuration."""
    configs = card_data.get("configs")
    for config in configs if isinstance(configs, list) else []:
        if not isinstance(config, dict):
            continue
        name = _text(config.get("config_name")) or "default"
        data_files = config.get("data_files")
        for entry in data_files if isinstance(data_files, list) else [data_files]:
            split = _text(entry.get("split")) if isinstance(entry, dict) else None
            patterns = entry.get("path") if isinstance(entry, dict) else entry
            for pattern in patterns if isinstance(patterns, list) else [patterns]:
                if isinstance(pattern, str) and fnmatch.fnmatchcase(
                    path, pattern.removeprefix("./")[:_MAX_CHARS]
                ):
                    yield name, split


def _split_of(path: str) -> str:
    """The split a file's name tells: huggingface.co/docs/hub/datasets-file-names-and-splits."""
    if numbered := _NUMBERED_FILE.fullmatch(path):
        return _SPLIT_WORDS.get(numbered[1], numbered[1])
    for part in reversed(path.lower().split("/")):
        for word in re.split(r"[^a-z]+", part):
            if word in _SPLIT_WORDS:
                return _SPLIT_WORDS[word]
    return "train"


def _dataset_info(card_data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What a card says of each configuration."""
    infos = card_data.get("dataset_info")
    listed = infos if isinstance(infos, list) else [infos]
    return {_text(info.get("config_name")) or "default": info for info in listed if isinstance(info, dict)}


def _rows(described: Mapping[str, Mapping[str, Any]], split: DatasetSplit) -> int | None:
    splits = described.get(split.config, {}).get("splits")
    for entry in splits if isinstance(splits, list) and split.complete else []:
        if isinstance(entry, dict) and entry.get("name") == split.split:
            return _whole(entry.get("num_examples"))
    return None


def _listing(item: Mapping[str, Any]) -> DatasetListing | None:
    name = item.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_CHARS or not name.isprintable():
        return None
    return _facts(name, item)


def _facts(name: str, item: Mapping[str, Any]) -> DatasetListing:
    given = item.get("tags")
    tags = [tag[:_MAX_CHARS] for tag in (given if isinstance(given, list) else []) if isinstance(tag, str)][
        :_MAX_TAGS
    ]
    gated = item.get("gated")
    return DatasetListing(
        id=name,
        author=_text(item.get("author")) or (name.split("/")[0] if "/" in name else None),
        downloads=_whole(item.get("downloads")),
        likes=_whole(item.get("likes")),
        modified=_date(item.get("lastModified")),
        licence=next(iter(_tagged(tags, "license")), None),
        size=next(iter(_tagged(tags, "size_categories")), None),
        gated=gated if isinstance(gated, bool) else True if gated in ("auto", "manual") else None,
        languages=_tagged(tags, "language"),
        tasks=_tagged(tags, "task_categories"),
        tags=tuple(tags),
        description=_text(item.get("description")),
    )


def _tagged(tags: list[str], kind: str) -> tuple[str, ...]:
    return tuple(tag.partition(":")[2] for tag in tags if tag.startswith(f"{kind}:"))


def _text(value: object) -> str | None:
    return value.strip()[:_MAX_CHARS] or None if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def _date(value: object) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
