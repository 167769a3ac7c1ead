"""What all bodies share: strictness, plain text, aware moments, pages."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Item = TypeVar("Item")


class Body(BaseModel):
    """A body that comes in: an unknown field is an error that names it; NaN, true and "1" are not numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class View(BaseModel):
    """A body that goes out."""

    model_config = ConfigDict(frozen=True)


NAME_PATTERN = r"^[^\x00-\x1f\x7f]*$"
Name = Annotated[str, StringConstraints(max_length=200, pattern=NAME_PATTERN)]
"""One line of text."""

Longitude = Annotated[float, Field(ge=-180, le=180, description="degrees east, WGS 84")]
Latitude = Annotated[float, Field(ge=-90, le=90, description="degrees north, WGS 84")]


class Page(View, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(description="give it as `cursor` to get the next page; null: this was the last")


class RowProblem(View):
    """One thing that is wrong with a request."""

    index: int | None = Field(default=None, description="row of a bulk request, from 0", examples=[17])
    field: str = Field(examples=["body.link_id"])
    reason: str = Field(examples=["there is no link 'R01-R99-0' in the active network"])


class ProblemBody(View):
    """An error, as RFC 9457 has it."""

    type: str = Field(description="stable; a page stands behind it", examples=["/problems/invalid-input"])
    title: str = Field(examples=["The request is not valid"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["body.link_id: there is no link 'R01-R99-0' in the active network"])
    errors: list[RowProblem] = Field(default=[], description="each fault by its field, where there are several")
