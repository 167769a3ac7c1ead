"""What became of the roadworks of a feed."""

from typing import Literal

from pydantic import Field

from lotse_gateway.models.base import View
from lotse_shared.wire_feeds import FeedComplaint, FeedFormat

Outcome = Literal["created", "updated", "unchanged", "kept", "no_link", "no_effect", "over"]
OUTCOME_MEANS = (
    "created, updated: it is a draft now, to be looked at; unchanged: it is stored as the feed tells it; kept: it was"
    " approved, refused or ended here, the feed tells something else, and nothing was changed: see to it; no_link: it"
    " lies on no link; no_effect: the feed does not say what it does; over: its time is over"
)


class ImportedRoadwork(View):
    """What became of one."""

    source_id: str = Field(description="its id in the feed", examples=["k1"])
    name: str = Field(examples=["Kanalbau"])
    outcome: Outcome = Field(description=OUTCOME_MEANS, examples=["created"])
    roadwork_id: str | None = Field(description="null: it is not stored", examples=["RW-66211944d4da2177"])
    confidence: float = Field(description="of its links, 0..1", examples=[0.95])
    doubts: list[str] = Field(description="why a person has to confirm it", examples=[[]])


class ImportAnswer(View):
    """What became of a feed."""

    format: FeedFormat = Field(examples=["geojson"])
    roadworks: list[ImportedRoadwork]
    complaints: list[FeedComplaint] = Field(description="what could not be read, or was read in a way to know of")
    gone: list[str] = Field(
        description="ids of roadworks from this source that have an effect or may get one, and that the feed does not"
        " have any more: end or refuse them, if they are over",
        examples=[[]],
    )
