"""How figures, moments and lists are written in a language."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from functools import lru_cache

from lotse_routing.decide.phrases.form import Phrases

NAMES_TOLD = 5


def listed(names: Sequence[str], phrases: Phrases) -> str:
    """List names, of many only the first."""
    more = len(names) - NAMES_TOLD
    return ", ".join(names[:NAMES_TOLD]) + (phrases.and_more.format(more) if more > 0 else "")


def whole(figure: float | None) -> str:
    """Write a figure without decimals; one that is not there as 0."""
    return str(round(figure or 0.0))


def number(figure: float, phrases: Phrases) -> str:
    """Write a figure with the decimals that it has."""
    return f"{figure:g}".replace(".", phrases.decimal_point)


def local_moment(moment: datetime, phrases: Phrases, zone: tzinfo) -> str:
    """Write a moment in local time, with the zone where nobody could tell: in UTC, and in the hour that comes twice."""
    written, name = _local(moment, phrases.moment, zone)
    return f"{written} {phrases.zones.get(name, name)}" if name else written


@lru_cache(maxsize=1024)  # the same few moments are told in every step
def _local(moment: datetime, form: str, zone: tzinfo) -> tuple[str, str]:
    """Give a moment in local time, and the name of the zone if it has to be told."""
    local = moment.astimezone(zone)
    written = local.strftime(form).format(clock=local.strftime("%H:%M:%S" if local.second else "%H:%M"))
    name = local.tzname() or ""
    is_twice = local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
    return written, name if is_twice or name == "UTC" else ""
