"""Secrets from files, beside the environment."""

from pathlib import Path

import pytest

from lotse_shared.settings import BrokerSettings, DatabaseSettings, SettingsError


def test_a_secret_is_read_from_its_file_which_goes_before_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dsn"
    file.write_text("postgresql://lotse:from-file@database/lotse\n")
    monkeypatch.setenv("LOTSE_DATABASE_DSN", "postgresql://lotse:from-variable@database/lotse")
    monkeypatch.setenv("LOTSE_DATABASE_DSN_FILE", str(file))
    assert DatabaseSettings().dsn.get_secret_value() == "postgresql://lotse:from-file@database/lotse"


def test_a_secret_that_may_be_absent_has_a_file_too_and_what_is_no_secret_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("of the broker")
    monkeypatch.setenv("LOTSE_BROKER_PASSWORD_FILE", str(file))
    monkeypatch.setenv("LOTSE_BROKER_HOST_FILE", str(file))
    settings = BrokerSettings()
    assert settings.password is not None
    assert (settings.password.get_secret_value(), settings.host) == ("of the broker", "127.0.0.1")


def test_a_file_that_cannot_be_read_ends_the_program_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_DATABASE_DSN_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match=r"LOTSE_DATABASE_DSN_FILE: .*none cannot be read"):
        DatabaseSettings()
