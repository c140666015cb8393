"""A run in MLflow: what is written into it, and what becomes of it when something fails."""

from __future__ import annotations

import contextlib
import math
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.errors import JobCancelledError, QueryError
from explorer.jobs.progress import OnProgress, Progress, ignore_progress
from explorer.mlflow_store.connection import connected, experiment_id

if TYPE_CHECKING:
    from mlflow import MlflowClient

_NAME_CHARS = 100
_BATCH_PARAMS = 100  # the most that MLflow takes at a time
_BATCH_METRICS = 1_000
_NOT_IN_KEYS = re.compile(r"[^\w. -]")
_NOT_IN_NAMES = re.compile(r"[/:%\"'`\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Logged:
    """What was logged.

    Attributes:
        run: The id of the run.
        name: The name of the run.
        model: The name of the encoder, `models:/name/version`, as `explorer.embed` and MLflow take it; empty
            if none was logged.
    """

    run: str
    name: str
    model: str = ""

    @property
    def python(self) -> str:
        """The Python lines that load it again."""
        if self.model:
            return (
                f"space = explorer.embed(rows, {self.model!r})\n"
                f"model = mlflow.sentence_transformers.load_model({self.model!r})  # or mlflow.pyfunc"
            )
        return f"run = mlflow.get_run({self.run!r})"


@dataclass(frozen=True, eq=False)
class Run:
    """A run that is being written.

    Attributes:
        client: The store.
        id: The run's id.
        report: Called with the progress.
    """

    client: MlflowClient
    id: str
    report: OnProgress

    def log_params(self, params: Mapping[str, object]) -> None:
        """Log parameters under names that MLflow takes, see `key`; those that are None are left out."""
        from mlflow.entities import Param

        known = [Param(name, str(value)) for name, value in params.items() if value is not None]
        for at in range(0, len(known), _BATCH_PARAMS):
            self.client.log_batch(self.id, params=known[at : at + _BATCH_PARAMS])

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log figures under keys made by `key`; those that are no numbers are left out."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        known = [Metric(name, value, now, 0) for name, value in metrics.items() if math.isfinite(value)]
        for at in range(0, len(known), _BATCH_METRICS):
            self.client.log_batch(self.id, metrics=known[at : at + _BATCH_METRICS])

    def log_file(self, text: str, path: str) -> None:
        """Log a text as a file."""
        self.report(Progress(f"Sending {path}"))
        self.client.log_text(self.id, text, path)

    def log_bytes(self, data: bytes, path: str) -> None:
        """Log a file by its contents; its name has no folder."""
        self.report(Progress(f"Sending {path}"))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / path
            file.write_bytes(data)
            self.client.log_artifact(self.id, str(file))

    def log_dataset(self, dataset: Any) -> None:  # noqa: ANN401 - one of mlflow.data
        """Log which data was used."""
        from mlflow import entities

        used = entities.DatasetInput(entities.Dataset(**dataset.to_dict()), tags=[])
        self.client.log_inputs(self.id, datasets=[used])


@contextlib.contextmanager
def open_run(name: str, tags: Mapping[str, str], on_progress: OnProgress | None) -> Iterator[Run]:
    """Begin a run, and end it: as finished, or as failed or killed if the block raises an error.

    MLflow's own functions would add the name of the user, of the script and of its repository to a run.

    Args:
        name: The name of the run.
        tags: The tags of the run.
        on_progress: Called often; an exception it raises stops the work.

    Raises:
        TrackingError: See `connected`.
    """
    check_name(name)
    report = on_progress or ignore_progress
    report(Progress("Asking MLflow for a run"))
    with connected(name) as client:
        run = client.create_run(experiment_id(client), run_name=name, tags=dict(tags))
        try:
            yield Run(client, run.info.run_id, report)
        except BaseException as error:
            ended = "KILLED" if isinstance(error, JobCancelledError) else "FAILED"
            with contextlib.suppress(Exception):  # the server may be gone: the first error says so
                client.set_terminated(run.info.run_id, ended)
            raise
        client.set_terminated(run.info.run_id)


def check_name(name: str) -> None:
    """Check the name of a run or of an encoder.

    Raises:
        QueryError: It is empty, too long, or has characters that MLflow does not take.
    """
    if not name.strip() or len(name) > _NAME_CHARS or _NOT_IN_NAMES.search(name):
        raise QueryError(
            "That is not a name that MLflow takes.",
            where="name",
            fix=f"Use 1 to {_NAME_CHARS} characters without / : % and quotes.",
        )


def usual_name(text: str) -> str:
    """A text as the name of a run or of an encoder."""
    return _NOT_IN_NAMES.sub("-", text)[:_NAME_CHARS].strip()


def key(*parts: str) -> str:
    """The name of a parameter or a metric; characters that MLflow does not take become `_`."""
    return "/".join(_key_part(part) for part in parts)


def _key_part(part: str) -> str:
    kept = _NOT_IN_KEYS.sub("_", part.replace("@", "_at_").replace(",", ""))[:_NAME_CHARS].strip()
    return kept if kept.strip(".") else "_"
