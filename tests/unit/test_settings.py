"""Settings from the environment."""

import pytest

from lotse_shared.settings import DatabaseSettings, HttpSettings, SettingsError


def test_a_missing_setting_is_named_in_one_line_with_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOTSE_DATABASE_DSN", raising=False)
    expected = r"^LOTSE_DATABASE_DSN: Field required \(postgresql://user:password@host:port/database\)$"
    with pytest.raises(SettingsError, match=expected):
        DatabaseSettings()


def test_every_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_DATABASE_DSN", "postgresql://x")
    monkeypatch.setenv("LOTSE_DATABASE_POOL_SIZE", "0")
    monkeypatch.setenv("LOTSE_DATABASE_COMMAND_TIMEOUT_S", "soon")
    with pytest.raises(SettingsError, match=r"LOTSE_DATABASE_POOL_SIZE: .*; LOTSE_DATABASE_COMMAND_TIMEOUT_S: "):
        DatabaseSettings()


def test_loopback_unless_told_otherwise() -> None:
    assert HttpSettings(port=1).host == "127.0.0.1"
