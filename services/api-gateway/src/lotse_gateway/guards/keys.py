"""API keys: `lotse_<key_id>_<secret>`. The secret is 256 random bits, so a plain SHA-256 of it is stored.

Keys are held in memory, so that checking one costs no query.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PREFIX = "lotse"
SECRET_BYTES = 32


class Scope(StrEnum):
    """What a key may do. Each of sign < viewer < operator < admin includes those before it; publisher stands apart."""

    SIGN = "sign"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    PUBLISHER = "publisher"


_LADDER = (Scope.SIGN, Scope.VIEWER, Scope.OPERATOR, Scope.ADMIN)


def includes(held: Scope, needed: Scope) -> bool:
    """Tell whether a key with the scope `held` may do what `needed` allows."""
    if held in _LADDER and needed in _LADDER:
        return _LADDER.index(held) >= _LADDER.index(needed)
    return held is needed


class UselessKeyError(ValueError):
    """A key that could not be of use."""

    def __str__(self) -> str:
        """Say what goes together."""
        return "a sign and the scope sign belong together: a sign's key reads that sign's display only"


def refuse_useless(scopes: Collection[Scope], sign_id: str | None) -> None:
    """Do nothing if a key with these scopes, of this sign, can be of use.

    Raises
    ------
    UselessKeyError
        The scope sign without a sign, or a sign without the scope.
    """
    if (Scope.SIGN in scopes) != (sign_id is not None):
        raise UselessKeyError


class KeyRefusedError(Exception):
    """The key is missing, malformed, unknown, expired or revoked. The message does not tell a stranger which part."""


class KeysNotLoadedError(Exception):
    """No key has been read from the database, or not for too long, so nobody can be known."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the gateway knows it: never its secret."""

    key_id: str
    name: str
    secret_sha256: bytes
    scopes: frozenset[Scope]
    sign_id: str | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def may(self, needed: Scope) -> bool:
        """Tell whether any of the key's scopes includes `needed`."""
        return any(includes(held, needed) for held in self.scopes)

    def may_read_display(self, sign_id: str) -> bool:
        """Tell whether this key may read what a sign shows: viewers any sign's, a sign key its own only."""
        return (self.sign_id == sign_id and Scope.SIGN in self.scopes) or self.may(Scope.VIEWER)

    def may_acknowledge(self, sign_id: str) -> bool:
        """Tell whether this key may say what a sign shows: its own; an administrator's, who could make it one."""
        return self.may(Scope.ADMIN) or (Scope.SIGN in self.scopes and self.sign_id == sign_id)

    def is_valid(self, now: datetime) -> bool:
        """Tell whether the key is neither expired nor revoked at this moment of the wall clock."""
        return (self.expires_at is None or now < self.expires_at) and (self.revoked_at is None or now < self.revoked_at)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the one moment at which its secret is known."""

    key_id: str
    secret: str

    @property
    def text(self) -> str:
        """The whole key, as its owner presents it."""
        return f"{PREFIX}_{self.key_id}_{self.secret}"

    @property
    def secret_sha256(self) -> bytes:
        """What is stored."""
        return hash_secret(self.secret)


def draw_key() -> NewKey:
    """Draw a new key from the system's randomness."""
    return NewKey(secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES))


def hash_secret(secret: str) -> bytes:
    """SHA-256 of a secret."""
    return hashlib.sha256(secret.encode()).digest()


class KeyRing:
    """All keys, in memory, and when they were used."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}
        self._uses: dict[str, datetime] = {}
        self.is_loaded = False

    def replace(self, keys: Iterable[ApiKey]) -> None:
        """Hold these keys from now on, and no others."""
        self._keys = {key.key_id: key for key in keys}
        self.is_loaded = True

    def forget(self) -> None:
        """Take no key any more, until they are read again: they may have been revoked meanwhile."""
        self._keys, self.is_loaded = {}, False

    def holds(self, key: ApiKey, now: datetime) -> bool:
        """Tell whether a key that was presented a while ago would still be taken at this moment of the wall clock."""
        held = self._keys.get(key.key_id)
        return held is not None and held.is_valid(now)

    def authenticate(self, text: str | None, now: datetime) -> ApiKey:
        """Give the key that this text proves.

        Raises
        ------
        KeyRefusedError
            The text proves none.
        KeysNotLoadedError
            Keys were never read so far, or not for too long.
        """
        if not self.is_loaded:
            raise KeysNotLoadedError
        prefix, _, rest = (text or "").partition("_")
        key_id, _, secret = rest.partition("_")
        key = self._keys.get(key_id)
        if prefix != PREFIX or key is None or not hmac.compare_digest(hash_secret(secret), key.secret_sha256):
            message = "no valid key was presented" if text else "no key was presented"
            raise KeyRefusedError(message)
        if not key.is_valid(now):
            message = "the key has expired or was revoked"
            raise KeyRefusedError(message)
        self._uses[key_id] = now
        return key

    def take_uses(self) -> Mapping[str, datetime]:
        """Give when each key was used last, of those used since this was asked before."""
        uses, self._uses = self._uses, {}
        return uses

    def give_back_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep what could not be written for the next time."""
        self._uses = {**uses, **self._uses}
