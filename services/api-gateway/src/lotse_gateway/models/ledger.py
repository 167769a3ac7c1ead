"""The proof that nothing was lost: what became of readings, and what is missing by the publishers' own count."""

from typing import Literal

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import View

Bucket = Literal["hour", "day"]
FROM, TO = "2026-11-24T06:00:00Z", "2026-11-24T08:00:00Z"


class Counts(View):
    """Readings by what became of them."""

    received: int = Field(examples=[382])
    stored: int = Field(description="rows of the table of readings", examples=[380])
    duplicate: int = Field(description="known already, and so not stored again", examples=[0])
    quarantined: int = Field(description="kept as dead letters because of their time (R9)", examples=[1])
    rejected: int = Field(description="kept as dead letters because they could not be used", examples=[1])


class Account(Counts):
    """What was received from a detector within an hour or a day."""

    begins_at: AwareDatetime = Field(description="beginning of the hour or day (UTC) of receipt", examples=[FROM])
    detector_id: str | None = Field(description="null: none could be read", examples=["AB-05"])


class Totals(Counts):
    """All accounts together, and the two sums to hold against the outside."""

    accounted_for: int = Field(description="stored + duplicate + quarantined + rejected", examples=[382])
    unaccounted: int = Field(description="received - accounted_for: anything but 0 is an error of ours", examples=[0])
    distinct_published: int = Field(
        description="stored + quarantined + rejected: as many different readings as the publishers sent", examples=[382]
    )


class LedgerPage(View):
    """A page of accounts, by time and detector."""

    from_: AwareDatetime = Field(alias="from", description="begins with the hour or day of `from`", examples=[FROM])
    to: AwareDatetime = Field(description="and ends with that of `to`", examples=[TO])
    bucket: Bucket
    totals: Totals | None = Field(description="over all pages; null on every page but the first")
    items: list[Account]
    next_cursor: str | None = Field(description="give it as `cursor` to get the next page; null: this was the last")


class Gap(View):
    """A jump in a detector's own counter."""

    last_seq: int = Field(examples=[411])
    last_measured_at: AwareDatetime = Field(examples=["2026-11-24T07:10:00Z"])
    next_seq: int = Field(examples=[414])
    next_measured_at: AwareDatetime = Field(examples=["2026-11-24T07:13:00Z"])
    missing: int = Field(description="numbers between the two that are nowhere", examples=[1])
    dead_letters: int = Field(description="numbers between the two that are among the dead letters", examples=[1])


class GapPage(View):
    """A page of gaps, in the order in which they were measured."""

    detector_id: str = Field(examples=["AB-05"])
    from_: AwareDatetime = Field(alias="from", examples=[FROM])
    to: AwareDatetime = Field(examples=[TO])
    readings: int = Field(description="in the table", examples=[118])
    numbered: int = Field(description="of these, with a number (`seq`)", examples=[118])
    resets: int = Field(description="how often the number fell: the counter began anew", examples=[0])
    gaps: int = Field(examples=[1])
    missing: int = Field(description="in all gaps together; 0 proves that nothing is missing in between", examples=[1])
    dead_letters: int = Field(description="in all gaps together", examples=[1])
    items: list[Gap]
    next_cursor: str | None = Field(description="give it as `cursor` to get the next page; null: this was the last")
