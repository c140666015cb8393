"""A small server that speaks as much of the Hub's API as downloading a model takes."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class LocalHub:
    """Serves folders as model repositories at one commit; counts what it is asked for."""

    def __init__(self) -> None:
        self.repositories: dict[str, Path] = {}
        self.gated: set[str] = set()
        self.failing: set[str] = set()  # repositories whose information answers with status 500
        self.broken_files: set[str] = set()  # files that break off half way
        self.requests: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args):
                pass

            def do_HEAD(self):
                hub.answer(self, body=False)

            def do_GET(self):
                hub.answer(self, body=True)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, *, body: bool) -> None:
        path = unquote(urlsplit(handler.path).path)
        self.requests.append(f"{handler.command} {path}")
        if path.startswith("/api/models/"):
            self._information(handler, path.removeprefix("/api/models/"))
        elif "/resolve/" in path:
            name, _, rest = path.lstrip("/").partition("/resolve/")
            self._file(handler, name, rest.partition("/")[2], body=body)
        else:
            self._send(handler, 404, {"error": "not found"})

    def _information(self, handler, path: str) -> None:
        name, _, tail = path.partition("/revision/")
        name, _, tree = name.partition("/tree/")
        revision = tail or tree or "main"
        if name in self.failing:
            self._send(handler, 500, {"error": "oh dear"})
        elif name not in self.repositories:
            self._send(handler, 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        elif name in self.gated:
            self._send(handler, 403, {"error": "gated"}, {"X-Error-Code": "GatedRepo"})
        elif revision not in ("main", COMMIT):
            self._send(handler, 404, {"error": "no revision"}, {"X-Error-Code": "RevisionNotFound"})
        else:
            files = sorted(file for file in self.repositories[name].rglob("*") if file.is_file())
            names = [file.relative_to(self.repositories[name]).as_posix() for file in files]
            if tree:
                rows = [
                    {"type": "file", "path": label, "size": file.stat().st_size, "oid": _etag(file)}
                    for label, file in zip(names, files, strict=True)
                ]
                self._send(handler, 200, rows)
                return
            siblings = [
                {"rfilename": label, "size": file.stat().st_size}
                for label, file in zip(names, files, strict=True)
            ]
            self._send(
                handler, 200, {"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings, "tags": []}
            )

    def _file(self, handler, name: str, label: str, *, body: bool) -> None:
        root = self.repositories.get(name)
        file = root / label if root else None
        if file is None or not file.is_file():
            self._send(handler, 404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
            return
        content = file.read_bytes()
        handler.send_response(200)
        handler.send_header("X-Repo-Commit", COMMIT)
        handler.send_header("ETag", f'"{_etag(file)}"')
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if body:
            if label in self.broken_files:
                handler.wfile.write(content[: len(content) // 2])
                handler.close_connection = True
                return
            handler.wfile.write(content)

    @staticmethod
    def _send(handler, status: int, answer: object, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(answer).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(content)


def _etag(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()
