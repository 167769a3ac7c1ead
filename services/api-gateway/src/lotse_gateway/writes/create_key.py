"""Makes keys: over HTTP, and from the command line, as the first one can come from nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from lotse_gateway.database import Connection, Session, load_all_queries
from lotse_gateway.guards.keys import ApiKey, NewKey, Scope, draw_key, refuse_useless
from lotse_gateway.writes.audit import Event, leave_trace
from lotse_shared.database import connect
from lotse_shared.settings import DatabaseSettings

APPLICATION = "lotse-gateway-create-key"
COMMAND_LINE = ApiKey("command-line", "the command line", b"", frozenset())
"""Who stands in the audit log where no key was used."""


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a key is to be. `replaces` names the key in whose place it is made."""

    name: str
    scopes: Sequence[Scope]
    sign_id: str | None = None
    expires_at: datetime | None = None
    replaces: str | None = None


async def add_key(session: Session, author: ApiKey, wish: KeyWish) -> NewKey:
    """Draw a key, store its hash, and leave a trace, in the session's transaction."""
    key = draw_key()
    scopes = sorted({scope.value for scope in wish.scopes})
    named = (key.key_id, key.secret_sha256, wish.name, scopes, wish.sign_id, wish.expires_at, wish.replaces)
    await session.rows("add_key", *named)
    await leave_trace(session, author, "api_key", [Event("create", key.key_id)])
    return key


async def create_key(settings: DatabaseSettings, name: str, scopes: Sequence[Scope], sign_id: str | None) -> str:
    """Make a key from the command line, and give its text.

    Raises
    ------
    UselessKeyError
        It could not be of use.
    """
    refuse_useless(scopes, sign_id)
    connection = await connect(settings, APPLICATION)
    try:
        async with connection.transaction():
            session = Session(cast("Connection", connection), load_all_queries())
            key = await add_key(session, COMMAND_LINE, KeyWish(name, scopes, sign_id))
    finally:
        await connection.close()
    return key.text
