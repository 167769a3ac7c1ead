"""Rows as GeoJSON features (RFC 7946): what has a place of its own as a point, what lies on links as their lines."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from lotse_gateway.answers.references import Fault

Values = Mapping[str, Any]
Json = dict[str, Any]
Line = Sequence[float]
"""lon, lat, lon, lat, ..."""
PLACE = ("lon", "lat")


def collection(features: Sequence[Json], next_cursor: str | None) -> Json:
    """Give a page of features."""
    return {"type": "FeatureCollection", "next_cursor": next_cursor, "features": list(features)}


def feature(noun_id: str, geometry: Json | None, values: Values) -> Json:
    """Give one thing as a feature; what its geometry tells is not told again."""
    properties = {name: value for name, value in values.items() if name not in PLACE}
    return {"type": "Feature", "id": noun_id, "geometry": geometry, "properties": properties}


def point_of(values: Values) -> Json | None:
    """Give the place of what has one of its own, None where it is not known."""
    place = [values[name] for name in PLACE]
    return None if None in place else {"type": "Point", "coordinates": place}


def lines_of(links: Sequence[str], lines: Mapping[str, Line]) -> Json | None:
    """Give the lines of links; None where none of them is known."""
    parts = [_points(lines[link]) for link in links if link in lines]
    return {"type": "MultiLineString", "coordinates": parts} if parts else None


def _points(line: Line) -> list[list[float]]:
    return [[line[i], line[i + 1]] for i in range(0, len(line), 2)]


def read_features(document: object, id_field: str, body: type[BaseModel], view: type[BaseModel]) -> list[object]:
    """Give what a FeatureCollection says as rows for `body`; a Fault in place of a feature that cannot be read.

    Properties that only `view` has, and that therefore nobody can set, are left out; so are lines: links make them.
    """
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        return [Fault("type", "is not 'FeatureCollection'")]
    features = document.get("features")
    if not isinstance(features, list):
        return [Fault("features", "is not a list")]
    return [_row(index, each, id_field, body, view) for index, each in enumerate(features)]


def _row(  # noqa: PLR0911 - a way in which a feature can be wrong each
    index: int, each: object, id_field: str, body: type[BaseModel], view: type[BaseModel]
) -> object:
    if not isinstance(each, dict) or each.get("type") != "Feature":
        return Fault("type", "is not 'Feature'", index)
    properties = each.get("properties") or {}
    if not isinstance(properties, dict):
        return Fault("properties", "is not an object", index)
    if twice := [name for name in PLACE if name in properties]:
        return Fault(f"properties.{twice[0]}", "stands in the geometry", index)
    can_be_set = {name: value for name, value in properties.items() if _can_be_set(name, body, view)}
    named = can_be_set.setdefault(id_field, each.get("id", can_be_set.get(id_field)))
    if each.get("id", named) != named:
        return Fault("id", f"is another one than {id_field}", index)
    if PLACE[0] not in body.model_fields:
        return can_be_set
    try:
        return can_be_set | _place(each.get("geometry"))
    except ValueError as error:
        return Fault("geometry", str(error), index)


def _can_be_set(name: str, body: type[BaseModel], view: type[BaseModel]) -> bool:
    """Tell whether to hand a property on: also one that nobody has heard of, for the body to refuse it by its name."""
    return name in body.model_fields or name not in view.model_fields


def _place(geometry: object) -> Json:
    match geometry:
        case None:
            return {}
        case {"type": "Point", "coordinates": [lon, lat, *_]}:
            return dict(zip(PLACE, (lon, lat), strict=True))
    message = "is not a Point with longitude and latitude"
    raise ValueError(message)
