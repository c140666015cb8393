import sys

import pytest
from streamlit.testing.v1 import AppTest

MAIN = sys.modules["__main__"]  # when tests were collected


@pytest.mark.parametrize("_turn", [1, 2])
def test_the_script_of_a_page_stays_the_main_module_for_one_test_only(_turn):
    assert sys.modules["__main__"] is MAIN
    AppTest.from_string("import streamlit; streamlit.text('a page')").run()
    assert sys.modules["__main__"] is not MAIN
