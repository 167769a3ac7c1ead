"""Makes keys from the command line: the first one can come from nowhere else."""

from collections.abc import Sequence

from lotse_gateway.database import load_all_queries
from lotse_gateway.feed import APPLICATION
from lotse_gateway.keys import Scope, draw_key
from lotse_shared.database import connect
from lotse_shared.settings import DatabaseSettings

COMMAND_LINE = "command-line"
"""Who stands in the audit log where no key was used."""


class KeyRequestError(ValueError):
    """A key that could not be of use."""


async def create_key(settings: DatabaseSettings, name: str, scopes: Sequence[Scope], sign_id: str | None) -> str:
    """Make a key, store its hash, and give its text.

    Raises
    ------
    KeyRequestError
        The scope sign without a sign, or a sign without the scope.
    """
    if (Scope.SIGN in scopes) != (sign_id is not None):
        message = "--sign and --scope sign belong together: a sign's key reads that sign's display only"
        raise KeyRequestError(message)
    key, queries = draw_key(), load_all_queries()
    connection = await connect(settings, APPLICATION)
    try:
        async with connection.transaction():
            held = [scope.value for scope in scopes]
            await connection.execute(queries["add_key"], key.key_id, name, key.secret_sha256, held, sign_id)
            event = {
                "action": "create",
                "noun_id": key.key_id,
                "detail": {"name": name, "scopes": held, "sign": sign_id},
            }
            await connection.execute(queries["add_audit_events"], COMMAND_LINE, "api_key", [event])
    finally:
        await connection.close()
    return key.text
