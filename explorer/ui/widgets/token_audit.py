"""The token audit of the rows that the data page shows."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.encode.prompts import text_prompts
from explorer.encode.spec import EncoderSpec, LocalModel
from explorer.jobs.progress import OnProgress
from explorer.session.session import Session
from explorer.ui.shell.job_progress import session_result_or_progress

if TYPE_CHECKING:
    from explorer.encode.tokens import TokenAudit

_TOKENS = "tokens"


def audit_or_progress(session: Session, corpus: Corpus, spec: EncoderSpec) -> TokenAudit | None:
    """The token audit, for a model whose tokenizer is on this machine: a page never starts a download itself.

    None without a tokenizer, and while tokens are counted; the progress is drawn in place of the audit.
    """
    from explorer.encode.models import files_on_disk, is_on_disk

    if not isinstance(spec, LocalModel):
        return None
    if not is_on_disk(spec.model, spec.revision):
        st.caption("Token lengths are shown once the model is on this machine.")
        return None
    files = files_on_disk(spec.model, revision=spec.revision, trust_remote_code=spec.trust_remote_code)
    if files is None:
        return None

    prompt = text_prompts(files.name, files.prompts, spec.task, document=spec.prompt).document

    def count(on_progress: OnProgress) -> TokenAudit:
        from explorer.encode.tokens import TokenAudit, count_tokens

        lengths = count_tokens(files, corpus.texts, prompt=prompt, on_progress=on_progress)
        return TokenAudit(lengths, files.max_length)

    key = (_TOKENS, files.name, files.identity, prompt, corpus.items_fingerprint)
    _stop_others(session, key)
    return session_result_or_progress(
        session, key, f"Counting the tokens of {len(corpus):,} rows", count, here=True
    )


def _stop_others(session: Session, key: tuple[Hashable, ...]) -> None:
    """Stop counts of rows that the page no longer shows."""
    for other, job in list(session.results.items()):
        if isinstance(other, tuple) and other[0] == _TOKENS and other != key and not job.ended:
            session.leave([session.results.pop(other)])
