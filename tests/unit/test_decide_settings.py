"""The settings of routing, and the page that tells them."""

from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from lotse_routing.settings import (
    DisplaySettings,
    EstimateSettings,
    FeedSettings,
    LoopSettings,
    ModeSettings,
    PolicySettings,
    RoutingSettings,
    WeightSettings,
)
from lotse_shared.settings import SettingsError

PAGE = Path(__file__).parents[2] / "docs" / "decisions-of-signs.md"
ROOMS: list[type[BaseSettings]] = [
    EstimateSettings,
    WeightSettings,
    PolicySettings,
    DisplaySettings,
    ModeSettings,
    LoopSettings,
    FeedSettings,
]


def _row(name: str, default: object, description: str | None) -> str:
    told = ", ".join(sorted(default)) if isinstance(default, frozenset) else default
    return f"| `LOTSE_ROUTING_{name.upper()}` | {told} | UNIT | {description} |"


def test_the_page_tells_every_setting_with_its_default() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `LOTSE_ROUTING_")]
    told = ["|".join([*row.split("|")[:3], " UNIT ", *row.split("|")[4:]]) for row in rows]
    fields = [(name, field) for room in ROOMS for name, field in room.model_fields.items()]
    assert told == [_row(name, field.default, field.description) for name, field in fields]


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_ROUTING_MIN_HOLD_S", "6")
    monkeypatch.setenv("LOTSE_ROUTING_MINOR_STREET_CLASSES", '["residential"]')
    settings = RoutingSettings()
    assert settings.policy.min_hold_s == 6
    assert settings.weights.minor_street_classes == {"residential"}


def test_levels_of_service_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(SettingsError, match="slow_from_ratio < dense_from_ratio"):
        EstimateSettings(slow_from_ratio=0.6)
