"""Tells what became of the corridors whenever network, corridors, signs or destinations change."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lotse_routing.compute import ComputeThread
from lotse_routing.corridors.check import CorridorCheck, check_corridors
from lotse_routing.decide.registry import Registry
from lotse_routing.metrics import CORRIDOR_CHECK_FAILURES, UNUSABLE_CORRIDORS
from lotse_routing.places import Place, Places
from lotse_routing.queries import Connection
from lotse_routing.settings import LoopSettings
from lotse_routing.town import Town, World
from lotse_shared.database import load_queries
from lotse_shared.log import OnChange, get_logger

QUERIES = load_queries("lotse_routing.corridors")

log = get_logger(__name__)


class CorridorReport:
    """Keeps table `corridor_check`, a metric and the log up to date, for the process that leads."""

    def __init__(self, settings: LoopSettings, compute: ComputeThread) -> None:
        self._compute = compute
        self._snap_distance_m = settings.snap_distance_m
        self._written: tuple[Town, Registry] | None = None
        self._state = OnChange(log)

    def forget(self) -> None:
        """Write all of it again next time: another process may have led meanwhile."""
        self._written = None

    async def follow(self, world: World, connection: Connection) -> None:
        """Check and write, if what checks depend on has changed since the last time."""
        if self._written is not None and self._written[0] is world.town and self._written[1] == world.registry:
            return
        rows = await connection.fetch(QUERIES["corridors_via"])
        via = {row["corridor_id"]: [_place(part) for part in row["via"]] for row in rows}
        try:
            checks = await self._compute.run(self._check, world, via)
        except Exception as error:  # noqa: BLE001 - decisions do not rest on it, and must go on
            self._give_up(error)
        else:
            await connection.execute(QUERIES["write_corridor_checks"], [asdict(check) for check in checks])
            self._tell(checks)
        self._written = world.town, world.registry

    def _give_up(self, error: Exception) -> None:
        CORRIDOR_CHECK_FAILURES.inc()
        self._state.now(repr(error), "corridors could not be checked; what is known of them is old", exc_info=error)

    def _check(self, world: World, via: Mapping[str, list[Place]]) -> tuple[CorridorCheck, ...]:
        town = world.town
        places = Places(town.topology, self._snap_distance_m)
        return check_corridors(town.graphs, town.base.travel_times_s, world.registry, via, places)

    def _tell(self, checks: tuple[CorridorCheck, ...]) -> None:
        problems = {check.corridor_id: f"{check.status}: {check.problem}" for check in checks if check.problem}
        for status in ("limited", "broken"):
            UNUSABLE_CORRIDORS.labels(status).set(sum(check.status == status for check in checks))
        event = "corridors that cannot be driven, or not at all hours" if problems else "all corridors can be driven"
        self._state.now(str(problems), event)


def _place(part: Mapping[str, Any]) -> Place:
    point = part.get("point")
    return Place(point=tuple(point) if point else None, node=part.get("node"), link=part.get("link"))
