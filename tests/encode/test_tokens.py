import shutil

import numpy as np
import pytest

from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.encode.tokens import TokenAudit, count_tokens

TEXTS = ["", "one", "Ünïcødé 日本語 🎉", "word " * 700, "<b>x</b>\n\n$a$"]


def test_counts_are_those_of_the_models_own_tokenizer():
    from transformers import AutoTokenizer  # takes seconds to import

    files = find_model(BUNDLED_MODEL)
    tokenizer = AutoTokenizer.from_pretrained(str(files.folder))
    expected = [len(ids) for ids in tokenizer(TEXTS, truncation=False, verbose=False)["input_ids"]]
    assert count_tokens(files, TEXTS).tolist() == expected
    assert count_tokens(files, ["one"], prompt="query: ").tolist() == [
        len(tokenizer("query: one")["input_ids"])
    ]


def test_a_model_without_a_fast_tokenizer_file_counts_the_same(tiny_model, tmp_path):
    slow = shutil.copytree(tiny_model, tmp_path / "slow")
    with (slow / "vocab.txt").open("w") as vocabulary:
        from tokenizers import Tokenizer

        pieces = Tokenizer.from_file(str(tiny_model / "tokenizer.json")).get_vocab()
        vocabulary.write("\n".join(sorted(pieces, key=pieces.__getitem__)))
    (slow / "tokenizer.json").unlink()
    texts = ["the cat sat", "dog", "zebra on mat"]
    assert (
        count_tokens(find_model(str(slow)), texts).tolist()
        == count_tokens(find_model(str(tiny_model)), texts).tolist()
    )


def test_progress_reaches_the_end_and_can_stop_the_count():
    files = find_model(BUNDLED_MODEL)
    seen = []
    count_tokens(
        files, ["a"] * 5000, on_progress=lambda progress: seen.append((progress.done, progress.total))
    )
    assert seen == [(4096, 5000), (5000, 5000)]

    def stop(_progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        count_tokens(files, ["a"] * 5000, on_progress=stop)


def test_the_audit_says_which_rows_are_cut_and_how_much_is_lost():
    audit = TokenAudit(np.array([10, 300, 256, 500, 300], dtype=np.int32), 256)
    assert audit.cut_rows.tolist() == [3, 1, 4]
    assert audit.lost_tokens == 44 + 244 + 44
    assert audit.lost_share == pytest.approx(332 / 1366)


@pytest.mark.parametrize(
    "audit", [TokenAudit(np.array([9, 9]), None), TokenAudit(np.array([], dtype=int), 5)]
)
def test_nothing_is_lost_without_a_bound_or_without_rows(audit):
    assert (audit.cut_rows.tolist(), audit.lost_tokens, audit.lost_share) == ([], 0, 0.0)
