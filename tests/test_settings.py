import dataclasses
import re

import pytest

from explorer.data.uploads.bounded import bare_environment
from explorer.errors import SettingError
from explorer.settings import EMBEDDING_KEY, INFERENCE_TOKEN, Settings, settings
from tests.conftest import ROOT

ENTRIES = dataclasses.fields(Settings)
SECRETS = {INFERENCE_TOKEN, EMBEDDING_KEY}


def test_every_setting_is_in_the_table_with_its_default_and_the_table_has_no_other():
    rows = re.findall(
        r"^\| `(EXPLORER_\w+)(?:<NAME>)?` \| ([^|]*) \|", (ROOT / "docs/settings.md").read_text(), re.M
    )
    documented = {name: default.strip() for name, default in rows}
    assert set(documented) == {entry.metadata["env"] for entry in ENTRIES} | SECRETS
    for entry in ENTRIES:
        if entry.default != "":
            shown = "no" if entry.default is False else str(entry.default)
            assert documented[entry.metadata["env"]] == shown


def test_no_code_reads_a_variable_that_is_not_a_setting():
    known = {entry.metadata["env"] for entry in ENTRIES} | SECRETS | {"EXPLORER_TEST_DATA"}
    for path in [*ROOT.glob("*.py"), *(ROOT / "explorer").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        assert set(re.findall(r"EXPLORER_[A-Z_]+", path.read_text())) <= known, path


def test_values_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE_MB", "77")
    settings.cache_clear()
    assert settings().cache_mb == 77
    assert settings().max_rows == 200_000


def test_the_small_profile_has_the_defaults_in_the_table_and_each_can_still_be_set(monkeypatch):
    monkeypatch.setenv("EXPLORER_PROFILE", "small")
    monkeypatch.setenv("EXPLORER_MAX_FILE_MB", "50")
    settings.cache_clear()
    line = next(
        line for line in (ROOT / "docs/settings.md").read_text().splitlines() if "EXPLORER_PROFILE" in line
    )
    told = {}
    for names, value in re.findall(r"((?:`EXPLORER_\w+`(?: and )?)+) to (\d+)", line):
        told |= dict.fromkeys(re.findall(r"EXPLORER_\w+", names), int(value))
    small = {entry.metadata["env"]: entry.metadata["small"] for entry in ENTRIES if entry.metadata["small"]}
    assert told == small
    for entry in ENTRIES:
        env, usual = entry.metadata["env"], entry.default
        expected = {"EXPLORER_PROFILE": "small", "EXPLORER_MAX_FILE_MB": 50}.get(env, told.get(env, usual))
        if env != "EXPLORER_CACHE_DIR":
            assert getattr(settings(), entry.name) == expected
        assert type(told.get(env, usual)) is type(usual)
    settings.cache_clear()


def test_processes_that_read_files_have_the_same_bounds_and_no_secret(monkeypatch):
    monkeypatch.setenv("EXPLORER_PROFILE", "small")
    monkeypatch.setenv("EXPLORER_READ_MB", "200")
    monkeypatch.setenv(INFERENCE_TOKEN, "hf_secret")
    passed = bare_environment()
    assert (passed["EXPLORER_PROFILE"], passed["EXPLORER_READ_MB"]) == ("small", "200")
    assert INFERENCE_TOKEN not in passed


def test_a_profile_that_does_not_exist_names_its_variable(monkeypatch):
    monkeypatch.setenv("EXPLORER_PROFILE", "tiny")
    settings.cache_clear()
    with pytest.raises(SettingError, match="EXPLORER_PROFILE: There is no profile 'tiny'"):
        settings()
    settings.cache_clear()


@pytest.mark.parametrize("value", ["0", "-3", "many", "1.5"])
def test_a_number_that_is_none_names_its_variable(monkeypatch, value):
    monkeypatch.setenv("EXPLORER_MAX_ROWS", value)
    settings.cache_clear()
    with pytest.raises(SettingError, match="EXPLORER_MAX_ROWS") as caught:
        settings()
    assert value in caught.value.what
    settings.cache_clear()


@pytest.mark.parametrize(
    ("value", "on"),
    [("yes", True), ("True", True), ("1", True), ("no", False), ("FALSE", False), ("0", False)],
)
def test_a_switch_is_turned_in_plain_words(monkeypatch, value, on):
    monkeypatch.setenv("EXPLORER_ALLOW_REMOTE_CODE", value)
    settings.cache_clear()
    assert settings().allow_remote_code is on
    assert settings().allow_pickle is False


def test_a_switch_that_is_neither_on_nor_off_names_its_variable(monkeypatch):
    monkeypatch.setenv("EXPLORER_ALLOW_PICKLE", "maybe")
    settings.cache_clear()
    with pytest.raises(SettingError, match="EXPLORER_ALLOW_PICKLE: 'maybe' is neither yes nor no"):
        settings()
    settings.cache_clear()


def test_the_cache_folder_is_made_and_a_place_it_cannot_be_is_named(monkeypatch, tmp_path):
    assert settings().cache_folder.is_dir()
    (tmp_path / "file").write_text("")
    blocked = dataclasses.replace(settings(), cache_dir=str(tmp_path / "file" / "below"))
    with pytest.raises(SettingError, match="EXPLORER_CACHE_DIR"):
        _ = blocked.cache_folder


def test_the_upload_bound_of_streamlit_is_not_below_ours():
    config = (ROOT / ".streamlit/config.toml").read_text()
    assert int(re.search(r"maxUploadSize = (\d+)", config)[1]) >= Settings().max_file_mb
