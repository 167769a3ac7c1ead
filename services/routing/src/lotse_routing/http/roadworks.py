"""The internal HTTP of roadwork feeds: those of others matched to links, ours written for others."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request

from lotse_routing.core.topology import Topology
from lotse_routing.feeds.elements import UnreadableFeedError
from lotse_routing.feeds.found import Complaint, FeedContent
from lotse_routing.feeds.matching import Match, Matcher
from lotse_routing.feeds.ours import Street, as_told, each_time
from lotse_routing.feeds.read import FeedFormat, read_feed, sniff
from lotse_routing.feeds.write import write_datex2, write_wzdx
from lotse_routing.http.routes import CurrentSnapshot, database_away, invalid_field
from lotse_routing.records import Records
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.town import Town
from lotse_shared.database import AWAY
from lotse_shared.problems import TooLarge, Unavailable
from lotse_shared.settings import TimeZoneName
from lotse_shared.wire_feeds import ExportAnswer, ExportRequest, FeedComplaint, MatchAnswer, MatchedRoadwork

MOST_FOUND = 500
"""Of one feed: a tenth of a second each on a busy core."""
MOST_CHARS = 200
"""Of a name or an id that a feed gives."""
LANES_UNSAID = 1
"""Feeds say that lanes are closed, not how many: one is taken."""


def feeds_router(
    current: CurrentSnapshot, town: Callable[[], Town | None], records: Records, settings: RoutingSettings
) -> APIRouter:
    """Give match and export."""
    router = APIRouter(prefix="/internal/roadworks")
    one_at_a_time = asyncio.Lock()  # matching takes a core: no number of feeds shall starve routes

    @router.post("/match")
    async def match(
        request: Request,
        feed_format: Annotated[FeedFormat | None, Query(alias="format")] = None,
        time_zone: TimeZoneName | None = None,
    ) -> MatchAnswer:
        known = town()
        if known is None:
            message = "no network is active yet"
            raise Unavailable(message, headers={"Retry-After": "5"})
        content, zone = await request.body(), time_zone or settings.feed.feed_zone
        async with one_at_a_time:
            return await asyncio.to_thread(_match, known.topology, content, feed_format, zone, settings)

    @router.post("/export")
    async def export(request: ExportRequest) -> ExportAnswer:
        snapshot = current()
        now = snapshot.computed_until
        try:
            roadworks = await records.roadworks(now)
        except AWAY as error:
            raise database_away() from error
        streets = await asyncio.to_thread(_streets, snapshot.topology)
        known = (_known(roadwork, streets) for roadwork in roadworks)
        times = (time for each in known if each.links for time in each_time(each, now, settings.feed.feed_days))
        told = [part for time in times for part in as_told(time, streets)]
        feed, language = settings.feed, settings.display.language
        if request.format == "wzdx":
            return ExportAnswer(content=write_wzdx(told, feed.feed_publisher, now))
        return ExportAnswer(content=write_datex2(told, feed.feed_publisher, feed.feed_country, language, now))

    return router


def _match(
    topology: Topology, content: bytes, feed_format: FeedFormat | None, zone: str | None, settings: RoutingSettings
) -> MatchAnswer:
    try:
        known = feed_format or sniff(content)
        read = read_feed(content, known, ZoneInfo(zone) if zone else None)
    except UnreadableFeedError as error:
        raise invalid_field(field="body", reason=str(error)) from error
    if len(read.found) > MOST_FOUND:
        message = f"the feed has {len(read.found)} roadworks: send it in pieces of up to {MOST_FOUND}"
        raise TooLarge(message)
    matches = Matcher(topology, settings.feed.feed_confirm_below).match(read.found)
    return MatchAnswer(
        format=known.value,
        found=[_told(match) for match in matches],
        complaints=_complaints(read),
        network_version=topology.network_version,
    )


def _told(match: Match) -> MatchedRoadwork:
    found = match.found
    return MatchedRoadwork(
        source_id=_line(found.source_id),
        name=_line(found.name) or _line(found.source_id),
        effect=found.effect,
        speed_kmh=found.speed_kmh if found.effect in {"speed", "lanes"} else None,
        lanes_closed=LANES_UNSAID if found.effect == "lanes" else None,
        links=list(match.links),
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        confidence=match.confidence,
        doubts=list(match.reasons),
    )


def _complaints(read: FeedContent) -> list[FeedComplaint]:
    return [_complaint(said) for said in read.complaints]


def _complaint(said: Complaint) -> FeedComplaint:
    texts = {name: _line(getattr(said, name)) for name in ("source_id", "code", "field", "reason", "allowed")}
    return FeedComplaint(**texts, is_left_out=said.is_left_out)


def _line(text: str) -> str:
    """Make one line of a feed's text, as long as we keep."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MOST_CHARS].strip()


def _streets(topology: Topology) -> Mapping[str, Street]:
    return {link.link_id: Street(link.name, link.coordinates) for link in topology.links}


def _known(roadwork: Roadwork, streets: Mapping[str, Any]) -> Roadwork:
    """Leave out links that the network does not have: the gauge of unknown links tells of them."""
    return replace(roadwork, links=tuple(link for link in roadwork.links if link in streets))
