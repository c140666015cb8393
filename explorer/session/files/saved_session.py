"""A session from a file, or for one: the rows, encoders, selection and judgements that were open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.embedding import encode_with, open_spec, token_for
from explorer.errors import DataError
from explorer.jobs.progress import OnProgress
from explorer.scratch import whole_file
from explorer.session.files.contents import ENDING, SessionContents
from explorer.session.files.writing import session_bytes

if TYPE_CHECKING:
    from explorer.analysis.space import Space


@dataclass(frozen=True, eq=False)
class SavedSession(SessionContents):
    """Everything that was open in the dashboard; see `SessionContents` for what it has."""

    def space(self, *, token: str | None = None, on_progress: OnProgress | None = None) -> Space:
        """The space of the rows by the active encoder: vectors of the file, or encoded; see `explorer.embed`.

        Args:
            token: The token for an Inference Provider; None for HF_TOKEN or the stored login.
            on_progress: Called often; an exception it raises stops the work.

        Raises:
            DataError: The rows cannot be had here.
            ModelError: The model is not available or cannot be used.
            HubError: The model cannot be downloaded from the Hub.
            EncodeError: Encoding failed.
        """
        from explorer.analysis.saved_transforms import saved_transforms
        from explorer.analysis.space import Space, make_index

        if self.corpus is None:
            raise DataError("The rows of this session are not here.", fix=" ".join(self.missing))
        secret = token_for(self.encoder, token)
        encoder = open_spec(self.corpus, self.encoder, token=secret, on_progress=on_progress)
        encoder, vectors, report = encode_with(encoder, self.corpus, token=secret, on_progress=on_progress)
        transforms = saved_transforms(self.corpus) if self.corpus.saved is not None else ()
        return Space(self.corpus, make_index(vectors), encoder, report, transforms)

    def save(self, path: str | Path, *, rows: bool = False, space: Space | None = None) -> None:
        """Write the session to a file that `explorer.open_session` and the Data page open.

        A killed process leaves the file that was there before. A token, the path of a folder, and permission
        to run a model's code are never in it; of a model in a folder it has the name.

        Args:
            path: The file, `name.explorer`.
            rows: Whether the rows of a sample or of a dataset on the Hub are in it; they are only named
                otherwise. Rows from anywhere else always are.
            space: The space of the active encoder, so that rows are not encoded again: the rows and its
                vectors are in the file.

        Raises:
            DataError: The name has another ending, there are no rows or no encoder, the space is of other
                rows, or something is about rows that are not among them.
            TooLargeError: What was selected and judged is more than a file holds.
            NotEnoughMemoryError: There is not enough memory for the file.
            OSError: The file cannot be written.
        """
        file = Path(path)
        if file.suffix.lower() != ENDING:
            raise DataError(
                f'A session cannot be saved as "{file.name}".', fix=f"Give it the ending {ENDING}."
            )
        content = session_bytes(self, rows=rows, space=space)
        with whole_file(file) as sink:
            sink.write(content)
