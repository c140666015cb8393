from tests.app.conftest import components_found_once  # noqa: F401 - a fixture
