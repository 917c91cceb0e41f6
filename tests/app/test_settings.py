"""Settings: read from the environment, wrong ones stop the start by name, all are documented."""

from pathlib import Path

import pytest

from app.settings import ROOT, Settings, SettingsError, load


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))


def test_defaults(tmp_path: Path) -> None:
    settings = load()
    assert settings.port == 8090
    assert settings.database_url == f"sqlite:///{tmp_path}/tunesmith.db"
    assert settings.scratch_dir.is_dir()


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEYS", "first-key, second-key,")
    assert load().api_keys == ("first-key", "second-key")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("DEVICE", "tpu"),
        ("MAX_UPLOAD_MB", "-1"),
        ("LOG_LEVEL", "loud"),
        ("HOST", "0.0.0.0"),
        ("API_KEYS", "short"),
        ("LEASE_SECONDS", "1"),
        ("SOUNDFONT_PATH", "/nowhere/bank.sf2"),
        ("SOUNDFONT_PATH", "LICENSE"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as stopped:
        load()
    assert name in str(stopped.value)


def test_a_network_address_is_fine_with_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.setenv("API_KEYS", "a-long-enough-key")
    assert load().host == "0.0.0.0"


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    missing = [name.upper() for name in Settings.model_fields if f"`{name.upper()}`" not in text]
    assert not missing
