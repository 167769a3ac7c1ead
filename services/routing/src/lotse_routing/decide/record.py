"""The record of a decision, one per destination, with link ids: as it stands in the database and is read back."""

from collections.abc import Sequence
from datetime import datetime
from math import inf, isfinite
from typing import Any

import numpy as np

from lotse_routing.core.topology import Topology
from lotse_routing.decide.advice import Advice, Reason, Relation, Route, SignState, Told
from lotse_routing.decide.candidates import Trees
from lotse_routing.decide.cause import Kind
from lotse_routing.decide.registry import Registry
from lotse_routing.decide.text_order import UNPLACED

Json = dict[str, Any]


def write_advice(topology: Topology, registry: Registry, advice: Advice, via_street: str, place: int | None) -> Json:
    """Write the record of an advice: what design.md names, and what `read_advices` needs after a restart.

    `place` is where the sign's text tells of it; None where it does not.
    """
    shown = _route_record(topology, advice.shown)
    if shown is not None:
        is_detour = advice.state is SignState.DETOUR and advice.shown is not None
        shown["via"] = ((advice.shown.via if advice.shown else None) or via_street or None) if is_detour else None
    corridor = advice.shown.via if advice.shown else None
    return {
        "destination": advice.destination_id,
        "state": advice.state.value,
        "normal": _route_record(topology, advice.normal),
        "shown": shown,
        "gain_s": 0.0 if advice.state is SignState.BLANK else _figure(advice.gain_s),
        "confidence": round(advice.confidence, 3),
        "corridor": corridor,
        "vehicles": registry.vehicles_of(corridor),
        "place": place,
        "since": advice.since.isoformat() if advice.since else None,
        "told": _told_record(advice.told),
        "relation": _relation_record(topology, advice.relation),
        "gist": _gist(advice),
    }


def _gist(advice: Advice) -> Json:
    """Give what the explanation claims, without its figures: when this is another, the explanation is out of date.

    Only the cause that is told counts; kind and street rest on levels of service, whose hysteresis keeps them steady.
    """
    cause = advice.cause if advice.reason is not Reason.NO_DELAY else None
    return {
        "reason": advice.reason.value,
        "cause": {"kind": cause.kind, "street": cause.street} if cause else None,
        "is_measured": advice.is_measured,
    }


def gists(detours: Sequence[Json]) -> dict[str, Json]:
    """Give the gist of each destination; an empty one where a record of an earlier version has none."""
    return {detour["destination"]: detour.get("gist", {}) for detour in detours}


def is_refuted(told_cause: Any, has_cause: Any, was_measured: Any, is_measured: Any) -> Any:  # noqa: ANN401 - as told
    """Tell whether a gist is plainly untrue now: the cause that it tells has gone, or what nobody saw is seen.

    All are flags, or arrays of them: those of the gist in force and those of now.
    """
    has_lost_cause = np.logical_and(told_cause, np.logical_not(has_cause))
    return np.logical_or(has_lost_cause, np.logical_and(is_measured, np.logical_not(was_measured)))


def read_place(record: Json) -> int:
    """Give the place of a detour in the text of its sign; `UNPLACED` also where an earlier version wrote none."""
    place: int | None = record.get("place")
    return UNPLACED if place is None else place


def _route_record(topology: Topology, route: Route | None) -> Json | None:
    if route is None:
        return None
    links = [topology.links[index].link_id for index in route.links]
    return {"links": links, "travel_time_s": _figure(route.travel_time_s)}


def _relation_record(topology: Topology, relation: Relation | None) -> Json | None:
    if relation is None:
        return None
    return {
        "effect": relation.effect,
        "street": relation.street,
        "links": [topology.links[index].link_id for index in relation.disturbed],
        "rejoins": topology.links[relation.rejoins].link_id,
        "toward": relation.toward,
        "vehicles_per_h": round(relation.vehicles_per_h),
    }


def _told_record(told: Told | None) -> Json | None:
    if told is None:
        return None
    until = told.until.isoformat() if told.until else None
    return {"kind": told.kind, "street": told.street, "since": told.since.isoformat(), "until": until}


def _figure(seconds: float | None) -> float | None:
    """Give seconds for JSON, which has no infinity: a closed route takes null."""
    return round(seconds, 1) if seconds is not None and isfinite(seconds) else None


def read_advices(detours: Sequence[Json], usual: Trees) -> dict[str, Advice]:
    """Read back from the record what the policy needs of the detours shown, as far as the network still has them.

    A network imported since may have all links of one, and ban a turn between them. On the `usual` graph nothing is
    closed: whether a detour still is, the policy asks.
    """
    topology = usual.topology
    advices: dict[str, Advice] = {}
    for detour in detours:
        shown = detour["shown"]
        if detour["state"] == SignState.DETOUR and all(link in topology.index for link in shown["links"]):
            links = tuple(topology.index[link] for link in shown["links"])
            if not usual.is_route(links):
                continue
            advices[detour["destination"]] = Advice(
                destination_id=detour["destination"],
                state=SignState.DETOUR,
                reason=Reason.GAIN,
                shown=Route(links, shown["travel_time_s"], detour["corridor"]),
                since=datetime.fromisoformat(detour["since"]),
                told=_read_told(detour["told"]),
                normal=_read_route(topology, detour["normal"]),
                relation=_read_relation(topology, detour.get("relation")),
            )
    return advices


def _read_route(topology: Topology, record: Json | None) -> Route | None:
    if record is None or any(link not in topology.index for link in record["links"]):
        return None
    return Route(tuple(topology.index[link] for link in record["links"]), record["travel_time_s"] or inf)


def _read_relation(topology: Topology, record: Json | None) -> Relation | None:
    """Read whom a message addressed; a network that has not all its links any more ends it."""
    if record is None or any(link not in topology.index for link in (*record["links"], record["rejoins"])):
        return None
    return Relation(
        effect=record["effect"],
        street=record["street"],
        disturbed=tuple(topology.index[link] for link in record["links"]),
        rejoins=topology.index[record["rejoins"]],
        toward=record["toward"],
        vehicles_per_h=record["vehicles_per_h"],
    )


def _read_told(record: Json | None) -> Told | None:
    if record is None:
        return None
    kind: Kind = record["kind"]
    until = datetime.fromisoformat(record["until"]) if record["until"] else None
    return Told(kind, record["street"], datetime.fromisoformat(record["since"]), until)
