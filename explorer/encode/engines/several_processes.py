"""A model in several processes on the CPU, each with its own copy and its share of the cores.

`docs/decisions/0051-several-processes.md` explains when this is faster than one process, and when not.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import asdict
from typing import Any, Self

import numpy as np

from explorer.encode.engines import openvino
from explorer.encode.engines.engine import NO_PROMPT, LocalEngine, OnWait, Prompt, Vectors
from explorer.encode.engines.graph_outcomes import NoGraphError
from explorer.encode.engines.model_memory import process_bytes
from explorer.encode.models import ModelFiles
from explorer.encode.tokens import COUNTING, TextTokens
from explorer.errors import SettingError
from explorer.jobs.cores import cores
from explorer.jobs.memory_limit import require_memory
from explorer.jobs.process_pool import ProcessPool
from explorer.jobs.progress import OnProgress, counting
from explorer.settings import settings

_MODULE = "explorer.encode.engines.encoding_worker"
_FEW_CORES = 2  # with which several processes were measured to be no faster
_POLL_SECONDS = 0.1  # how soon a stop is noticed
_CHUNK = 1024  # texts whose tokens one process counts at a time
_CHUNK_CHARS = 1_000_000


def worker_choices() -> list[int]:
    """The numbers of processes that visitors can choose: powers of two up to the most, and the most itself.

    There is only one where models do not run on the CPU. Torch is imported.

    Raises:
        SettingError: EXPLORER_WORKERS is neither `auto` nor a positive whole number, or EXPLORER_DEVICE names
            a device that does not exist.
    """
    from explorer.tensor import pick_device

    wanted = settings().workers
    if wanted == "auto":
        most = cores() if cores() > _FEW_CORES else 1
    elif wanted.isdecimal() and int(wanted):
        most = min(int(wanted), cores())
    else:
        raise SettingError(
            f"{wanted!r} is neither auto nor a positive whole number.",
            where="EXPLORER_WORKERS",
            fix="The default is auto.",
        )
    if most > 1 and pick_device(settings().device).type != "cpu":
        most = 1
    return sorted({*(2**power for power in range(most.bit_length())), most})


class SeveralProcesses(LocalEngine):
    """The same model in several processes, which take batches in turn.

    They tokenise the texts themselves, so that this process only hands out texts and collects vectors.

    Args:
        pool: The processes, which have opened the model.
        notes: Notes for the screen.
    """

    def __init__(self, pool: ProcessPool, notes: tuple[str, ...]) -> None:
        first, count = pool.opened[0].result(), len(pool.opened)
        self.kind = first["kind"]
        self.name = f"{first['name']}, {count} processes"
        self.dims = first["dims"]
        self.token_budget = first["token_budget"]
        self.in_flight = 2 * count  # a process that is done finds the next batch waiting
        self.notes = notes
        self._pool = pool
        self._told = 0  # of the processes that have ended
        self._on_wait: OnWait = lambda _why: None

    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> TextTokens:
        """See `Engine.tokenize`; texts are only counted here, and tokenised in a batch."""
        report = counting(on_progress, COUNTING, "texts")

        def request(some: Sequence[str], *, count: bool = False) -> dict[str, Any]:
            return {"texts": list(some), "prompt": prompt.text, "role": prompt.role, "count": count}

        counts = [self._pool.submit(request(chunk, count=True)) for chunk in _chunks(texts)]
        lengths: list[int] = []

        for counted in counts:
            lengths.extend(_waited(counted, lambda _why: report(len(lengths), len(texts))))
        report(len(lengths), len(texts))
        return TextTokens(texts, np.array(lengths, dtype=np.int32), request)

    @contextlib.contextmanager
    def run(self, on_wait: OnWait | None = None) -> Iterator[Self]:
        """See `Engine.run`; there is one run, for which the processes were started."""
        if on_wait is not None:
            self._on_wait = on_wait
        yield self

    def start(self, batch: dict[str, Any]) -> Vectors:
        """See `EngineRun.start`."""
        answer = self._pool.submit(batch)

        def wait_for_it() -> np.ndarray:
            text = _waited(answer, self._on_wait)
            vectors = np.frombuffer(base64.b64decode(text), "<f4").reshape(-1, self.dims)
            ended = self._pool.ended[self._told :]
            self._told += len(ended)
            self.notes = (*self.notes, *(f"{error.what} Others encoded its texts." for error in ended))
            return vectors

        return wait_for_it


@contextlib.contextmanager
def several_processes(
    files: ModelFiles, dtype: str, workers: int, on_wait: OnWait
) -> Iterator[SeveralProcesses]:
    """A model in several processes, which end with the block.

    Args:
        files: The model.
        dtype: float32 or bfloat16.
        workers: The number of processes; there are no more than cores.
        on_wait: Called several times a second while they open the model; an exception it raises ends them.

    Raises:
        NotEnoughMemoryError: So many copies of the model do not fit in memory.
        ComputeError: A process could not be started, or not open the model.
    """
    count = min(workers, cores())
    require_memory(
        count * process_bytes(files, dtype),
        f"Encoding with {files.name} in {count} processes",
        "Use fewer processes, or a smaller model.",
    )
    graph, notes = None, []
    if count < workers:
        notes.append(f"{workers} processes were asked for; {count} were used, one for each core.")
    if not files.facts.is_static:
        try:
            graph = openvino.ready(files, dtype)  # converted here, once, if it was not yet
        except NoGraphError as reason:
            notes.append(openvino.without_graph(reason))
    threads = max(1, cores() // count)
    names = ("name", "revision", "origin", "trust_remote_code")
    first = {
        "files": {name: getattr(files, name) for name in names} | {"folder": str(files.folder)},
        "dtype": dtype,
        "graph": None if graph is None else (str(graph[0]), asdict(graph[1])),
        "threads": threads,
    }
    share = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), str(threads))
    with ProcessPool("encoding", _MODULE, count, first=first, environment=share) as pool:
        for opened in pool.opened:
            _waited(opened, on_wait)
        yield SeveralProcesses(pool, tuple(notes))


def _waited(answer: Future[Any], on_wait: OnWait) -> Any:  # noqa: ANN401 - JSON
    """An answer; `on_wait` is called until it is there, and can stop the work by an exception."""
    on_wait("")
    while not answer.done():
        wait([answer], _POLL_SECONDS)
        on_wait("")
    return answer.result()


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts in parts that are quick to count, whatever their lengths."""
    start, chars = 0, 0
    for place, text in enumerate(texts):
        chars += len(text)
        if place - start == _CHUNK or (chars > _CHUNK_CHARS and place > start):
            yield texts[start:place]
            start, chars = place, len(text)
    yield texts[start:]
