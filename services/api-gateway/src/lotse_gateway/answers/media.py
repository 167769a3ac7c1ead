"""Which form of an answer a client prefers (RFC 9110, 12.5.1)."""

from collections.abc import Sequence

JSON = "application/json"
GEOJSON = "application/geo+json"
CSV = "text/csv"


def media_of(content_type: str) -> str:
    """Give the media type of a Content-Type header, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def choose_media(accept: str, offered: Sequence[str]) -> str:
    """Give the form that the header `Accept` prefers; the first one offered where it has no wish that can be met."""
    weights = {media: _weight(accept, media) for media in offered}
    best = max(weights.values())
    return next(media for media in offered if weights[media] == best)


def _weight(accept: str, media: str) -> float:
    """Give how much a form is wanted: by the most specific range that names it."""
    kind = media.partition("/")[0]
    weights = dict(_ranges(accept))
    return next((weights[name] for name in (media, f"{kind}/*", "*/*") if name in weights), 0.0)


def _ranges(accept: str) -> list[tuple[str, float]]:
    return [(media_of(part), _quality(part)) for part in accept.split(",") if part.strip()]


def _quality(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
