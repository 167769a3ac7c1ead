"""People who look at history: so many at once, each asks the next thing as soon as it has the last, or,
where it was turned away, after the time that it was told.

Arguments: port, file of requests (one after the other, by all in turns), how many at once. Prints a line once the first
answer has come; once its input has ended, one JSON line, with how many were answered, by status.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import cycle

import msgspec

from benchmarks.gateway.kept import Kept
from benchmarks.gateway.polling import read_requests


async def ask_until_the_end(port: int, requests: list[bytes], at_once: int) -> Counter[str]:
    """Ask until our input ends; give how many were answered, by status."""
    pending, statuses, has_begun = cycle(requests), Counter[str](), asyncio.Event()
    tasks = [asyncio.create_task(_ask(Kept(port), pending, statuses, has_begun)) for _ in range(at_once)]
    await has_begun.wait()
    sys.stdout.write("answers come\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    return statuses


async def _ask(connection: Kept, pending: Iterator[bytes], statuses: Counter[str], has_begun: asyncio.Event) -> None:
    while True:
        answered = await connection.ask(next(pending))
        statuses[str(answered.status)] += 1
        has_begun.set()
        await asyncio.sleep(answered.retry_after_s)


def main(port: str, path: str, at_once: str) -> None:
    """Ask, print."""
    statuses = asyncio.run(ask_until_the_end(int(port), read_requests(path), int(at_once)))
    sys.stdout.write(msgspec.json.encode(statuses).decode() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
