"""Details of one dataset on the Hugging Face Hub: its card, configurations and splits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from explorer.errors import NotOnHubError
from explorer.hub.cards import read_card
from explorer.hub.client import get_json
from explorer.hub.dataset_search import MAX_CHARS, DatasetListing, listing_of
from explorer.hub.dataset_splits import DatasetSplit, splits_in
from explorer.hub.dataset_viewer import converted_rows
from explorer.hub.json_values import as_count, as_list, as_table, as_text
from explorer.hub.names import check_revision, is_commit, is_dataset_id

_MAX_SPLITS = 1_000

# The branch with the Hub's Parquet conversion. It exists for public datasets and for private ones of paying
# owners (huggingface.co/docs/dataset-viewer/valid), up to 5 GB unless the source is Parquet (…/parquet).
# huggingface_hub's list_dataset_parquet_files returns the same files, but no commit, and rejects mirrors.
_CONVERTED = "refs/convert/parquet"


@dataclass(frozen=True)
class DatasetDetails:
    """A dataset at one commit.

    Attributes:
        listing: The Hub's listing of it.
        commit: The commit.
        card: Markdown of its card, unchecked; None if there is none or the dataset is gated.
        splits: Its splits, grouped by configuration.
        features: The features that its card describes for each configuration, unchecked.
    """

    listing: DatasetListing
    commit: str
    card: str | None
    splits: tuple[DatasetSplit, ...]
    features: Mapping[str, object] = field(default_factory=dict)

    def find_split(self, config: str | None, split: str | None) -> DatasetSplit:
        """Find a split; None stands for the configuration `default` or the first, and `train` or the first.

        Raises:
            NotOnHubError: There is no such configuration or split, or no file with rows.
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


def dataset_details(name: str, revision: str | None = None) -> DatasetDetails:
    """Get the details of a dataset: card, configurations, splits and their files.

    Without a revision, the files are those of the Hub's Parquet conversion if it is complete; otherwise the
    dataset's own Parquet files; otherwise those of a partial conversion; otherwise its CSV, JSON Lines and
    text files. Row counts that the card does not state are requested from the dataset viewer, which counts
    the rows of the conversion.

    Args:
        name: `owner/name`.
        revision: Branch, tag or commit; None for the newest. It may be a commit of the conversion.

    Raises:
        NotOnHubError: The Hub has no such dataset or revision.
        HubUnreachableError: The Hub does not respond correctly.
    """
    if not is_dataset_id(name):
        raise NotOnHubError("That is not a valid dataset name.", where=f"{name:.100}", fix="Give owner/name.")
    check_revision(revision, name)
    response = _information(name, revision)
    listing = listing_of(name, response)
    commit = _commit(response, name)
    paths = _paths(response)
    card_data = as_table(response.get("cardData"))
    described = _dataset_info(card_data)
    own = list(splits_in(name, commit, paths, card_data))
    splits = [replace(split, rows=_rows(described, split)) for split in own[:_MAX_SPLITS]]
    if revision is None:
        converted = _converted(name)[:_MAX_SPLITS]
        if converted and (all(split.complete for split in converted) or not _has_parquet(own)):
            splits = _counted(name, [replace(split, rows=_rows(described, split)) for split in converted])
    card = None
    if "README.md" in paths:
        card = "" if paths["README.md"] == 0 else read_card(name, commit, "dataset")
    return DatasetDetails(
        listing=listing,
        commit=commit,
        card=card,
        splits=tuple(splits),
        features={config: info.get("features") for config, info in described.items()},
    )


def _choose(noun: str, name: str | None, names: list[str], usual: str, where: str) -> str:
    if name is None:
        return usual if usual in names else names[0]
    if name not in names:
        listed = ", ".join(names[:12]) + (f" and {len(names) - 12:,} more" if len(names) > 12 else "")
        raise NotOnHubError(f'There is no {noun} "{name:.100}".', where=where, fix=f"There is: {listed}.")
    return name


def _information(name: str, revision: str | None) -> Mapping[str, Any]:
    at = "" if revision is None else f"/revision/{quote(revision, safe='')}"
    return as_table(get_json(f"/api/datasets/{name}{at}", {"blobs": True}, where=name))


def _converted(name: str) -> list[DatasetSplit]:
    """The splits of the Hub's Parquet conversion; empty if there is none."""
    try:
        response = _information(name, _CONVERTED)
    except NotOnHubError:
        return []
    paths, commit = _paths(response), as_text(response.get("sha"), MAX_CHARS)
    return list(splits_in(name, commit, paths, {})) if commit and is_commit(commit) else []


def _counted(name: str, splits: list[DatasetSplit]) -> list[DatasetSplit]:
    """Splits of the conversion with row counts; a single file needs none, since its footer has it."""
    if all(split.rows is not None or len(split.files) == 1 for split in splits):
        return splits
    known = converted_rows(name)
    return [
        split if split.rows is not None else replace(split, rows=known.get((split.config, split.split)))
        for split in splits
    ]


def _commit(response: Mapping[str, Any], name: str) -> str:
    commit = as_text(response.get("sha"), MAX_CHARS)
    if not commit or not is_commit(commit):
        raise NotOnHubError("The Hub names no commit of the dataset.", where=name, fix="Try another dataset.")
    return commit


def _paths(response: Mapping[str, Any]) -> dict[str, int | None]:
    """Sizes of the files in bytes, by path; None if unknown."""
    paths: dict[str, int | None] = {}
    for item in map(as_table, as_list(response.get("siblings"))):
        path = item.get("rfilename")
        if isinstance(path, str) and ".." not in path and path.isprintable():
            paths[path] = as_count(item.get("size"))
    return paths


def _has_parquet(splits: list[DatasetSplit]) -> bool:
    return any(split.kind == "parquet" for split in splits)


def _dataset_info(card_data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Metadata of each configuration in a card."""
    infos = card_data.get("dataset_info")
    listed = infos if isinstance(infos, list) else [infos]
    return {
        as_text(info.get("config_name"), MAX_CHARS) or "default": info
        for info in listed
        if isinstance(info, dict)
    }


def _rows(described: Mapping[str, Mapping[str, Any]], split: DatasetSplit) -> int | None:
    splits = as_list(described.get(split.config, {}).get("splits")) if split.complete else []
    for entry in map(as_table, splits):
        if entry.get("name") == split.split:
            return as_count(entry.get("num_examples"))
    return None
