"""A small server that speaks as much of the Hub's API as finding and downloading a model takes."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from explorer.errors import HubSilentError
from explorer.hub.client import get_json
from tests.local_server import LocalServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
EVERYTHING = "*"  # as a repository's name in a set of faults: every request fails so
_LFS_SUFFIXES = (".safetensors", ".bin", ".parquet")  # as on the Hub, these are served by redirection
_PIECE = 64 * 1024


class LocalHub:
    """Serves folders as model repositories at one commit; counts what it is asked for and what it sends.

    Attributes:
        repositories: Folder of each model, by its id.
        facts: What `/api/models` says of a model beside its files, by its id; sent as it is.
        bodies: Answers sent in place of the right one, by path: any JSON.
        requests: `METHOD path` of each request, in order.
        queries: The query of each request, in order.
        authorizations: The Authorization header of each request, "" for none.
        bytes_sent: Bytes of bodies sent, by path.
        broken_files: Names of files that break off half way.
        paused_files: Names of files that stay silent half way, until the server is closed.
        storage: Address of the server that large files are redirected to; "" for this one.
        limit_headers: What a limited answer says of the limit.
        gated, failing, limited, silent, nonsense: Repositories or paths that answer so; `EVERYTHING` stands
            for all.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Path] = {}
        self.facts: dict[str, dict] = {}
        self.bodies: dict[str, object] = {}
        self.gated: set[str] = set()  # status 403, and gated in what is said of it
        self.failing: set[str] = set()  # status 500
        self.limited: set[str] = set()  # status 429
        self.limit_headers = {"Retry-After": "60"}
        self.silent: set[str] = set()  # the connection is taken and nothing is said until the server closes
        self.nonsense: set[str] = set()  # status 200 and a page of HTML, as captive portals send
        self.storage = ""
        self.broken_files: set[str] = set()
        self.paused_files: set[str] = set()
        self.requests: list[str] = []
        self.queries: list[dict[str, list[str]]] = []
        self.authorizations: list[str] = []
        self.bytes_sent: Counter[str] = Counter()
        self.closed = threading.Event()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args):
                pass

            def do_HEAD(self):
                self._answer(body=False)

            def do_GET(self):
                self._answer(body=True)

            do_POST = do_PUT = do_GET  # noqa: N815 - the names that the library looks for

            def _answer(self, *, body: bool):
                try:
                    hub.answer(self, body=body)
                except ConnectionError:  # the client has had enough
                    self.close_connection = True

        self._server = LocalServer(Handler)

    @property
    def url(self) -> str:
        return self._server.url

    def close(self) -> None:
        self.closed.set()
        self._server.close()

    def answer(self, handler: BaseHTTPRequestHandler, *, body: bool) -> None:
        """Answer one request; a subclass looks at the path first and leaves the rest to this."""
        address = urlsplit(handler.path)
        path = unquote(address.path)
        self.requests.append(f"{handler.command} {path}")
        self.queries.append(parse_qs(address.query))
        self.authorizations.append(handler.headers.get("Authorization", ""))
        if self.fails(handler, EVERYTHING) or self.fails(handler, path):
            return
        if path in self.bodies:
            self._send(handler, 200, self.bodies[path])
        elif path == "/api/models":
            self._send(handler, 200, self._found(self.queries[-1]))
        elif path.startswith("/api/models/"):
            self._information(handler, path.removeprefix("/api/models/"))
        elif match := re.fullmatch(r"/(.+?)/resolve/([^/]+)/(.+)", path):
            self._resolve(handler, match[1], match[3], body=body)
        elif match := re.fullmatch(r"/lfs/(.+)", path):
            self.send_file(handler, Path("/") / match[1], body=body)
        else:
            self._send(handler, 404, {"error": "not found"})

    def fails(self, handler: BaseHTTPRequestHandler, name: str) -> bool:
        """Answer as a repository's fault wants it; False when it has none."""
        if name in self.failing:
            self._send(handler, 500, {"error": "oh dear"})
        elif name in self.limited:
            self._send(handler, 429, {"error": "too many requests"}, self.limit_headers)
        elif name in self.silent:
            self.closed.wait(60)
            handler.close_connection = True
        elif name in self.nonsense:
            self._send(handler, 200, b"<html><body>Please accept the terms of this hotel.</body></html>")
        else:
            return False
        return True

    def _found(self, query: dict[str, list[str]]) -> list[dict]:
        def wanted(said: dict) -> bool:
            filters = [tag for tag in query.get("filter", []) if tag]
            known = {*said.get("tags", []), said.get("pipeline_tag"), said.get("library_name")}
            return (
                query.get("search", [""])[0].lower() in said["id"].lower()
                and set(filters) <= known
                and query.get("pipeline_tag", [said.get("pipeline_tag")])[0] == said.get("pipeline_tag")
                and (query.get("gated") != ["false"] or not said.get("gated"))
            )

        found = [said for said in map(self._said, sorted(self.repositories)) if wanted(said)]
        if key := query.get("sort", [""])[0]:
            found.sort(key=lambda said: said.get(key) or 0, reverse=True)
        return [_expanded(said, query) for said in found[: int(query.get("limit", ["1000"])[0])]]

    def _said(self, name: str) -> dict:
        return {
            "id": name,
            "modelId": name,
            "author": name.partition("/")[0],
            "sha": COMMIT,
            "gated": "manual" if name in self.gated else False,
            "tags": [],
            **self.facts.get(name, {}),
        }

    def _information(self, handler, path: str) -> None:
        name, _, tail = path.partition("/revision/")
        name, _, tree = name.partition("/tree/")
        revision = tail or tree or "main"
        if self.fails(handler, name):
            return
        if name not in self.repositories:
            self._send(handler, 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            return
        if revision not in ("main", COMMIT):
            self._send(handler, 404, {"error": "no revision"}, {"X-Error-Code": "RevisionNotFound"})
            return
        root = self.repositories[name]
        files = sorted(file for file in root.rglob("*") if file.is_file())
        sizes = {file.relative_to(root).as_posix(): file.stat().st_size for file in files}
        if tree:
            rows = [
                {"type": "file", "path": label, "size": size, "oid": _etag(root / label)}
                for label, size in sizes.items()
            ]
            self._send(handler, 200, rows)
            return
        query = self.queries[-1]
        siblings = [{"rfilename": label} for label in sizes]
        if query.get("blobs"):
            siblings = [_sibling(root / label, label, size) for label, size in sizes.items()]
        self._send(handler, 200, _expanded({**self._said(name), "siblings": siblings}, query))

    def _resolve(self, handler, name: str, label: str, *, body: bool) -> None:
        if self.fails(handler, name):
            return
        root = self.repositories.get(name)
        if root is None:
            self._send(handler, 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        elif name in self.gated:
            self._send(handler, 403, {"error": "gated"}, {"X-Error-Code": "GatedRepo"})
        elif not (root / label).is_file():
            self._send(handler, 404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        elif label.endswith(_LFS_SUFFIXES):
            headers = {**self._headers(root / label), "Location": f"{self.storage}/lfs{root / label}"}
            self._send(handler, 302, b"", headers)
        else:
            self.send_file(handler, root / label, body=body)

    def send_file(self, handler: BaseHTTPRequestHandler, path: Path, *, body: bool) -> None:
        """Send a file, or the part of it that a Range header asks for; with its faults, if it has any."""
        content = path.read_bytes()
        start, end, status = 0, len(content), 200
        if match := re.fullmatch(r"bytes=(\d*)-(\d*)", handler.headers.get("Range", "")):
            status = 206
            if match[1]:
                start, end = int(match[1]), min(int(match[2] or end) + 1, end)
            else:
                start = max(end - int(match[2]), 0)
        handler.send_response(status)
        for header, value in self._headers(path).items():
            handler.send_header(header, value)
        handler.send_header("Accept-Ranges", "bytes")
        if status == 206:
            handler.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        handler.send_header("Content-Length", str(end - start))
        handler.end_headers()
        if not body:
            return
        stopped = path.name in self.broken_files | self.paused_files
        last = len(content) // 2 if stopped else end
        for at in range(start, last, _PIECE):
            piece = content[at : min(at + _PIECE, last)]
            # Counted before it is sent, so that whoever has it finds it counted.
            self.bytes_sent[unquote(urlsplit(handler.path).path)] += len(piece)
            handler.wfile.write(piece)
        if path.name in self.paused_files:
            handler.wfile.flush()
            self.closed.wait(60)
        if stopped:
            handler.close_connection = True

    def commit_of(self, file: Path) -> str:
        """The commit that a file is served from."""
        return COMMIT

    def _headers(self, file: Path) -> dict[str, str]:
        return {
            "X-Repo-Commit": self.commit_of(file),
            "ETag": f'"{_etag(file)}"',
            "X-Linked-Etag": f'"{_etag(file)}"',
            "X-Linked-Size": str(file.stat().st_size),
        }

    def _send(self, handler, status: int, answer: object, headers: dict[str, str] | None = None) -> None:
        """Send an answer: bytes as they are, anything else as JSON."""
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        handler.send_response(status)
        kind = "text/html" if isinstance(answer, bytes) else "application/json"
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            self.bytes_sent[unquote(urlsplit(handler.path).path)] += len(content)
            handler.wfile.write(content)


def _sibling(file: Path, label: str, size: int) -> dict:
    if not label.endswith(_LFS_SUFFIXES):
        return {"rfilename": label, "size": size, "blobId": _etag(file)}
    lfs = {"sha256": _etag(file), "size": size, "pointerSize": 134}
    return {"rfilename": label, "size": size, "blobId": "0" * 40, "lfs": lfs}


def _expanded(said: dict, query: dict[str, list[str]]) -> dict:
    """The properties a query asks for; all of them when it names none."""
    kept = query.get("expand")
    return {key: value for key, value in said.items() if kept is None or key in ("id", "modelId", *kept)}


def _etag(file: Path) -> str:
    """As on the Hub: SHA-256 of a large file, the SHA-1 that git names another by."""
    content = file.read_bytes()
    if file.name.endswith(_LFS_SUFFIXES):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def talk_to(server: LocalHub, monkeypatch, cache: Path) -> None:
    """Point huggingface_hub at a server, and at a cache of its own; `impatient` makes it give up soon."""
    from huggingface_hub import constants
    from huggingface_hub.utils import close_session

    close_session()  # a connection kept from a server that is gone may lead to a port that this one was given
    # This server shares its process with the tests: beside other work it may take seconds to answer.
    monkeypatch.setattr("explorer.hub.client._ANSWER_SECONDS", 60.0)

    for module in ("huggingface_hub.constants", "huggingface_hub.hf_api", "huggingface_hub.file_download"):
        monkeypatch.setattr(f"{module}.ENDPOINT", server.url, raising=False)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))


def impatient(monkeypatch) -> None:
    """Have the client give up a silent server after a moment."""
    monkeypatch.setattr("explorer.hub.client._ANSWER_SECONDS", 0.3)


def unanswered(path: str, **params: str) -> None:
    """Ask a silent server something, and give up soon."""
    with pytest.MonkeyPatch.context() as patch:
        impatient(patch)
        with pytest.raises(HubSilentError, match="cannot be reached"):
            get_json(path, params)
