"""Command of `make soak`: prints tables, writes build/bench/soak.json and soak.svg; ends with 1 if something grew."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Annotated

import asyncpg
import httpx
import typer
from benchmarks.line.city import city_or_town, measured_links, open_city
from benchmarks.line.fleet import Fleet
from benchmarks.report import FOLDER, describe_versions, write_report
from rich.console import Console
from rich.progress import Progress

from lotse_standalone.stack.gateway import list_all, sum_ledger
from lotse_standalone.stack.stack import Stack
from soak import report
from soak.people import People
from soak.samples import Sample, take_sample

PACKAGES = ("lotse-ingest", "lotse-routing", "lotse-gateway", "paho-mqtt", "asyncpg", "numpy")
SAMPLE_S = 5.0
RETRY_S = 0.2
console = Console()


async def live(stack: Stack, people: People, lasts_s: float) -> list[Sample]:
    """Let people live, and sample, for so many seconds."""
    began_s, samples = time.monotonic(), []
    database = await asyncpg.connect(stack.dsn)
    living = asyncio.create_task(people.run())
    try:
        with Progress(console=console) as progress:
            task = progress.add_task("soaking", total=lasts_s)
            while time.monotonic() - began_s < lasts_s:
                await asyncio.wait([living], timeout=SAMPLE_S)
                if living.done():
                    await living
                stack.check()
                samples.append(await take_sample(stack.services, database, began_s))
                progress.update(task, completed=time.monotonic() - began_s)
    finally:
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living
        await database.close()
    return samples


def main(
    minutes: Annotated[float, typer.Option(help="how long; the first quarter is warm-up")] = 20,
) -> None:
    """Soak, print, write."""
    since, scene = datetime.now(UTC) - timedelta(hours=1), city_or_town(console)
    streets = scene.read()
    closed = scene.closed(streets, "inbound")
    links = measured_links(streets, [streets.by_id[link] for link in closed])
    with (
        open_city(scene, streets, links, Random(4711), {}) as (stack, client),
        Fleet(stack.broker, links, links[:1]) as fleet,
    ):
        signs = [row["sign_id"] for row in list_all(client, "/v1/signs")]
        wait_until_all_are_told(client, signs)
        began_s, published = time.monotonic(), fleet.published
        detectors = [row["detector_id"] for row in list_all(client, "/v1/detectors")]
        people = People(stack, signs, detectors, closed)
        samples = asyncio.run(live(stack, people, 60 * minutes))
        readings_per_s = (fleet.published - published) / (time.monotonic() - began_s)
        fleet.end()
        lost = count_lost(client, fleet.published, since)
    found = report.figures(samples, people.heard, readings_per_s, lost)
    path = write_report("soak", found, report.runs(samples, people.heard), describe_versions(PACKAGES))
    picture = FOLDER / "soak.svg"
    report.draw(samples, people.heard, picture)
    console.print(report.growth_table(samples), report.latency_table(people.heard), found)
    console.print(f"written to {path} and {picture}")
    if missed := report.shortfalls(found):
        console.print("\n".join(f"[red]{shortfall}[/red]" for shortfall in missed))
        console.print(dict(people.heard.faults))
        raise typer.Exit(1)


def wait_until_all_are_told(client: httpx.Client, signs: Sequence[str]) -> None:
    """Wait until something was decided for each sign."""
    for sign in signs:
        while client.get(f"/v1/signs/{sign}/display").status_code != httpx.codes.OK:
            time.sleep(RETRY_S)


def count_lost(client: httpx.Client, published: int, since: datetime) -> int:
    """Tell how many of the published readings are nowhere, once nothing moves any more."""
    held = -1
    while (accounted := _count_accounted(client, since)) < published and accounted != held:
        held = accounted
        time.sleep(SAMPLE_S)
    return published - accounted


def _count_accounted(client: httpx.Client, since: datetime) -> int:
    sums = sum_ledger(client, since)
    return sums["stored"] + sums["quarantined"] + sums["rejected"]


if __name__ == "__main__":
    typer.run(main)
