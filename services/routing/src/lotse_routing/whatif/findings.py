"""The report of a closure in words, the gravest first."""

from collections.abc import Iterator

from lotse_routing.decide.registry import Registry
from lotse_routing.whatif.closure_check import ClosureReport, Stretch
from lotse_routing.whatif.cut_off import CutOff
from lotse_routing.whatif.obstacles import NAMELESS

SLIGHT_S = 1.0


def tell_isolated(report: ClosureReport, registry: Registry) -> Iterator[str]:
    """Say what a closure would isolate, a sentence a thing."""
    yield from (_cut_off(street) for street in report.cut_off if not street.needs_turning)
    for destination_id in report.lying.destinations:
        yield f"{registry.destinations[destination_id].name} cannot be reached any more."


def tell(report: ClosureReport, registry: Registry) -> Iterator[str]:
    """Say what a closure would do, a sentence a thing."""
    yield from tell_isolated(report, registry)
    yield from (f"Sign {sign_id} cannot be reached any more." for sign_id in report.lying.signs)
    yield from (f"Sign {sign_id} stands on a closed link." for sign_id in report.lying.closed_signs)
    for detour in report.detours:
        yield f"Sign {detour.sign_id} shows a detour to {detour.destination_id} over it now."
    for corridor in report.corridors:
        yield f"Corridor {corridor.corridor_id} cannot be driven any more."
    yield from (_cut_off(street) for street in report.cut_off if street.needs_turning)
    yield from (_stretch(stretch) for stretch in report.stretches)


def _cut_off(street: CutOff) -> str:
    ways = {
        (False, False): "cannot be reached or left any more",
        (False, True): "cannot be reached any more",
        (True, False): "cannot be left any more",
        (True, True): "can be reached and left only by turning round in it",
    }
    how = ways[street.has_way_in, street.has_way_out]
    together = f", together with {', '.join(street.together_with)}" if street.together_with else ""
    return f"{street.street or NAMELESS} {how} ({street.length_m:.0f} m{together})."


def _stretch(stretch: Stretch) -> str:
    where = f"{', '.join(stretch.streets)} from {stretch.from_node} to {stretch.to_node}"
    around, most_vehh = stretch.around, stretch.traffic.most_vehh
    burdened = "" if most_vehh is None else f" for up to {most_vehh:.0f} vehicles an hour"
    if around.added_s is None:
        return f"{where}: {around.problem}{burdened}."
    by = f" by {', '.join(around.streets)}" if around.streets else ""
    longer = f"{around.added_s:.0f} s more" if around.added_s >= SLIGHT_S else "no longer"
    return f"{where}: the way around{by} takes {longer}{burdened}."
