"""MLflow on the pages: where the host allows it, results and encoders are logged and models chosen."""

from __future__ import annotations

import pytest

from explorer.encode.spec import LocalModel, Tfidf
from explorer.mlflow_store import connection
from explorer.ui.models import tracked
from explorer.ui.widgets import log_to_mlflow
from tests.app.driving import button, error, finished, labels, open_app, open_with_rows, said, session_of
from tests.app.test_compare_evaluate import evaluating
from tests.comparison.comparisons import corpus

pytestmark = pytest.mark.xdist_group("mlflow")


@pytest.fixture
def allowed(mlflow_store, bound):
    """The host has named the server and allows everything with it."""
    bound("EXPLORER_ALLOW_MLFLOW_MODELS", "yes")
    bound("EXPLORER_ALLOW_MLFLOW_LOGGING", "yes")
    return mlflow_store


def client():
    from mlflow import MlflowClient

    return MlflowClient()


def logged_run(app):
    """The run that the page says it has logged."""
    said_of_run = next(caption.value for caption in app.caption if caption.value.startswith("Run "))
    return client().get_run(said_of_run.split()[1].rstrip("."))


def press(app, key):
    app.button(key=key).click().run()
    return finished(app)


def comparing():
    return finished(open_with_rows(corpus(), Tfidf()).switch_page("pages/compare.py").run())


def test_nothing_of_mlflow_is_shown_where_the_host_does_not_allow_it(mlflow_store):
    for app in (comparing(), finished(open_app("pages/models.py"))):
        assert "Log it" not in labels(app)
        assert "In MLflow" not in [header.value for header in app.header]


def test_a_comparison_is_logged_and_the_page_says_how_to_load_it(allowed):
    app = comparing()
    app.text_input(key="mlflow-name-comparison").set_value("from the page")
    press(app, "mlflow-log-comparison")
    run = logged_run(app)
    assert run.info.run_name == "from the page"
    assert run.data.params["fingerprint"] == corpus().fingerprint
    assert said(app.success) == "Logged as “from the page”."
    assert f"mlflow.get_run('{run.info.run_id}')" in said(app.code)
    files = [file.path for file in client().list_artifacts(run.info.run_id)]
    assert files == ["plots", "report.html"]
    app.toggle(key="mlflow-texts-comparison").set_value(True)
    press(app, "mlflow-log-comparison")
    assert "comparison.comparison" in [
        file.path for file in client().list_artifacts(logged_run(app).info.run_id)
    ]


def test_an_evaluation_is_logged(allowed):
    app = evaluating("labels", corpus())
    press(app, "evaluate-now")
    press(app, "mlflow-log-evaluation")
    assert logged_run(app).data.params["evaluated on"] == "labels"


def test_the_encoder_is_logged_listed_and_used(allowed, tiny_model, bound):
    bound("EXPLORER_MODEL_DIR", str(tiny_model.parent))
    app = finished(open_with_rows(corpus(), LocalModel(str(tiny_model))).switch_page("pages/models.py").run())
    app.text_input(key="mlflow-name-encoder").set_value("page encoder")
    press(app, "mlflow-log-encoder")
    assert said(app.success) == "Logged as “models:/page encoder/1”."
    button(app, "page encoder/1").click().run()
    finished(app)
    assert "models:/page encoder/1" in said(app.header)
    assert not app.error
    button(app, "Use it").click().run()
    finished(app)
    session = session_of(app)
    assert session.encoder == LocalModel("models:/page encoder/1")
    assert len(session.spaces[session.encoder]) == len(corpus())
    app = finished(app.switch_page("pages/data.py").run())
    assert "models:/page encoder/1" in app.selectbox(key="model-choice-Model").options


def test_a_link_opens_a_model_of_mlflow_only_where_the_host_allows_it(mlflow_store):
    app = finished(open_app("pages/search.py", corpus="medicare-faq", model="models:/faq/1"))
    told = said([*app.error, *app.warning, *app.info])
    assert "EXPLORER_ALLOW_MLFLOW_MODELS" in told


def test_a_server_that_is_gone_loses_nothing(bound, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    bound("EXPLORER_ALLOW_MLFLOW_LOGGING", "yes")
    app = comparing()
    press(app, "mlflow-log-comparison")
    assert "did not answer" in error(app)
    assert "Nothing is lost here" in error(app)
    assert "Report (Markdown)" in [each.label for each in app.get("download_button")]
    assert button(app, "Try again")


def test_without_mlflow_the_page_says_how_to_install_it(bound, monkeypatch):
    bound("EXPLORER_ALLOW_MLFLOW_LOGGING", "yes")
    for module in (connection, log_to_mlflow, tracked):
        monkeypatch.setattr(module, "is_installed", lambda: False)
    for app in (comparing(), finished(open_app("pages/models.py"))):
        assert 'pip install "explorer[mlflow]"' in error(app)
        assert "Log it" not in labels(app)
