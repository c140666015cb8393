"""The local Hub with datasets: folders, some of them with the Hub's own conversion to Parquet beside them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub_server import COMMIT, EVERYTHING, LocalHub

CONVERTED_COMMIT = "89abcdef0123456789abcdef0123456789abcdef"
_CONVERTED = "refs/convert/parquet"


class DatasetHub(LocalHub):
    """Serves folders as datasets too.

    Attributes:
        datasets: Folder of each dataset, by its id.
        conversions: Folder of the Hub's conversion of a dataset, by the dataset's id.
        whole_answers: Names of files that are sent whole, whatever range is asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.datasets: dict[str, Path] = {}
        self.conversions: dict[str, Path] = {}
        self.whole_answers: set[str] = set()

    @property
    def downloaded(self) -> int:
        """Bytes of files sent."""
        return sum(size for path, size in self.bytes_sent.items() if not path.startswith("/api/"))

    def answer(self, handler, *, body: bool) -> None:
        address = urlsplit(handler.path)
        path = unquote(address.path)
        if not path.startswith(("/api/datasets", "/datasets/")):
            super().answer(handler, body=body)
            return
        self.requests.append(f"{handler.command} {path}")
        self.queries.append(parse_qs(address.query))
        self.authorizations.append(handler.headers.get("Authorization", ""))
        if self.fails(handler, EVERYTHING):
            return
        if path in self.bodies:
            self._send(handler, 200, self.bodies[path])
        elif path == "/api/datasets":
            self._send(handler, 200, self._datasets_found(self.queries[-1]))
        elif match := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            self._dataset(handler, match[1], match[2])
        elif match := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._dataset_file(handler, *match.groups(), body=body)
        else:
            self._send(handler, 404, {"error": "not found"})

    def _folder(self, name: str, revision: str | None) -> tuple[Path | None, str]:
        if revision in (_CONVERTED, CONVERTED_COMMIT):
            return self.conversions.get(name), CONVERTED_COMMIT
        return (self.datasets.get(name) if revision in (None, "main", COMMIT) else None), COMMIT

    def _dataset(self, handler, name: str, revision: str | None) -> None:
        if self.fails(handler, name):
            return
        folder, commit = self._folder(name, revision)
        if name not in self.datasets:
            self._send(handler, 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        elif folder is None:
            self._send(handler, 404, {"error": "no revision"}, {"X-Error-Code": "RevisionNotFound"})
        else:
            files = sorted(file for file in folder.rglob("*") if file.is_file())
            siblings = [
                {"rfilename": file.relative_to(folder).as_posix(), "size": file.stat().st_size}
                for file in files
            ]
            self._send(handler, 200, {**self._said(name), "sha": commit, "siblings": siblings})

    def _dataset_file(self, handler, name: str, revision: str, label: str, *, body: bool) -> None:
        if self.fails(handler, name):
            return
        folder, _ = self._folder(name, revision)
        if name in self.gated:
            self._send(handler, 403, {"error": "gated"}, {"X-Error-Code": "GatedRepo"})
        elif folder is None or not (folder / label).is_file():
            self._send(handler, 404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        elif label.rpartition("/")[2] in self.whole_answers:
            del handler.headers["Range"]
            self.send_file(handler, folder / label, body=body)
        elif label.endswith(".parquet"):  # as files in Git LFS are
            headers = {**self._headers(folder / label), "Location": f"/lfs{folder / label}"}
            self._send(handler, 302, b"", headers)
        else:
            self.send_file(handler, folder / label, body=body)

    def _datasets_found(self, query: dict[str, list[str]]) -> list[dict]:
        said = [self._said(name) for name in sorted(self.datasets)]
        found = [
            item
            for item in said
            if query.get("search", [""])[0].lower() in item["id"].lower()
            and set(query.get("filter", [])) <= set(item["tags"])
            and (query.get("gated") not in (["false"], ["False"]) or not item["gated"])
        ]
        if key := query.get("sort", [""])[0]:
            found.sort(key=lambda item: item.get(key) or 0, reverse=True)
        return found[: int(query.get("limit", ["1000"])[0])]


def serve(hub, tmp_path, *paths, name="me/tickets", facts=None, converted=()):
    """Serve a dataset of files with five bytes each."""
    for kind, listed in (("datasets", paths), ("conversions", converted)):
        folder = tmp_path / kind / name
        folder.mkdir(parents=True)
        for path in listed:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(b"12345")
        if kind == "datasets" or listed:
            getattr(hub, kind)[name] = folder
    hub.facts[name] = facts or {}


def splits(details):
    """Paths by configuration and split."""
    return {(s.config, s.split): [file.path for file in s.files] for s in details.splits}
