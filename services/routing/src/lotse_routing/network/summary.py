"""What an import has to tell: to people in lines, to programs and the database as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import networkx as nx

from lotse_routing.network.model import StreetNetwork
from lotse_routing.network.osm.components import CutOff
from lotse_shared.vehicle import VehicleClass

CUT_OFF_TOLD = 5
IDS_TOLD = 20
"""Ids to a line for people; the report has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """Figures of an import.

    `links_by_vehicle` are those each class may use. `restrictions_dropped` are relation ids by reason, `left_out` ways
    by reason, `notes` ways by what was assumed, `unread` ids by the tag that was not understood (with what was made of
    it); `cut_off` are the parts that do not hang together with the network.
    """

    network_version: str
    name: str
    source: str
    junctions: int
    links: int
    length_km: float
    links_by_class: Mapping[str, int]
    links_by_speed_source: Mapping[str, int]
    links_by_vehicle: Mapping[str, int]
    destination_links: int
    limited_links: int
    conditions: int
    banned_turns: int
    drives_on: str
    restrictions_used: int = 0
    restrictions_dropped: Mapping[str, Sequence[int]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    unread: Mapping[str, Sequence[int]] = field(default_factory=dict)
    cut_off: Sequence[CutOff] = ()
    seconds: float = 0.0
    peak_memory_mb: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Tell the figures to a person."""
        return [
            f"network   {self.name}, version {self.network_version[:12]}, from {self.source}",
            f"size      {self.junctions} junctions, {self.links} links, {self.length_km:.1f} km",
            f"vehicles  {_counts(self.links_by_vehicle)} links; one drives on the {self.drives_on}",
            f"classes   {_counts(self.links_by_class)}",
            f"speeds    {_counts(self.links_by_speed_source)}",
            f"turns     {self.banned_turns} banned; {self.restrictions_used} restrictions used",
            *(
                f"          dropped {len(ids)}: {reason} ({', '.join(map(str, ids))})"
                for reason, ids in self.restrictions_dropped.items()
            ),
            f"access    for cars {self.destination_links} links at the ends of routes only",
            f"limits    {self.limited_links} links by height or weight, {self.conditions} conditions by the hour",
            f"left out  {_counts(self.left_out)}",
            f"assumed   {_counts(self.notes)}",
            *(
                f"unread    {told} ({', '.join(map(str, ids[:IDS_TOLD]))}{', ...' if len(ids) > IDS_TOLD else ''})"
                for told, ids in self.unread.items()
            ),
            f"cut off   {len(self.cut_off)} parts without a way there and back",
            *(
                f"          {part.pieces} pieces at junction {part.node_id}: {', '.join(part.streets)}"
                for part in self.cut_off[:CUT_OFF_TOLD]
            ),
            f"took      {self.seconds:.1f} s, {self.peak_memory_mb:.0f} MB at the most",
        ]


def summarize(network: StreetNetwork, **told_by_import: Any) -> ImportSummary:  # noqa: ANN401 - fields of the summary
    """Count what is in a network, and add what only its import can tell."""
    links = network.links()
    return ImportSummary(
        network_version=network.version,
        name=network.name,
        source=network.source,
        junctions=network.graph.number_of_nodes(),
        links=len(links),
        length_km=round(sum(link.length_m for link in links) / 1000, 3),
        links_by_class=dict(Counter(link.road_class for link in links).most_common()),
        links_by_speed_source=dict(Counter(link.speed_source for link in links).most_common()),
        links_by_vehicle={v.value: sum(link.access_of(v) != "no" for link in links) for v in VehicleClass},
        destination_links=sum(link.access == "destination" for link in links),
        limited_links=sum(link.max_height_m is not None or link.max_weight_t is not None for link in links),
        conditions=len(network.conditions),
        banned_turns=len(network.banned_turns),
        drives_on=network.drives_on,
        **told_by_import,
    )


def outside_notes(network: StreetNetwork) -> dict[str, int]:
    """Count the junctions that have no way there and back, for imports that keep them."""
    largest = max(nx.strongly_connected_components(network.graph), key=len, default=set())
    outside = network.graph.number_of_nodes() - len(largest)
    return {"junctions kept that have no way there and back": outside} if outside else {}


def _counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {what}" for what, count in ordered) or "nothing"
