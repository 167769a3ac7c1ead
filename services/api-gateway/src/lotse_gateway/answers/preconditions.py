"""Conditional writes: If-Match and If-None-Match of PUT and DELETE, checked in the transaction of the write."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, Header
from pydantic import BaseModel

from lotse_gateway.answers.etags import etag_of_view, matches, matches_strongly
from lotse_shared.problems import Problem


class PreconditionFailed(Problem):
    """The thing is not as the request supposes: it was changed, or it exists already."""

    status = 412
    slug = "precondition-failed"
    title = "It is not as the request supposes"


@dataclass(frozen=True, slots=True)
class Precondition:
    """What a write supposes of the thing it changes. Nothing, where no header was sent: then the last write wins."""

    if_match: str | None = None
    if_none_match: str | None = None

    @property
    def is_given(self) -> bool:
        """Tell whether the thing must be looked at, and held, before it is written."""
        return self.if_match is not None or self.if_none_match is not None

    def check(self, what: str, view: type[BaseModel], *present: Mapping[str, Any] | asyncpg.Record | None) -> None:
        """Do nothing if the thing is as supposed. `present` is its row, held by this transaction; None: there is none.

        What is told in several languages has a row in each: any is what a GET may have given.

        Raises
        ------
        PreconditionFailed
            It is not.
        """
        if not self.is_given:
            return
        etags = [etag_of_view(view, dict(row)) for row in present if row is not None]
        if self.if_match is not None and not any(matches_strongly(self.if_match, etag) for etag in etags):
            was = f"was changed meanwhile: its ETag is {etags[0]}" if etags else "does not exist"
            message = f"{what} {was}; read it again before you write"
            raise PreconditionFailed(message)
        if self.if_none_match is not None and any(matches(self.if_none_match, etag) for etag in etags):
            raise exists_already(what)


def exists_already(what: str) -> PreconditionFailed:
    """Give the problem of what was to be created only."""
    message = f"{what} exists already; leave out If-None-Match, if you mean to replace it"
    return PreconditionFailed(message)


def read_precondition(
    if_match: Annotated[
        str | None, Header(description="ETag of a GET: 412 if it is another one by now. Left out: the last write wins")
    ] = None,
    if_none_match: Annotated[str | None, Header(description="`*`: 412 if it exists")] = None,
) -> Precondition:
    """Read what a write supposes."""
    return Precondition(if_match, if_none_match)


Supposed = Annotated[Precondition, Depends(read_precondition)]
