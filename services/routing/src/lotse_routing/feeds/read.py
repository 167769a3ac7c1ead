"""Reads a feed of any format that is known."""

from collections.abc import Callable
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from lotse_routing.feeds.city import read_city
from lotse_routing.feeds.datex2 import read_datex2
from lotse_routing.feeds.elements import decoded
from lotse_routing.feeds.found import FeedContent
from lotse_routing.feeds.wzdx import read_wzdx


class FeedFormat(StrEnum):
    """How a feed is written: WZDx 4.2, DATEX II v3 situations (JSON), or a city's own GeoJSON."""

    WZDX = "wzdx"
    DATEX2 = "datex2"
    GEOJSON = "geojson"


READERS: dict[FeedFormat, Callable[[bytes, ZoneInfo | None], FeedContent]] = {
    FeedFormat.WZDX: read_wzdx,
    FeedFormat.DATEX2: read_datex2,
    FeedFormat.GEOJSON: read_city,
}


class _Look(msgspec.Struct):
    """What tells one format from another at the top of a feed."""

    type: object = None
    feed_info: object = None
    road_event_feed_info: object = None


def sniff(content: bytes) -> FeedFormat:
    """Tell how a feed is written, by its outermost members.

    Raises
    ------
    UnreadableFeedError
        It is too large, or no JSON object.
    """
    seen = decoded(content, _Look)
    if seen.feed_info is not None or seen.road_event_feed_info is not None:
        return FeedFormat.WZDX
    return FeedFormat.GEOJSON if seen.type == "FeatureCollection" else FeedFormat.DATEX2


def read_feed(content: bytes, feed_format: FeedFormat, zone: ZoneInfo | None = None) -> FeedContent:
    """Read a feed; `zone` is what its local times are in, None if it has to say zones itself.

    Raises
    ------
    UnreadableFeedError
        The feed as a whole is not of this format.
    """
    return READERS[feed_format](content, zone)
