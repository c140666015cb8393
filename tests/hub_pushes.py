"""The local Hub to which datasets and static Spaces can be pushed: accounts, uploads and commits."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

from tests.hub_datasets import DatasetHub
from tests.hub_server import EVERYTHING

TOKEN = "hf_" + "writes" * 5  # made up
_PUSHED = r"(datasets|spaces)/([^/]+/[^/]+)"
_LARGE = 10_000_000  # bytes from which the Hub keeps also texts in its storage
_WELCOME = {  # what the Hub puts into a new static Space, beside its card
    "index.html": b"<!doctype html><title>Welcome</title>",
    "style.css": b"body {}",
}
_FRONT_MATTER = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)


@dataclass
class Person:
    """An account of the local Hub."""

    name: str
    organisations: tuple[str, ...] = ()
    role: str = "write"


@dataclass
class Repository:
    """A repository that was pushed; each commit is a folder."""

    private: bool
    commits: dict[str, Path] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)  # of the commits, oldest first

    @property
    def newest(self) -> str:
        return list(self.commits)[-1]


class PushHub(DatasetHub):
    """Takes what huggingface_hub pushes, and serves it like any other dataset or Space.

    Attributes:
        people: Accounts by token.
        pushed: The datasets that were made here.
        spaces: The Spaces.
        broken_uploads: How many uploads are still to break off half way.
        refused: What is said of paths that are refused with a status: `{path: (status, words)}`.
        bodies_received: Everything that was sent here, by path.
    """

    def __init__(self, storage: Path) -> None:
        super().__init__()
        self.people = {TOKEN: Person("me", ("acme",))}
        self.pushed: dict[str, Repository] = {}
        self.spaces: dict[str, Repository] = {}
        self.broken_uploads = 0
        self.refused: dict[str, tuple[int, str]] = {}
        self.bodies_received: dict[str, bytes] = {}
        self._blobs = storage / "blobs"
        self._folders = storage / "commits"
        self._blobs.mkdir(parents=True)

    def newest(self, name: str) -> Path:
        """The folder of the newest version of a dataset."""
        return _newest(self.pushed[name])

    def newest_page(self, name: str) -> Path:
        """The folder of the newest version of a Space."""
        return _newest(self.spaces[name])

    def _made(self, folder: str) -> dict[str, Repository]:
        return self.pushed if folder == "datasets" else self.spaces

    def answer(self, handler, *, body: bool) -> None:
        path = unquote(urlsplit(handler.path).path)
        if handler.command in ("GET", "HEAD") and path != "/api/whoami-v2" and "/tree/" not in path:
            if match := re.fullmatch(r"/api/spaces/([^/]+/[^/]+)(/commits/main)?", path):
                self._space(handler, match[1], commits=match[2] is not None)
            else:
                super().answer(handler, body=body)
            return
        self.requests.append(f"{handler.command} {path}")
        self.queries.append(parse_qs(urlsplit(handler.path).query))
        self.authorizations.append(handler.headers.get("Authorization", ""))
        if handler.command == "PUT" and self.broken_uploads:
            self.broken_uploads -= 1
            handler.rfile.read(int(handler.headers["Content-Length"]) // 2)
            handler.connection.close()
            handler.close_connection = True
            return
        sent = self._received(handler)
        self.bodies_received[path] = sent
        if self.fails(handler, EVERYTHING) or self.fails(handler, path):
            return
        if path in self.refused:
            status, words = self.refused[path]
            self._send(handler, status, {"error": words})
            return
        if path.startswith("/upload/"):  # by an address that needs no token
            oid = hashlib.sha256(sent).hexdigest()
            assert path == f"/upload/{oid}"
            (self._blobs / oid).write_bytes(sent)
            self._send(handler, 200, b"")
            return
        person = self._person(handler)
        if person is None:
            words = {"X-Error-Message": "Invalid credentials in Authorization header"}
            self._send(handler, 401, {"error": "Invalid credentials"}, words)
        elif path == "/api/whoami-v2":
            self._who(handler, person)
        elif path == "/api/validate-yaml":
            self._send(handler, 200, {"errors": [], "warnings": []})
        elif path == "/api/repos/create":
            self._create(handler, person, json.loads(sent))
        elif match := re.fullmatch(rf"/api/{_PUSHED}/preupload/main", path):
            self._modes(handler, person, json.loads(sent))
        elif match := re.fullmatch(rf"/{_PUSHED}\.git/info/lfs/objects/batch", path):
            self._batch(handler, json.loads(sent))
        elif match := re.fullmatch(rf"/api/{_PUSHED}/commit/main", path):
            self._commit(handler, *match.groups(), [json.loads(line) for line in sent.splitlines()])
        elif match := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)/paths-info/([^/]+)", path):
            self._paths(handler, match[1], match[2], parse_qs(sent.decode()))
        elif match := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)/tree/([^/]+)/?(.*)", path):
            self._tree(handler, *match.groups())
        else:
            self._send(handler, 404, {"error": "not found"})

    def _received(self, handler) -> bytes:
        if handler.headers.get("Transfer-Encoding") != "chunked":
            return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        content = b""
        while size := int(handler.rfile.readline(), 16):
            content += handler.rfile.read(size)
            handler.rfile.readline()
        handler.rfile.readline()
        return content

    def _person(self, handler) -> Person | None:
        return self.people.get(handler.headers.get("Authorization", "").removeprefix("Bearer "))

    def _who(self, handler, person: Person) -> None:
        self._send(
            handler,
            200,
            {
                "type": "user",
                "name": person.name,
                "orgs": [{"type": "org", "name": name} for name in person.organisations],
                "auth": {"type": "access_token", "accessToken": {"displayName": "x", "role": person.role}},
            },
        )

    def _create(self, handler, person: Person, wanted: dict) -> None:
        owner = wanted["organization"] or person.name
        name = f"{owner}/{wanted['name']}"
        kind = f"{wanted['type']}s"
        made, taken = self._made(kind), kind == "datasets" and name in self.datasets
        if person.role == "read" or owner not in (person.name, *person.organisations):
            self._send(handler, 403, {"error": "You don't have the rights to create a dataset"})
        elif name in made or taken:
            self._send(handler, 409, {"error": "You already created this repo"})
        else:
            made[name] = Repository(wanted.get("visibility") == "private")
            files = {".gitattributes": b"*.parquet filter=lfs\n"}
            if kind == "spaces":
                card = f"---\ntitle: {wanted['name']}\nsdk: {wanted['sdk']}\n---\n"
                files |= {"README.md": card.encode(), **_WELCOME}
            self._keep(kind, name, files, "initial commit")
            self._send(handler, 200, {"url": f"{self.url}/{kind}/{name}", "name": name})

    def _modes(self, handler, person: Person, wanted: dict) -> None:
        if person.role == "read":
            self._send(handler, 403, {"error": "Forbidden"})
            return
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if _is_large(file["path"], file["size"]) else "regular",
                "shouldIgnore": False,
            }
            for file in wanted["files"]
        ]
        self._send(handler, 200, {"files": files})

    def _batch(self, handler, wanted: dict) -> None:
        objects = []
        for item in wanted["objects"]:
            known = (self._blobs / item["oid"]).is_file()
            upload = {"upload": {"href": f"{self.url}/upload/{item['oid']}"}}
            objects.append(item if known else {**item, "actions": upload})
        self._send(handler, 200, {"transfer": "basic", "objects": objects})

    def _commit(self, handler, kind: str, name: str, lines: list[dict]) -> None:
        files, title = {}, ""
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                title = value["summary"]
            elif line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = (self._blobs / value["oid"]).read_bytes()
        commit = self._keep(kind, name, files, title)
        found = {"commitUrl": f"{self.url}/{kind}/{name}/commit/{commit}", "commitOid": commit}
        self._send(handler, 200, {**found, "success": True, "pullRequestUrl": None})

    def _keep(self, kind: str, name: str, files: dict[str, bytes], title: str) -> str:
        repository = self._made(kind)[name]
        repository.titles.append(title)
        commit = hashlib.sha1(f"{kind} {name} {len(repository.commits)}".encode()).hexdigest()
        folder = self._folders / commit
        if repository.commits:
            shutil.copytree(_newest(repository), folder)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        repository.commits[commit] = folder
        if kind == "datasets":
            self.datasets[name] = folder
        return commit

    def _space(self, handler, name: str, *, commits: bool) -> None:
        """What the Hub says of a Space, or which commits it has, newest first."""
        self.requests.append(f"{handler.command} {unquote(urlsplit(handler.path).path)}")
        self.queries.append({})
        self.authorizations.append(handler.headers.get("Authorization", ""))
        if self.fails(handler, EVERYTHING) or self._hidden(handler, "spaces", name):
            return
        repository = self.spaces.get(name)
        if repository is None:
            self._send(handler, 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        elif commits:
            self._send(
                handler, 200, [{"id": "0" * 40, "title": title} for title in reversed(repository.titles)]
            )
        else:
            folder = _newest(repository)
            files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
            siblings = [
                {"rfilename": path.relative_to(folder).as_posix(), "size": path.stat().st_size}
                for path in files
            ]
            said = {"id": name, "private": repository.private, "sha": repository.newest}
            self._send(handler, 200, {**said, **_card_of(folder), "siblings": siblings})

    def _folder(self, name: str, revision: str | None) -> tuple[Path | None, str]:
        repository = self.pushed.get(name)
        if repository is None:
            return super()._folder(name, revision)
        commit = repository.newest if revision in (None, "main") else str(revision)
        return repository.commits.get(commit), commit

    def commit_of(self, file: Path) -> str:
        inside = file.is_relative_to(self._folders)
        return file.relative_to(self._folders).parts[0] if inside else super().commit_of(file)

    def _dataset(self, handler, name: str, revision: str | None) -> None:
        if not self._hidden(handler, "datasets", name):
            super()._dataset(handler, name, revision)

    def _dataset_file(self, handler, name: str, revision: str, label: str, *, body: bool) -> None:
        if not self._hidden(handler, "datasets", name):
            super()._dataset_file(handler, name, revision, label, body=body)

    def _hidden(self, handler, kind: str, name: str) -> bool:
        """Answer as the Hub does for a private repository that somebody else asks for."""
        repository, person = self._made(kind).get(name), self._person(handler)
        if repository is None or not repository.private:
            return False
        if person is not None and name.partition("/")[0] in (person.name, *person.organisations):
            return False
        self._send(handler, 401, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        return True

    def _said(self, name: str) -> dict:
        said = super()._said(name)
        if name not in self.pushed:
            return said
        private, newest = self.pushed[name].private, self.pushed[name].newest
        return {**said, "private": private, "sha": newest, **_card_of(self.newest(name))}

    def _entry(self, folder: Path, file: Path) -> dict:
        content = file.read_bytes()
        entry = {"type": "file", "path": file.relative_to(folder).as_posix(), "size": len(content)}
        entry["oid"] = hashlib.sha1(content).hexdigest()
        if file.suffix == ".parquet":
            entry["lfs"] = {
                "oid": hashlib.sha256(content).hexdigest(),
                "size": len(content),
                "pointerSize": 134,
            }
        return entry

    def _paths(self, handler, name: str, revision: str, wanted: dict) -> None:
        folder, _ = self._folder(name, revision)
        found = []
        for path in wanted.get("paths", []):
            if (folder / path).is_file():
                found.append(self._entry(folder, folder / path))
            elif (folder / path).is_dir():
                found.append({"type": "directory", "path": path, "oid": "0" * 40})
        self._send(handler, 200, found)

    def _tree(self, handler, name: str, revision: str, below: str) -> None:
        folder, _ = self._folder(name, revision)
        if not (folder / below).is_dir():
            self._send(handler, 404, {"error": "none"}, {"X-Error-Code": "EntryNotFound"})
            return
        deep = self.queries[-1].get("recursive", ["false"])[0].lower() in ("true", "1")
        listed = sorted((folder / below).rglob("*") if deep else (folder / below).iterdir())
        found = [
            self._entry(folder, path)
            if path.is_file()
            else {"type": "directory", "path": path.relative_to(folder).as_posix(), "oid": "0" * 40}
            for path in listed
        ]
        self._send(handler, 200, found)


def _newest(repository: Repository) -> Path:
    return repository.commits[repository.newest]


def _is_large(path: str, size: int) -> bool:
    return path.endswith(".parquet") or size > _LARGE


def _card_of(folder: Path) -> dict:
    """What the Hub says of a card: the data in its front matter."""
    card = folder / "README.md"
    written = _FRONT_MATTER.match(card.read_text(encoding="utf-8")) if card.is_file() else None
    data = yaml.safe_load(written[1]) if written else {}
    return {"cardData": data, "tags": data.get("tags", [])} if data else {}
