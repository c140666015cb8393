"""Every error Explorer can show, as one tree.

ExplorerError
├── SettingError            a setting has a value that cannot be used
├── DataError               the rows brought in
│   ├── UnknownCorpusError      no sample, file or folder by that name
│   ├── UnreadableFileError     the bytes are not the table they should be
│   ├── EmptyDataError          nothing to work on
│   ├── ColumnError             a column is missing or cannot be used as asked
│   ├── FilterError             a filter that is not valid or does not fit these rows
│   └── TooLargeError           over a limit the host set
├── ModelError              the encoder
│   ├── ModelNotFoundError      no model by that name
│   ├── UnusableModelError      found, but incomplete or of the wrong kind
│   └── UnsafeModelError        would need pickle or remote code
├── HubError                the Hugging Face Hub
│   ├── HubUnreachableError     it did not answer, or not as it should
│   │   └── HubSilentError          it did not answer at all
│   ├── NotOnHubError           no repository or revision by that name, or a private one
│   │   └── FileNotOnHubError       the repository is there, and has no such file
│   ├── GatedError              its authors let in only those they approve
│   └── PushError               it does not take what is pushed, or the upload broke off
│       ├── AccessError             the token is not valid, or may not do this
│       └── NameTakenError          something else has the name
├── TrackingError           MLflow: the store or the server that the host named
│   ├── TrackingSilentError     it did not answer, or stopped half way
│   ├── TrackingRefusedError    it does not allow this
│   └── NotTrackedError         it has no such model or run
├── RecordError             the record of answers: locked, full, damaged, or of a newer Explorer
├── EncodeError             encoding itself: memory, values that are not numbers
│   └── ModelChangedError       the model behind a hosted name has changed
├── ComputeError            an analysis failed: memory, disk, or what its library cannot do
│   └── ProcessEndedError       the process that did the work ended: killed, or out of memory
├── NotEnoughMemoryError    work was refused: it needs more memory than is free
├── VectorError             vectors with a wrong shape, NaN or infinity
├── QueryError              a query that asks nothing
└── JobCancelledError       the work was stopped on request
"""

from __future__ import annotations


class ExplorerError(Exception):
    """An error that a person can read and act on.

    Args:
        what: What went wrong, one plain sentence.
        where: The file, row, column or model concerned; empty when `what` says it.
        fix: What to do about it; empty when nothing can be done.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what, where, fix)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} {self.fix}" if self.fix else head


class SettingError(ExplorerError):
    """A setting has a value that cannot be used."""


class DataError(ExplorerError):
    """The rows brought in cannot be used as they are."""


class UnknownCorpusError(DataError):
    """No sample, file or folder has the name given."""


class UnreadableFileError(DataError):
    """The contents do not match the file's extension, or are damaged."""


class EmptyDataError(DataError):
    """There is no row with text in it."""


class ColumnError(DataError):
    """A column is missing or cannot be used as asked."""


class FilterError(DataError):
    """A filter is not valid, or does not fit these rows."""


class TooLargeError(DataError):
    """The data is over a limit the host set."""


class ModelError(ExplorerError):
    """The model is not available or cannot be used."""


class ModelNotFoundError(ModelError):
    """No model has the name given."""


class UnusableModelError(ModelError):
    """The model was found but is incomplete or of the wrong kind."""


class UnsafeModelError(ModelError):
    """Running the model would need pickle or code from its repository."""


class HubError(ExplorerError):
    """A request to the Hugging Face Hub failed."""


class HubUnreachableError(HubError):
    """The Hugging Face Hub did not answer, or not as it should."""


class HubSilentError(HubUnreachableError):
    """The Hugging Face Hub did not respond, or was not asked because it had just not responded."""


class NotOnHubError(HubError):
    """The Hub has no repository or revision with this name, or it is private."""


class FileNotOnHubError(NotOnHubError):
    """A repository on the Hugging Face Hub has no file by the name given."""


class GatedError(HubError):
    """The repository is gated: access requires accepting its terms, or its authors' approval.

    Args:
        what: As for `ExplorerError`.
        where: As for `ExplorerError`.
        fix: As for `ExplorerError`.
        page: Address of the page on the Hub where the terms are accepted.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "", page: str = "") -> None:
        super().__init__(what, where=where, fix=fix)
        self.page = page


class PushError(HubError):
    """The Hub does not take what is pushed, or the upload broke off; nothing there was overwritten."""


class AccessError(PushError):
    """The Hub does not know the token, or the token may not do this."""


class NameTakenError(PushError):
    """A repository has the name already, and it is not one that may be replaced.

    Args:
        what: As for `ExplorerError`.
        where: As for `ExplorerError`.
        fix: As for `ExplorerError`.
        other: Another name to try.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "", other: str = "") -> None:
        super().__init__(what, where=where, fix=fix)
        self.other = other


class TrackingError(ExplorerError):
    """A request to MLflow failed."""


class TrackingSilentError(TrackingError):
    """The MLflow server did not answer, or stopped half way."""


class TrackingRefusedError(TrackingError):
    """The MLflow server does not allow what was asked."""


class NotTrackedError(TrackingError):
    """MLflow has no model or run by the name given."""


class RecordError(ExplorerError):
    """The record of answers cannot be written or read."""


class EncodeError(ExplorerError):
    """Encoding failed: memory, or values that are not numbers."""


class ModelChangedError(EncodeError):
    """The model behind a hosted name has changed; its vectors are not comparable with earlier ones."""


class ComputeError(ExplorerError):
    """An analysis failed: memory, disk, or something its library cannot do."""


class ProcessEndedError(ComputeError):
    """The process that did the work ended before it was done, for example out of memory."""


class NotEnoughMemoryError(ExplorerError):
    """Work was refused before it began: it needs more memory than is free."""


class VectorError(ExplorerError):
    """Vectors with a wrong shape, NaN or infinity."""


class QueryError(ExplorerError):
    """A query that asks nothing, or too much."""


class JobCancelledError(ExplorerError):
    """The work was stopped on request; finished work is kept."""
