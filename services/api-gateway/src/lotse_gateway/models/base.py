"""What all bodies share: strictness, plain text, aware moments, pages."""

from datetime import datetime
from functools import cache
from types import UnionType
from typing import Annotated, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

Item = TypeVar("Item")


class Body(BaseModel):
    """A body that comes in: an unknown field is an error that names it; NaN, true and "1" are not numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_of_its_kind(cls, value: object, info: ValidationInfo) -> object:
        """Refuse what pydantic would convert though JSON tells it apart. Its strict mode would refuse dates, too."""
        kinds = _kinds_of(cls, info.field_name or "")
        if kinds & {int, float} and isinstance(value, bool | str) and not kinds & {bool, str}:
            message = "must be a number"
            raise ValueError(message)
        if bool in kinds and isinstance(value, str | int | float) and not isinstance(value, bool):
            message = "must be true or false"
            raise ValueError(message)
        if datetime in kinds and isinstance(value, int | float):
            message = "must be a moment, such as 2026-11-23T07:10:00Z"
            raise ValueError(message)
        return value


@cache  # asked for every value of every row
def _kinds_of(model: type[BaseModel], field_name: str) -> frozenset[object]:
    return _kinds(model.model_fields[field_name].annotation)


def _kinds(annotation: object) -> frozenset[object]:
    """Give the plain types that a field may have: of a union each, of a container the container."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kinds(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return frozenset[object]().union(*map(_kinds, get_args(annotation)))
    return frozenset({origin or annotation})


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
