"""What every configured dialect is told: the topics it reads, and what it puts before the detectors' ids."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lotse_ingest.decode.filters import find_fault
from lotse_shared import topics


def _checked(topic_filter: str) -> str:
    if fault := find_fault(topic_filter):
        raise ValueError(fault)
    return topic_filter


class Configured(BaseModel):
    """Settings that all dialects have. Unknown ones are refused, so that a slip of the pen is no silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    filter: Annotated[str, AfterValidator(_checked)] = Field(
        description=f"topic filter, outside of {topics.EVERYTHING}"
    )
    prefix: str = Field(
        default="", max_length=32, description="put before the detector ids: two vendors may both count from 1"
    )
