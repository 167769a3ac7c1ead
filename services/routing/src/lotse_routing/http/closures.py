"""The internal HTTP of closure checks: what closing links, or a roadwork, would do."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from lotse_routing.core.access import Vehicle
from lotse_routing.http.routes import CurrentSnapshot, database_away, invalid_field, read_vehicle
from lotse_routing.records import Records
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.whatif.closure_check import ClosureQuestion, ClosureReport, Stretch, Surroundings, check_closure
from lotse_routing.whatif.cut_off import CutOff
from lotse_routing.whatif.findings import tell, tell_isolated
from lotse_routing.whatif.window import Window, list_phases
from lotse_shared.database import AWAY
from lotse_shared.problems import Conflict, InvalidInput, NotFound
from lotse_shared.recurrence import read_recurrence
from lotse_shared.vehicle import VehicleClass
from lotse_shared.wire_closures import (
    ClosedStretch,
    ClosureAnswer,
    ClosureRequest,
    CorridorHit,
    CutOffStreet,
    DetourHit,
    UnreachableThings,
)

MOST_WORK = 2_000
"""Links times phases of one check: about two seconds on a city."""


def closures_router(current: CurrentSnapshot, records: Records, settings: RoutingSettings) -> APIRouter:
    """Give the route of closure checks."""
    router = APIRouter(prefix="/internal/closure-checks")
    one_at_a_time = asyncio.Lock()  # a check takes a core: no number of them shall starve routes

    @router.post("")
    async def check(request: ClosureRequest) -> ClosureAnswer:
        snapshot = current()
        try:
            question, around_it = await _read(snapshot, records, request, settings.estimate.zone)
        except AWAY as error:
            raise database_away() from error
        _refuse_too_much(question, around_it)
        stale_after = settings.estimate.stale_after_intervals
        async with one_at_a_time:
            report = await asyncio.to_thread(check_closure, snapshot, question, around_it, stale_after)
        return _answer(snapshot, report, around_it)

    return router


def _refuse_too_much(question: ClosureQuestion, around_it: Surroundings) -> None:
    phases = len(list_phases(question.window, around_it.roadworks))
    if len(question.links) * phases > MOST_WORK:
        reason = (
            f"{len(question.links)} links while other closures begin {phases - 1} times are too much for one check: "
            f"links times phases may be {MOST_WORK}; name fewer links or an earlier ends_at"
        )
        raise invalid_field(field="body.links", reason=reason)


async def _read(
    snapshot: Snapshot, records: Records, request: ClosureRequest, zone: ZoneInfo
) -> tuple[ClosureQuestion, Surroundings]:
    """Read what a request means and touches.

    Raises
    ------
    NotFound, Conflict, InvalidInput
        There is no such roadwork, or it closes nothing; there is no such link; the time is over.
    """
    now = snapshot.computed_until
    work = await _roadwork(records, request.roadwork_id, now) if request.roadwork_id else None
    window = _window(request, work, now, zone)
    links = list(work.links) if work else request.links or []
    indices = tuple(_indices(snapshot, links, is_asked=work is None))
    around_it = await records.surroundings(links, window, now)
    others = tuple(r for r in around_it.roadworks if work is None or r.roadwork_id != work.roadwork_id)
    return ClosureQuestion(indices, window, _vehicle(request, work)), replace(around_it, roadworks=others)


async def _roadwork(records: Records, roadwork_id: str, now: datetime) -> Roadwork:
    found = await records.roadwork(roadwork_id, now)
    if found is None:
        message = f"there is no roadwork {roadwork_id!r} that is planned or in force"
        raise NotFound(message)
    if found.effect != "closed":
        message = f"the roadwork {roadwork_id!r} slows traffic and closes nothing"
        raise Conflict(message)
    return found


def _window(request: ClosureRequest, work: Roadwork | None, now: datetime, zone: ZoneInfo) -> Window:
    starts_at = request.starts_at or (work.starts_at if work else now)
    hours = read_recurrence(request.recurrence, request.time_zone or zone.key)
    recurrence = work.recurrence if work else hours
    window = Window(max(starts_at, now), request.ends_at or (work.over_at if work else None), recurrence)
    if window.ends_at is not None and window.ends_at <= window.starts_at:
        reason = f"must be later than the start and than now, {now.isoformat()}"
        raise invalid_field(field="body.ends_at", reason=reason)
    return window


def _vehicle(request: ClosureRequest, work: Roadwork | None) -> Vehicle:
    """Give who has to get everywhere: whom the request names, else cars; of a closure to others, the first of these."""
    bound = sorted(work.vehicles if work else request.vehicles, key=list(VehicleClass).index)
    if "vehicle" in request.model_fields_set or not bound:
        return read_vehicle(request.vehicle)
    return Vehicle(bound[0])


def _indices(snapshot: Snapshot, links: list[str], *, is_asked: bool) -> Iterator[int]:
    """Give the links of the network; of a roadwork, those of an older network are without effect."""
    index = snapshot.topology.index
    unknown = [(place, link) for place, link in enumerate(links) if link not in index]
    if unknown and is_asked:
        errors = [
            {"field": f"body.links.{place}", "reason": f"there is no link {link!r} in the active network"}
            for place, link in unknown
        ]
        raise InvalidInput("; ".join(f"{e['field']}: {e['reason']}" for e in errors), errors=errors)
    if len(unknown) == len(links):
        message = "the active network has none of the roadwork's links"
        raise Conflict(message)
    return iter(dict.fromkeys(index[link] for link in links if link in index))


def _answer(snapshot: Snapshot, report: ClosureReport, around_it: Surroundings) -> ClosureAnswer:
    lying = report.lying
    return ClosureAnswer(
        findings=list(tell(report, around_it.registry)),
        isolates=report.isolates,
        isolated=list(tell_isolated(report, around_it.registry)),
        starts_at=report.window.starts_at,
        ends_at=report.window.ends_at,
        beside=[roadwork.roadwork_id for roadwork in report.beside],
        cut_off=[_cut_off(street) for street in report.cut_off],
        unreachable=UnreachableThings(
            destinations=list(lying.destinations),
            signs=[*lying.signs, *lying.closed_signs],
            detectors=list(lying.detectors),
        ),
        corridors=[CorridorHit(corridor_id=c.corridor_id, links=list(c.links)) for c in report.corridors],
        detours=[
            DetourHit(sign_id=d.sign_id, destination_id=d.destination_id, via=d.via, links=list(d.links))
            for d in report.detours
        ],
        stretches=[_stretch(stretch) for stretch in report.stretches],
        network_version=snapshot.topology.network_version,
        computed_until=snapshot.computed_until,
    )


def _cut_off(street: CutOff) -> CutOffStreet:
    return CutOffStreet(
        street=street.street,
        links=list(street.links),
        junctions=list(street.junctions),
        length_m=round(street.length_m, 1),
        has_way_in=street.has_way_in,
        has_way_out=street.has_way_out,
        since=street.since,
        together_with=list(street.together_with),
    )


def _stretch(stretch: Stretch) -> ClosedStretch:
    traffic, around = stretch.traffic, stretch.around
    return ClosedStretch(
        streets=list(stretch.streets),
        links=list(stretch.links),
        from_node=stretch.from_node,
        to_node=stretch.to_node,
        length_m=round(stretch.length_m, 1),
        flow_vehh=_rounded(traffic.flow_vehh),
        last_hour_vehh=_rounded(traffic.last_hour_vehh),
        week_before_vehh=_rounded(traffic.week_before_vehh),
        counted_by=list(traffic.detectors),
        no_flow_because=traffic.problem or None,
        through_s=_rounded(around.through_s),
        around_s=_rounded(around.around_s),
        added_s=_rounded(around.added_s),
        around_by=list(around.streets),
        no_way_around_because=around.problem or None,
    )


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 1)
