"""Keys as they are asked for and listed, and the one answer that carries a secret."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, Strict

from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.base import Body, Name, Page, View
from lotse_shared.identifiers import Identifier
from lotse_shared.moment import Moment

KEY_ID = "5f0c1d9a3b7e"
LONGEST_OVERLAP_H = 90 * 24

KeyStatus = Literal["valid", "expired", "revoked"]
KeyName = Annotated[Name, Field(min_length=1, description="who holds it", examples=["wall display, room 2"])]
Scopes = Annotated[
    list[Annotated[Scope, Strict(strict=False)]], Field(min_length=1, max_length=len(Scope), examples=[["viewer"]])
]


class KeyRequest(Body):
    """A key to be made."""

    name: KeyName
    scopes: Scopes
    sign: Identifier | None = Field(default=None, description="with the scope sign: whose display it reads")
    expires_at: Moment | None = Field(
        default=None, description="on the wall's clock; null: valid until it is revoked", examples=[None]
    )


class Rotation(Body):
    """How a key is replaced."""

    overlap_h: float = Field(
        default=24, ge=0, le=LONGEST_OVERLAP_H, description="hours that the old key stays valid", examples=[24]
    )
    expires_at: Moment | None = Field(
        default=None,
        description="of the new key, on the wall's clock; null: it lives as long as the old one was made for",
        examples=[None],
    )


class KeyView(View):
    """A key without its secret, which nobody knows but its holder."""

    key_id: str = Field(description="the part of the key before its secret", examples=[KEY_ID])
    name: str = Field(examples=["wall display, room 2"])
    scopes: list[str] = Field(examples=[["viewer"]])
    sign: str | None = Field(description="with the scope sign: whose display it reads")
    status: KeyStatus
    created_at: AwareDatetime = Field(examples=["2026-11-23T06:40:00Z"])
    expires_at: AwareDatetime | None = Field(description="null: never")
    revoked_at: AwareDatetime | None
    last_used_at: AwareDatetime | None = Field(
        description="to about a minute; null: never", examples=["2026-11-23T07:43:28Z"]
    )
    replaces: str | None = Field(description="the key that was rotated into this one")
    replaced_by: str | None = Field(description="the key that this one was rotated into")


class NewKeyView(KeyView):
    """A key, at the one moment at which its secret is known."""

    key: str = Field(
        description="what its holder sends; shown once, and kept nowhere",
        examples=[f"lotse_{KEY_ID}_q0mVtG8wXk1RrJc5m2lYb7dZ9sQ4hUeT3nPaKvF6iOE"],
    )


KeyPage = Page[KeyView]
