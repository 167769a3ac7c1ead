"""Who may drive through in one direction, and when: access, oneway and their :conditional tags taken together.

The wiki's order (Conditional_restrictions): a more specific key outdoes a less specific one, a condition outdoes the
plain tag of its key, a later condition an earlier one. What cannot be read is never taken as leave to drive
(docs/decisions/0016): a prohibition that holds at hours we cannot read leaves the street to the ends of routes, a
one-way at such hours holds always; a permission at such hours is not used. All of it is told.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from lotse_routing.network.osm.access import MODES, Access, read_access, way_access
from lotse_routing.network.osm.conditions import Clause, read_clauses, values_of
from lotse_routing.network.osm.oneway import (
    ONEWAY_KEYS,
    ONEWAY_VALUES,
    Directions,
    implied_directions,
    usual_directions,
    with_bus_lane,
)
from lotse_routing.network.osm.permission import Permission, TimedAccess
from lotse_shared.vehicle import VehicleClass
from lotse_shared.weekly_times import ALWAYS, NEVER, WeeklyTimes

CONDITIONAL = ":conditional"
HEAVY = frozenset({VehicleClass.TRUCK, VehicleClass.BUS})
"""Whom a condition on weight concerns."""

Usual = Mapping[VehicleClass, Access]
"""Access where nothing is tagged."""
OPEN: Usual = dict.fromkeys(VehicleClass, Access.YES)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """A permission, the weight above which it is none, and what of the tags was not understood or only in part."""

    permission: Permission
    max_weight_t: float | None = None
    unread: tuple[str, ...] = ()


def read_permission(tags: Mapping[str, str], direction: str, usual: Usual = OPEN) -> Reading:
    """Read who may drive in a direction, 'forward' or 'backward'."""
    if not any(key.endswith(CONDITIONAL) for key in tags):
        always = {vehicle: _always(tags, direction, vehicle, usual) for vehicle in VehicleClass}
        return Reading(Permission.by_class(always))
    schedules = {vehicle: _Schedule(tags, direction, vehicle, usual[vehicle]) for vehicle in VehicleClass}
    accesses = {vehicle: schedule.base() for vehicle, schedule in schedules.items()}
    timed: defaultdict[tuple[Access, str], list[VehicleClass]] = defaultdict(list)
    for vehicle, schedule in schedules.items():
        for access, hours in schedule.plan.items():
            if hours and access is not accesses[vehicle]:
                timed[access, str(hours)].append(vehicle)
    conditions = [TimedAccess(tuple(vehicles), access, during) for (access, during), vehicles in timed.items()]
    conditions.sort(key=lambda condition: (condition.during, condition.access.value))
    limits = [limit for schedule in schedules.values() for limit in schedule.limits_t]
    unread = sorted({text for schedule in schedules.values() for text in schedule.unread})
    return Reading(Permission.by_class(accesses, tuple(conditions)), min(limits, default=None), tuple(unread))


def _always(tags: Mapping[str, str], direction: str, vehicle: VehicleClass, usual: Usual) -> Access:
    if direction not in usual_directions(tags, vehicle):
        return Access.NO
    return way_access(tags, direction, vehicle, usual[vehicle])


class _Plan(dict[T, WeeklyTimes], Generic[T]):
    """What holds at which hours: every minute of the week exactly once."""

    def put(self, value: T, hours: WeeklyTimes) -> None:
        for other in list(self):
            self[other] -= hours
        self[value] = self.get(value, NEVER) | hours


class _Schedule:
    """Access of one vehicle class in one direction over the week."""

    def __init__(self, tags: Mapping[str, str], direction: str, vehicle: VehicleClass, usual: Access) -> None:
        self._tags, self._direction, self._vehicle = tags, direction, vehicle
        self.limits_t: list[float] = []
        self.unread: list[str] = []
        self._usual = _always(tags, direction, vehicle, {vehicle: usual})
        self.plan = self._access(usual)
        open_hours = self._open_hours()
        for access in list(self.plan):
            self.plan[access] &= open_hours
        self.plan.put(Access.NO, ALWAYS - open_hours)

    def base(self) -> Access:
        """Tell the access by the plain tags; if that never holds, the one that holds longest."""
        if self.plan.get(self._usual):
            return self._usual
        return max(self.plan, key=lambda access: sum(end - start for start, end in self.plan[access].spans))

    def _access(self, usual: Access) -> _Plan[Access]:
        plan = _Plan({usual: ALWAYS})
        for mode in reversed(MODES[self._vehicle]):
            for key in (mode, f"{mode}:{self._direction}"):
                if key in self._tags:
                    plan = _Plan({read_access(self._tags[key], self._vehicle): ALWAYS})
                self._apply_conditions(key, plan)
        return plan

    def _apply_conditions(self, key: str, plan: _Plan[Access]) -> None:
        text = self._tags.get(f"{key}{CONDITIONAL}", "")
        try:
            clauses = read_clauses(text)
        except ValueError:
            self._tell_unread(key, text, plan)
            return
        for clause in clauses:
            self._apply(clause, f"{key}{CONDITIONAL}={text}", plan)

    def _apply(self, clause: Clause, told: str, plan: _Plan[Access]) -> None:
        access = read_access(clause.value, self._vehicle)
        if clause.over_t is None:
            plan.put(access, clause.hours)
        elif self._vehicle in HEAVY:
            if access is Access.YES:
                self.unread.append(f"{told}: not used")
            elif access is Access.NO and clause.hours == ALWAYS:
                self.limits_t.append(clause.over_t)
            else:
                self.unread.append(f"{told}: holds for all trucks and buses")
                plan.put(access, clause.hours)

    def _tell_unread(self, key: str, text: str, plan: _Plan[Access]) -> None:
        told = f"{key}{CONDITIONAL}={text}"
        if all(read_access(value, self._vehicle) is Access.YES for value in values_of(text)):
            self.unread.append(f"{told}: not used")
        elif self._vehicle is VehicleClass.EMERGENCY:
            self.unread.append(f"{told}: holds always")
            plan.put(Access.NO, ALWAYS)
        else:
            self.unread.append(f"{told}: route ends only")
            plan.put(Access.DESTINATION, plan.get(Access.YES, NEVER))

    def _open_hours(self) -> WeeklyTimes:
        hours = NEVER
        for directions, when in self._directions().items():
            if self._direction in with_bus_lane(self._tags, self._vehicle, directions):
                hours |= when
        return hours

    def _directions(self) -> _Plan[Directions]:
        plan = _Plan({implied_directions(self._tags): ALWAYS})
        for key in reversed(ONEWAY_KEYS[self._vehicle]):
            if self._tags.get(key) in ONEWAY_VALUES:
                plan = _Plan({ONEWAY_VALUES[self._tags[key]]: ALWAYS})
            text = self._tags.get(f"{key}{CONDITIONAL}", "")
            for directions, hours in self._oneways(key, text, plan):
                plan.put(directions, hours)
        return plan

    def _oneways(self, key: str, text: str, plan: _Plan[Directions]) -> Iterator[tuple[Directions, WeeklyTimes]]:
        try:
            clauses = read_clauses(text)
            yield from [(ONEWAY_VALUES[clause.value], clause.hours) for clause in clauses]
        except (ValueError, KeyError):
            closing = [ONEWAY_VALUES.get(value, ()) for value in values_of(text)]
            self.unread.append(f"{key}{CONDITIONAL}={text}: what it closes is closed always")
            for directions, hours in list(plan.items()):
                yield tuple(d for d in directions if all(d in left for left in closing)), hours
