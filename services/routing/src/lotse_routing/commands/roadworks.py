"""Commands on roadworks of the outside world."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.table import Column, Table

from lotse_routing.commands.line import database_settings, fail, told_in_one_line
from lotse_routing.commands.network_database import NetworkDatabase
from lotse_routing.commands.progress import watched
from lotse_routing.core.topology import build_topology
from lotse_routing.feeds.elements import UnreadableFeedError
from lotse_routing.feeds.found import Complaint, FeedContent
from lotse_routing.feeds.matching import CONFIRM_BELOW, Match, Matcher
from lotse_routing.feeds.read import FeedFormat, read_feed
from lotse_routing.network.any_file import READ_ERRORS, import_any
from lotse_routing.network.model import StreetNetwork

app = typer.Typer(help="Roadworks of the outside world.", no_args_is_help=True)
WIDTH = 110


@app.callback()
def roadworks() -> None:
    """Roadworks of the outside world."""


@app.command()
def match(  # noqa: PLR0913 - its options
    file: Annotated[Path, typer.Argument(help="A feed, as a file.", dir_okay=False)],
    *,
    feed_format: Annotated[FeedFormat, typer.Option("--format", help="How it is written.")] = FeedFormat.WZDX,
    network: Annotated[Path | None, typer.Option(help="A network file; default: the active network.")] = None,
    zone: Annotated[
        str | None,
        typer.Option(envvar="LOTSE_ROUTING_FEED_ZONE", help="Zone of times that say none, such as Europe/Berlin."),
    ] = None,
    confirm_below: Annotated[
        float,
        typer.Option(min=0, max=1, envvar="LOTSE_ROUTING_FEED_CONFIRM_BELOW", help="A person confirms below this."),
    ] = CONFIRM_BELOW,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Tell what a feed says, on which links that is, how sure, and what could not be read. Stores nothing."""
    content = _read(file, feed_format, _zone(zone))
    matches = Matcher(build_topology(_network(network)), confirm_below).match(content.found)
    if as_json:
        typer.echo(json.dumps(_as_json(matches, content), indent=2, ensure_ascii=False, default=_moment))
        return
    console = Console(width=WIDTH, highlight=False, markup=False)
    console.print(_match_table(matches))
    if content.complaints:
        console.print(_complaint_table(content.complaints))
    typer.echo(_total(matches, content))


def _read(file: Path, feed_format: FeedFormat, zone: ZoneInfo | None) -> FeedContent:
    try:
        return read_feed(file.read_bytes(), feed_format, zone)
    except (OSError, UnreadableFeedError) as error:
        fail(str(error))


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fail(f"the zone {name!r} is not known; allowed are names such as Europe/Berlin")


def _network(path: Path | None) -> StreetNetwork:
    if path is None:
        with told_in_one_line():
            active = NetworkDatabase(database_settings(otherwise=", or use --network FILE")).active()
        return active or fail("no network is active yet: import one, or give a file with --network")
    try:
        with watched() as watch:
            return import_any(path, path.name.partition(".")[0], watch)[0]
    except READ_ERRORS as error:
        fail(str(error))


def _match_table(matches: list[Match]) -> Table:
    table = Table(
        Column("id", overflow="fold"), "name", "effect", "from", "until", "links", "sure", "a person confirms"
    )
    for one in matches:
        found = one.found
        until = f"{found.ends_at:%Y-%m-%d %H:%M}" if found.ends_at else "open"
        window = f"{found.starts_at:%Y-%m-%d %H:%M}", until
        reasons = "; ".join(one.reasons) or "no"
        effect = found.effect if found.speed_kmh is None else f"{found.effect} {found.speed_kmh:g} km/h"
        links = "\n".join(one.links) or "-"
        table.add_row(found.source_id, found.name, effect, *window, links, f"{one.confidence:.2f}", reasons)
    return table


def _complaint_table(complaints: tuple[Complaint, ...]) -> Table:
    table = Table(Column("id", overflow="fold"), "rule", "field", "reason", "allowed", "element")
    for said in complaints:
        told = "left out" if said.is_left_out else "kept"
        table.add_row(said.source_id, said.code, said.field, said.reason, said.allowed, told)
    return table


def _total(matches: list[Match], content: FeedContent) -> str:
    left_out = sum(said.is_left_out for said in content.complaints)
    to_confirm = sum(one.needs_confirmation for one in matches)
    unmatched = sum(not one.links for one in matches)
    return (
        f"{len(matches)} found, {unmatched} of them on no link, {to_confirm} to confirm; {left_out} left out."
        " Times are UTC. Nothing was stored."
    )


def _as_json(matches: list[Match], content: FeedContent) -> dict[str, object]:
    return {
        "matches": list(_match_rows(matches)),
        "complaints": [asdict(said) for said in content.complaints],
    }


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    message = f"{type(value).__name__} is not JSON"
    raise TypeError(message)


def _match_rows(matches: list[Match]) -> Iterator[dict[str, object]]:
    for one in matches:
        yield asdict(one) | {"needs_confirmation": one.needs_confirmation}
