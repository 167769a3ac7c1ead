"""What was done: events of the audit log."""

from typing import Any

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import Page, View

SIGN = {"sign_id": "S2", "priority": 5, "retired_at": None}


class AuditEvent(View):
    """One thing that was done to one thing."""

    audit_id: int = Field(examples=[412])
    at: AwareDatetime = Field(description="on the wall's clock", examples=["2026-11-23T07:43:28.203781Z"])
    key_id: str = Field(description="whose key it was; `command-line`: nobody's", examples=["5f0c1d9a3b7e"])
    key_name: str | None = Field(description="what that key is called now", examples=["control centre"])
    request_id: str | None = Field(
        description="`X-Request-ID` of the request; null: not by HTTP", examples=["0d8f2f1c5d0e4d6fa3c7b1f0a9e8d7c6"]
    )
    action: str = Field(examples=["update"])
    noun: str = Field(examples=["sign"])
    noun_id: str = Field(examples=["S2"])
    detail: dict[str, Any] = Field(description="what the two do not tell, such as a reason", examples=[{}])
    before: dict[str, Any] | None = Field(
        description="as it was, with the names of the database; null: there was none", examples=[SIGN]
    )
    after: dict[str, Any] | None = Field(
        description="as it was then; null: there is none any more", examples=[SIGN | {"priority": 7}]
    )


AuditPage = Page[AuditEvent]
