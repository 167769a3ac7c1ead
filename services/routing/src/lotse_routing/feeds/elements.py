"""What readers have in common: take a feed apart, read one element after the other, let none stop the rest."""

from collections.abc import Callable, Container, Iterable, Sequence
from typing import TypeVar

import msgspec

from lotse_routing.feeds.found import Complaint, FeedContent, FoundRoadwork
from lotse_routing.feeds.rules import TOO_MUCH, TWICE, UNREADABLE, LeftOutError, Remarks

MAX_BYTES = 50_000_000
MAX_ELEMENTS = 20_000
T = TypeVar("T")


class Geometry(msgspec.Struct):
    """A GeoJSON geometry; its coordinates are read by `lines`."""

    type: str
    coordinates: object = None


class _Collection(msgspec.Struct):
    features: list[msgspec.Raw]


class _WithId(msgspec.Struct):
    id: str | int | None = None


class UnreadableFeedError(ValueError):
    """A whole feed cannot be read: not its format, or too large. The message says which."""


def decoded(content: bytes, shape: type[T]) -> T:
    """Decode JSON that must have a shape.

    Raises
    ------
    UnreadableFeedError
        It is too large, no JSON, or of another shape.
    """
    if len(content) > MAX_BYTES:
        message = f"the feed has {len(content)} bytes; allowed are {MAX_BYTES}"
        raise UnreadableFeedError(message)
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=shape)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        message = f"the feed cannot be read: {error}"
        raise UnreadableFeedError(message) from error


def read_features(content: bytes, read: Callable[[msgspec.Raw, Remarks], FoundRoadwork]) -> FeedContent:
    """Read a GeoJSON FeatureCollection, feature by feature.

    Raises
    ------
    UnreadableFeedError
        It is none.
    """
    features = decoded(content, _Collection).features
    return read_elements([(_id_of(raw, place), raw) for place, raw in enumerate(features)], read)


def as_shape(raw: msgspec.Raw, shape: type[T]) -> T:
    """Decode one element.

    Raises
    ------
    LeftOutError
        It has another shape; msgspec says where and why.
    """
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        reason, _, path = str(error).partition(" - at ")
        field = path.strip("`").removeprefix("$.") or "element"
        raise LeftOutError(UNREADABLE, field, reason, "see the format's specification") from error


def read_elements(elements: Sequence[tuple[str, T]], read: Callable[[T, Remarks], FoundRoadwork]) -> FeedContent:
    """Read elements, each by itself, given with their ids; ids are unique, the first of a kind is kept."""
    found: dict[str, FoundRoadwork] = {}
    complaints: list[Complaint] = []
    for source_id, element in elements[:MAX_ELEMENTS]:
        remarks = Remarks(source_id)
        try:
            _check_new(source_id, found)
            found[source_id] = read(element, remarks)
        except LeftOutError as error:
            remarks.left_out(error)
        complaints += remarks.complaints
    return FeedContent(tuple(found.values()), (*complaints, *_too_many(len(elements))))


def _check_new(source_id: str, found: Container[str]) -> None:
    if source_id in found:
        raise LeftOutError(TWICE, "id", "stands twice: the first one is kept", "an id of its own")


def _too_many(elements: int) -> Iterable[Complaint]:
    if elements > MAX_ELEMENTS:
        reason = f"{elements} elements: those after the {MAX_ELEMENTS}th were left out"
        yield Complaint("", TOO_MUCH, "feed", reason, f"at most {MAX_ELEMENTS}")


def _id_of(raw: msgspec.Raw, place: int) -> str:
    try:
        given = msgspec.json.decode(raw, type=_WithId).id
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        given = None
    return f"features[{place}]" if given in (None, "") else str(given)
