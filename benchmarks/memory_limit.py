"""The app under a memory limit, as on a small host: whether every page works, its seconds and its memory.

The server and its processes run in a control group (cgroup version 1 or 2) that has the limit and no swap;
Chromium runs outside it. Creating the group usually takes root. The group is charged for the pages of files
that its processes read first, so the server's libraries are dropped from the page cache before the start.
Pages that another process has mapped stay, and are charged to that one: `elsewhere` says how many. To have
them charged here while another server runs, run this with a copy of the environment.

By default the pages show the sample support-tickets; with `--rows`, that many glosses of WordNet, which are
uploaded as a Parquet file and encoded first.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpora import ROOT, wordnet
from benchmarks.memory import PAGES
from benchmarks.processes import resident
from benchmarks.results import record
from benchmarks.served import chromium, encode_upload, open_when_up, served

if TYPE_CHECKING:
    from subprocess import Popen

    from playwright.sync_api import Page

_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Group:
    """A control group with a memory limit.

    Args:
        folder: Its folder.
        version: 1 or 2.
    """

    folder: Path
    version: int

    def joining(self) -> tuple[str, ...]:
        """The beginning of a command that joins the group before it runs the rest."""
        return ("sh", "-c", f'echo $$ > {self.folder / "cgroup.procs"} && exec "$@"', "sh")

    def charged(self) -> dict[str, float]:
        """What is charged to the group, in MB: anonymous memory, and the page cache of files."""
        names = {"anonymous": "rss", "cache": "cache", "mapped": "mapped_file"}
        if self.version == 2:
            names = {"anonymous": "anon", "cache": "file", "mapped": "file_mapped"}
        found = self._fields("memory.stat")
        return {name: found[field] / 2**20 for name, field in names.items()}

    def killed(self) -> int:
        """How many of its processes were killed because memory was short."""
        return self._fields("memory.oom_control" if self.version == 1 else "memory.events")["oom_kill"]

    def _fields(self, file: str) -> dict[str, int]:
        lines = (self.folder / file).read_text().splitlines()
        return {name: int(value) for name, value in map(str.split, lines)}


@contextlib.contextmanager
def limited(megabytes: int) -> Iterator[Group]:
    """A control group with a limit; exits the program if this system does not allow one.

    Args:
        megabytes: The limit, in MiB.
    """
    version = 2 if (_GROUPS / "cgroup.controllers").is_file() else 1
    folder = (_GROUPS if version == 2 else _GROUPS / "memory") / f"explorer-benchmark-{os.getpid()}"
    # The second one, of memory and swap together, is missing where the kernel does not count swap.
    limits = (
        ("memory.max", "memory.swap.max")
        if version == 2
        else ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
    )
    size = megabytes * 2**20
    try:
        folder.mkdir()
        (folder / limits[0]).write_text(str(size))
        if (folder / limits[1]).exists():
            (folder / limits[1]).write_text("0" if version == 2 else str(size))
    except OSError as error:
        with contextlib.suppress(OSError):
            folder.rmdir()
        sys.exit(
            f"This system does not allow a memory limit: {error}. It takes Linux, the right to create "
            "control groups (usually root), and with version 2 the memory controller in "
            "cgroup.subtree_control."
        )
    try:
        yield Group(folder, version)
    finally:
        while (folder / "cgroup.procs").read_text():  # those that the server started end after it
            time.sleep(0.1)
        folder.rmdir()


def drop_cached_files(folder: Path) -> None:
    """Drop the files in a folder from the page cache, except pages that a process has mapped."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def main() -> None:
    """Print one line per page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=690, help="MiB")
    parser.add_argument("--rows", type=int, help="glosses to upload instead of the sample")
    parser.add_argument("--cache", type=Path, help="a folder for the vectors, kept for the next run")
    options = parser.parse_args()
    drop_cached_files(Path(sys.prefix))
    figures: dict[str, float | str] = {"limit, MB": options.limit, "rows": options.rows or "support-tickets"}
    with tempfile.TemporaryDirectory() as folder, chromium() as browser, limited(options.limit) as group:
        environment = {"EXPLORER_CACHE_DIR": str(options.cache or folder), "PYTHONPATH": str(ROOT)}
        with served(environment, joining=group.joining()) as (url, server):
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            open_when_up(page, url, server)
            try:
                link = upload(page, url, server, options.rows) if options.rows else ""
                for path, sign in PAGES:
                    seconds = show(page, server, url + with_link(path, link), sign)
                    figures |= {f"{path}, s": seconds} | measured(path, seconds, group, server)
            except RuntimeError as failed:
                print(f"{failed}; killed for memory: {group.killed()} processes")
                figures["failed"] = str(failed)
            figures["killed for memory, processes"] = group.killed()
    print("every page worked" if "failed" not in figures else "not every page worked")
    record("memory_limit", figures)


def measured(path: str, seconds: float, group: Group, server: Popen[bytes]) -> dict[str, float]:
    """Print and return the memory after a page, in MB."""
    charged = group.charged()
    elsewhere = max(0.0, resident(server.pid, "RssFile") - charged["mapped"])
    print(
        f"{seconds:6.1f} s  anonymous {charged['anonymous']:5,.0f} MB  cache {charged['cache']:4,.0f}  "
        f"elsewhere {elsewhere:4,.0f}  killed {group.killed()}  {path}",
        flush=True,
    )
    return {
        f"{path}, anonymous MB": charged["anonymous"],
        f"{path}, cache MB": charged["cache"],
        f"{path}, elsewhere MB": elsewhere,
    }


def upload(page: Page, url: str, server: Popen[bytes], rows: int) -> str:
    """Upload glosses and encode them with the usual model; return the link's part after the question mark."""
    import pyarrow as pa
    import pyarrow.parquet

    corpus = wordnet(rows)
    if corpus is None:
        sys.exit("wordnet.parquet is not at hand.")
    show(page, server, f"{url}/data", "Encode")
    content = io.BytesIO()
    pa.parquet.write_table(pa.table({"gloss": corpus.texts, "lexname": corpus.labels}), content)
    encode_upload(page, "glosses.parquet", content.getvalue(), rows)
    seconds = wait(page, server, "texts encoded")
    print(f"{seconds:6.1f} s  {rows:,} rows uploaded and encoded", flush=True)
    return page.url.partition("?")[2]


def with_link(path: str, link: str) -> str:
    """A page's path with a link's parameters in addition to its own."""
    return f"{path}{'&' if '?' in path else '?'}{link}" if link else path


def show(page: Page, server: Popen[bytes], address: str, sign: str) -> float:
    """Show a page until it has what it is about; see `wait`."""
    page.goto(address)
    return wait(page, server, sign)


def wait(page: Page, server: Popen[bytes], sign: str) -> float:
    """Wait until a text is shown; return the seconds it took.

    Raises:
        RuntimeError: The server ended, or the text was not shown within ten minutes.
    """
    from playwright.sync_api import TimeoutError as NotYetError

    started = time.monotonic()
    while time.monotonic() - started < 600:
        with contextlib.suppress(NotYetError):
            page.get_by_text(sign).first.wait_for(timeout=1_000)
            return time.monotonic() - started
        if server.poll() is not None:
            raise RuntimeError(f"the server ended while {page.url} was shown")
    shown = " ".join(page.locator('[data-testid="stMain"]').inner_text().split())
    raise RuntimeError(f"{page.url} did not show {sign!r}, but: {shown[:1_000]}")


if __name__ == "__main__":
    main()
