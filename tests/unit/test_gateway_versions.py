"""How a version of the registry is made of what the audit trail kept."""

from datetime import UTC, datetime
from typing import Any

from lotse_gateway.models.registry import SignVersion
from lotse_gateway.routes.versions import view_version

SAVED = datetime(2026, 11, 23, 7, 38, 47, tzinfo=UTC)


def _view(content: dict[str, Any]) -> dict[str, Any]:
    row = {"version": 3, "saved_at": SAVED, "author": "k", "content": content}
    return view_version(row, SignVersion.model_fields)


def test_what_the_trail_tells_beside_the_content_is_left_out() -> None:
    content = {"sign_id": "S1", "link_id": "A-B-0", "priority": 7}
    beside = {"lock": {"reason": "pit"}, "updated_at": "2026-11-23T00:00:00Z", "version": 2}
    view = _view(content | beside)
    assert view == content | {"version": 3, "saved_at": SAVED, "author": "k"}


def test_a_field_that_came_later_has_its_default() -> None:
    version = SignVersion.model_validate(_view({"sign_id": "S1", "link_id": "A-B-0"}))
    assert (version.mode, version.charset, version.version) == ("automatic", "utf8", 3)
