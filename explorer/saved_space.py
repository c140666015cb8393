"""Opening a space that was saved."""

from __future__ import annotations

from pathlib import Path

from explorer.analysis.saved_transforms import saved_transforms
from explorer.analysis.space import Space, make_index
from explorer.analysis.space_files import saved_corpus
from explorer.data.hub.saved_file import read_pushed
from explorer.data.opening import is_on_hub, open_corpus, read_table
from explorer.embedding import embed, named_by_folder, open_spec, token_for
from explorer.encode.engines.own_vectors import read_own_vectors
from explorer.encode.engines.services import Secret
from explorer.encode.saved_encoder import saved_encoder
from explorer.encode.spec import OwnVectors
from explorer.errors import DataError, UnreadableFileError
from explorer.jobs.progress import OnProgress


def open_space(
    source: str | Path,
    *,
    texts: object = None,
    model: str = "",
    revision: str | None = None,
    token: str | None = None,
    on_progress: OnProgress | None = None,
) -> Space:
    """Open a space from `Space.save` or `push_to_hub`: its rows, vectors, and queries by the same model.

    If the model cannot be had, or has other weights here, the space still maps, clusters and finds rows like
    a row; a note of its report says why there are no queries.

    Args:
        source: The file, or a dataset on the Hub, `owner/name`. A file of that name takes precedence.
        texts: The texts of vectors that were saved alone, one for each; see `open_corpus`.
        model: Where the model is now, if it was in a folder or in MLflow (a file opens neither by itself,
            unless visitors may); for vectors that were saved alone, the model that made them, if queries are
            wanted.
        revision: The branch, tag or commit of the dataset; the newest when None.
        token: The token for a private dataset and for an Inference Provider; None for HF_TOKEN or the stored
            login.
        on_progress: Called often; an exception it raises stops the work.

    Raises:
        UnreadableFileError: It is not a saved space, is damaged or cut short, or is from a newer Explorer.
        HubError: The Hub does not have the dataset, denies access to it, or does not answer.
        ModelError: The token has characters that no token has.
        DataError: It cannot be opened; its subclasses say why.
        VectorError: A vector is missing or cannot be used.
    """
    if isinstance(source, str) and is_on_hub(source, revision=revision):
        secret = Secret(token).reveal() if token else None
        table = read_pushed(source, revision, token=secret, on_progress=on_progress)
    elif revision is not None:
        raise DataError("Only datasets on the Hub have revisions.", fix="Leave it out, or give owner/name.")
    else:
        table = read_table(source, on_progress=on_progress)
    if not table.facts:
        if texts is None:
            raise UnreadableFileError(
                "The file has no facts of a saved space.",
                where=table.name,
                fix="Give the texts of its vectors (texts=), or use open_corpus and embed.",
            )
        brought = open_corpus(source, texts=texts, on_progress=on_progress)
        return embed(brought, model, precision="float32", token=token, on_progress=on_progress)
    corpus = saved_corpus(table)
    saved = saved_encoder(corpus)
    if saved is None:
        return embed(corpus, model, precision="float32", token=token, on_progress=on_progress)
    spec: OwnVectors = saved.query_spec(named_by_folder(model) if model else None)
    encoder = open_spec(corpus, spec, token=token_for(spec, token), on_progress=on_progress)
    vectors, report = read_own_vectors(corpus, encoder)
    return Space(corpus, make_index(vectors), encoder, report, saved_transforms(corpus))
