import uuid

import numpy as np

import explorer
from explorer.encode.encoder import Encoder
from explorer.encode.spec import LocalModel
from explorer.jobs.outcome import Done
from explorer.session.queries import ask_queries, encoding_seconds, query_outcome
from explorer.session.session import Session


def test_spaces_of_one_encoder_share_its_query_vectors_and_each_transforms_them(monkeypatch):
    encoded, encode_queries = [], Encoder.encode_queries

    def counted(encoder, texts, on_progress=None):
        encoded.append(list(texts))
        return encode_queries(encoder, texts, on_progress)

    space = explorer.embed(["a cat", "my order is late", "please help"], precision="float32")
    spaces = [space, space.truncate(8), space.quantize("binary"), space.center()]
    session = Session(uuid.uuid4().hex, space.corpus, [LocalModel(precision="float32")])
    monkeypatch.setattr(Encoder, "encode_queries", counted)
    (job,) = ask_queries(session, spaces, ("the cat",))
    assert job.wait(60)
    assert encoding_seconds(session, spaces[1], ("the cat",)) == job.view().seconds
    for _ in range(2):  # from the job, then from the vectors that were kept
        outcomes = [query_outcome(session, one, ("the cat",)) for one in spaces]
        assert all(isinstance(outcome, Done) for outcome in outcomes)
        for one, outcome in zip(spaces, outcomes, strict=True):
            expected = one.place_queries(encode_queries(space.encoder, ["the cat"]))
            np.testing.assert_allclose(outcome.result, expected, atol=1e-6)
        assert outcomes[1].result.shape == (1, 8)
        session.asking.clear()
    assert encoded == [["the cat"]]
    assert encoding_seconds(session, space, ("the cat",)) == 0.0
