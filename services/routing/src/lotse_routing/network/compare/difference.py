"""What differs between two networks, and what of that people who run signs should look at."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lotse_routing.network.compare.affected import Affected, Registered, find_affected
from lotse_routing.network.model import Link, StreetNetwork

COMPARED = tuple(field for field in Link.__slots__ if field not in {"link_id", "ways"})
"""Fields whose change is one; OpenStreetMap splits and renumbers ways without anything changing on the road."""
IDS_TOLD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """From an older network to a newer one: link ids, changed fields by link id, bans and conditions in numbers.

    `affected` is what is registered and needs a look; None if nobody knows what is registered.
    """

    older_version: str
    newer_version: str
    gone: tuple[str, ...]
    new: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    banned_turns_gone: int
    banned_turns_new: int
    conditions_gone: int
    conditions_new: int
    affected: tuple[Affected, ...] | None

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Tell it to a person."""
        if self.older_version == self.newer_version:
            return [f"compared  both are version {self.newer_version[:12]}: nothing changes", *self._to_look_at()]
        fields = Counter(field for fields in self.changed.values() for field in fields)
        what = ", ".join(f"{count} {field}" for field, count in fields.most_common())
        return [
            f"compared  version {self.older_version[:12]} with version {self.newer_version[:12]}",
            f"gone      {_told(self.gone)}",
            f"new       {_told(self.new)}",
            f"changed   {_told(tuple(self.changed))}{f' ({what})' if what else ''}",
            f"turns     {self.banned_turns_gone} bans gone, {self.banned_turns_new} new",
            f"hours     {self.conditions_gone} conditions gone, {self.conditions_new} new",
            *self._to_look_at(),
        ]

    def _to_look_at(self) -> list[str]:
        if self.affected is None:
            return ["look at   what is registered is not known here"]
        told = [f"look at   {affected}" for affected in self.affected]
        return told or ["look at   nothing: all that is registered fits"]


def compare_networks(
    older: StreetNetwork, newer: StreetNetwork, registered: Iterable[Registered] | None = None
) -> Difference:
    """Compare two networks by the ids of their links; with what is registered, tell what of it is affected."""
    before, after = ({link.link_id: link for link in network.links()} for network in (older, newer))
    bans_before, bans_after = set(older.banned_turns), set(newer.banned_turns)
    conditions_before, conditions_after = set(older.conditions), set(newer.conditions)
    return Difference(
        older_version=older.version,
        newer_version=newer.version,
        gone=tuple(sorted(before.keys() - after.keys())),
        new=tuple(sorted(after.keys() - before.keys())),
        changed={
            link_id: fields
            for link_id in sorted(before.keys() & after.keys())
            if (fields := _changed(before[link_id], after[link_id]))
        },
        banned_turns_gone=len(bans_before - bans_after),
        banned_turns_new=len(bans_after - bans_before),
        conditions_gone=len(conditions_before - conditions_after),
        conditions_new=len(conditions_after - conditions_before),
        affected=None if registered is None else tuple(find_affected(registered, older, newer)),
    )


def _changed(before: Link, after: Link) -> tuple[str, ...]:
    return tuple(field for field in COMPARED if getattr(before, field) != getattr(after, field))


def _told(links: tuple[str, ...]) -> str:
    more = ", ..." if len(links) > IDS_TOLD else ""
    return f"{len(links)} links{': ' if links else ''}{', '.join(links[:IDS_TOLD])}{more}"
