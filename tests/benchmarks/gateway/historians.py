"""People who look at history: so many at once, each asks the next thing as soon as it has the last.

Arguments: port, file of requests (one after the other, by all in turns), how many at once. Prints one JSON line a
second, with what was answered so far by status, until it is ended.
"""

import asyncio
import sys
from collections import Counter
from itertools import cycle

import msgspec

from benchmarks.gateway.kept import Kept
from benchmarks.gateway.polling import read_requests


async def ask_for_ever(port: int, requests: list[bytes], at_once: int) -> None:
    """Ask, and tell."""
    pending, statuses = cycle(requests), Counter[str]()

    async def ask() -> None:
        connection = Kept(port)
        while True:
            statuses[str(await connection.ask(next(pending)))] += 1

    async def tell() -> None:
        while True:
            await asyncio.sleep(1)
            sys.stdout.write(msgspec.json.encode(statuses).decode() + "\n")
            sys.stdout.flush()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(tell())
        for _ in range(at_once):
            tasks.create_task(ask())


def main(port: str, path: str, at_once: str) -> None:
    """Ask until ended."""
    asyncio.run(ask_for_ever(int(port), read_requests(path), int(at_once)))


if __name__ == "__main__":
    main(*sys.argv[1:])
