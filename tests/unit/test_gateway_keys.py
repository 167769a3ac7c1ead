"""API keys and what they may do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lotse_gateway.guards.keys import ApiKey, KeyRefusedError, KeyRing, KeysNotLoadedError, Scope, draw_key, includes

NOW = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def _ring_with(**fields: Any) -> tuple[KeyRing, str]:
    new = draw_key()
    ring = KeyRing()
    ring.replace([ApiKey(new.key_id, "test", new.secret_sha256, frozenset({Scope.VIEWER}), **fields)])
    return ring, new.text


def test_a_key_proves_itself() -> None:
    ring, text = _ring_with()
    assert ring.authenticate(text, NOW).name == "test"


def test_a_key_has_256_random_bits_and_a_readable_beginning() -> None:
    one, other = draw_key(), draw_key()
    assert one.text.startswith(f"lotse_{one.key_id}_")
    assert len(one.secret) == 43  # 32 bytes in base64 without padding
    assert one.secret != other.secret
    assert one.secret not in repr(one.secret_sha256)


def test_whatever_is_not_the_key_is_refused() -> None:
    ring, text = _ring_with()
    other = draw_key()
    wrong = ["", "lotse", "lotse__", text[:-1], text + "x", text.upper(), text.replace("lotse", "other"), other.text]
    for presented in [None, *wrong, f"lotse_{text.split('_')[1]}_{other.secret}"]:
        with pytest.raises(KeyRefusedError):
            ring.authenticate(presented, NOW)


@pytest.mark.parametrize("end", ["expires_at", "revoked_at"])
def test_a_key_ends_at_its_expiry_and_its_revocation(end: str) -> None:
    ring, text = _ring_with(**{end: NOW})
    assert ring.authenticate(text, NOW - SECOND)
    with pytest.raises(KeyRefusedError, match="expired or was revoked"):
        ring.authenticate(text, NOW)


def test_before_keys_were_read_nobody_is_refused_as_unknown() -> None:
    with pytest.raises(KeysNotLoadedError):
        KeyRing().authenticate(draw_key().text, NOW)


def test_keys_that_are_gone_from_the_table_are_forgotten() -> None:
    ring, text = _ring_with()
    ring.replace([])
    with pytest.raises(KeyRefusedError):
        ring.authenticate(text, NOW)


def test_each_scope_includes_those_before_it_and_publisher_stands_apart() -> None:
    ladder = [Scope.SIGN, Scope.VIEWER, Scope.OPERATOR, Scope.ADMIN]
    for place, held in enumerate(ladder):
        assert [includes(held, needed) for needed in ladder] == [other <= place for other in range(4)]
        assert not includes(held, Scope.PUBLISHER)
        assert not includes(Scope.PUBLISHER, held)
    assert includes(Scope.PUBLISHER, Scope.PUBLISHER)


def _key(scope: Scope, sign_id: str | None = None) -> ApiKey:
    return ApiKey("k", "test", b"", frozenset({scope}), sign_id)


def test_a_sign_key_reads_its_own_display_only_and_a_viewer_any() -> None:
    assert _key(Scope.SIGN, "S1").may_read_display("S1")
    assert not _key(Scope.SIGN, "S1").may_read_display("S2")
    assert not _key(Scope.SIGN).may_read_display("S1")
    assert _key(Scope.VIEWER).may_read_display("S1")
    assert not _key(Scope.PUBLISHER, "S1").may_read_display("S1")
