from explorer.encode.spec import OwnVectors
from tests.app.driving import error, finished, open_app, open_with_rows, said, select
from tests.app.test_compare_views import labelled


def page_with_tests(**parameters):
    app = open_app("pages/models.py", corpus="medicare-faq", **parameters)
    app.session_state["behaviour"] = True
    return finished(app.run())


def test_the_active_encoder_is_tested_with_the_usual_cases_and_a_test_opens_its_cases():
    app = page_with_tests(precision="float32")
    table = app.dataframe[0].value
    answers = dict(zip(table["test"], zip(table["answer"], table["passed"], strict=True), strict=True))
    assert answers["paraphrases"] == ("✓ yes", "8 of 8")
    assert answers["negations"] == ("✗ no", "0 of 8")
    at = table["test"].tolist().index("names")
    select(app, "dataframe", {"rows": [at], "columns": [], "cells": []})
    cases = app.dataframe[1].value
    assert len(cases) == 8
    assert cases["passed"].tolist().count("✓") == int(answers["names"][1][0])
    gaps = cases["similarity"] - cases["its similarity"]
    assert gaps.is_monotonic_increasing


def test_own_cases_are_tested_beside_the_usual_ones_and_lines_that_are_none_are_named():
    app = page_with_tests(precision="float32")
    app.text_area(key="behaviour-cases").set_value("signing up | joining\ncosts | premiums").run()
    finished(app)
    assert [frame.value["test"][0] for frame in app.dataframe] == ["your cases", "paraphrases"]
    assert app.dataframe[0].value["passed"][0] in ("0 of 2", "1 of 2", "2 of 2")
    app.text_area(key="behaviour-cases").set_value("only one text").run()
    finished(app)
    assert "does not have two or three texts" in error(app)
    assert len(app.dataframe) == 1


def test_an_encoder_of_words_is_tested_too():
    app = page_with_tests(model="tfidf")
    assert app.dataframe[0].value["passed"].tolist()[0] in ("0 of 8", "1 of 8", "2 of 8")


def test_vectors_of_the_file_have_no_model_to_test_and_the_page_says_so():
    app = open_with_rows(labelled(), OwnVectors())
    app.session_state["behaviour"] = True
    app = finished(app.switch_page("pages/models.py").run())
    assert "there is none to test" in said(app.info)
    assert not app.error
    assert not app.dataframe
