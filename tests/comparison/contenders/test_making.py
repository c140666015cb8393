import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.making import make_contender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.encode.spec import LocalModel

SPEC = ContenderSpec(LocalModel())


def test_a_contender_is_made_as_its_choice_says(space):
    plain = make_contender(SPEC, space, "plain")
    assert isinstance(plain, SpaceContender)
    assert plain.name == "plain"
    assert plain.space is space
    cut = make_contender(replace(SPEC, first=3, stored_as="int8"), space, "cut")
    np.testing.assert_array_equal(cut.space.vectors, space.truncate(3).quantize("int8").vectors)
    corrected = make_contender(replace(SPEC, centred=True, csls=True), space, "corrected")
    assert isinstance(corrected, CslsContender)
    np.testing.assert_array_equal(corrected.base.vectors, space.center().vectors)
    words = make_contender(ContenderSpec(None), space.corpus, "words")
    assert isinstance(words, Bm25Contender)
    assert words.name == "words"


@pytest.mark.slow
def test_a_contender_in_use_is_not_made_twice_and_one_that_nobody_holds_is_dropped(space):
    spec = replace(SPEC, pca=3)
    made = make_contender(spec, space, "small")
    assert make_contender(spec, space, "small") is made
    assert make_contender(spec, space, "another name") is not made
    assert make_contender(spec, space.for_corpus(space.corpus.take(np.arange(60))), "small") is not made
    held = weakref.ref(made)
    del made
    gc.collect()
    assert held() is None
