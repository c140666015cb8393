import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

import explorer
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.errors import DataError
from explorer.evaluation.behaviour import Case, check_behaviour, own_cases, usual_cases


def test_eight_usual_cases_of_each_test_are_all_different():
    tests = usual_cases()
    assert list(tests) == [
        "paraphrases", "negations", "numbers", "names", "word order", "typos", "other languages", "length",
    ]  # fmt: skip
    for cases in tests.values():
        assert len(cases) == 8
        assert len({text for case in cases for text in (case.text, case.same)}) == 16
        assert all(case.text != case.other != case.same for case in cases)


def test_a_case_passes_if_the_same_meaning_is_the_closest_by_the_librarys_cosines():
    found = check_behaviour(precision="float32")
    model = SentenceTransformer(str(find_model(BUNDLED_MODEL).folder), device="cpu")
    for behaviour in found:
        cases = usual_cases()[behaviour.name]
        texts, same = (model.encode([getattr(case, one) for case in cases]) for one in ("text", "same"))
        passed = {}
        for at, case in enumerate(cases):
            others = model.encode([case.other]) if case.other else np.delete(same, at, axis=0)
            passed[case] = same[at] @ texts[at] > (others @ texts[at]).max()
        assert {one.case: one.passed for one in behaviour.tried} == passed
        assert behaviour.passed == sum(passed.values())
        gaps = [one.to_same - one.to_other for one in behaviour.tried]
        assert gaps == sorted(gaps)


def test_what_the_bundled_model_is_known_for():
    verdicts = {one.name: one.verdict for one in check_behaviour(precision="float32")}
    assert verdicts["paraphrases"] == verdicts["typos"] == "yes"
    assert verdicts["negations"] == verdicts["word order"] == verdicts["other languages"] == "no"


def test_a_space_is_tested_with_its_encoder_and_its_transforms():
    space = explorer.embed("medicare-faq", precision="float32")
    whole, cut = check_behaviour(space), check_behaviour(space.truncate(16))
    assert [one.passed for one in whole] == [one.passed for one in check_behaviour(precision="float32")]
    assert sum(one.passed for one in cut) < sum(one.passed for one in whole)


def test_own_cases_are_one_test():
    cases = own_cases(["I cannot pay | Paying fails | I can pay", "", "Hello | Good morning"])
    assert cases == (Case("I cannot pay", "Paying fails", "I can pay"), Case("Hello", "Good morning"))
    (found,) = check_behaviour(cases=cases, precision="float32")
    assert found.name == "your cases"
    by_text = {one.case.text: one for one in found.tried}
    assert by_text["Hello"].nearest_other == "Paying fails"
    assert by_text["I cannot pay"].nearest_other == "I can pay"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "0 cases are too few"),
        (["only one"], "does not have two or three texts"),
        (["a | b | c | d"], "does not have two or three texts"),
        (["a | | c"], "does not have two or three texts"),
        (["a | b"], "nothing that it could be mixed up with"),
        (["a | b | c"] * 501, "501 cases are too many"),
    ],
)
def test_lines_that_are_no_cases_are_named(lines, said):
    with pytest.raises(DataError) as raised:
        own_cases(lines)
    assert said in raised.value.what
    assert raised.value.fix


def test_no_cases_are_refused():
    with pytest.raises(DataError, match="There are no cases"):
        check_behaviour(cases=[])


def test_cases_with_the_same_meaning_have_nothing_to_be_mixed_up_with():
    with pytest.raises(DataError) as raised:
        check_behaviour(cases=own_cases(["a | b", "c | b"]))
    assert "nothing that it could be mixed up with" in raised.value.what
    assert raised.value.fix
