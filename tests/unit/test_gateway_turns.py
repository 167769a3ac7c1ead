"""Turns: so many at a time, in the order in which they came; nobody waits for long."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from lotse_gateway.turns import Busy, Turns


def _counted(kind: str, outcome: str) -> float:
    labels = {"kind": kind, "outcome": outcome}
    return REGISTRY.get_sample_value("lotse_gateway_heavy_reads_total", labels) or 0.0


async def _read(turns: Turns, patience_s: float, failure: str = "") -> None:
    async with turns.take(patience_s):
        if failure:
            raise OSError(failure)


async def test_who_finds_no_place_is_told_to_come_back() -> None:
    turns = Turns("refused", 1)
    async with turns.take(0):
        with pytest.raises(Busy) as caught:
            await _read(turns, 0.01)
    assert int(caught.value.headers["Retry-After"]) > 0
    assert _counted("refused", "refused") == 1


async def test_a_place_is_free_again_whatever_happened_in_it() -> None:
    turns = Turns("freed", 1)
    for _ in range(3):
        with pytest.raises(OSError, match="cut"):
            await _read(turns, 0, "cut")
    await _read(turns, 0)
    assert _counted("freed", "let in") == 4


async def test_who_gives_up_waiting_takes_no_place() -> None:
    turns = Turns("given up", 1)

    async with turns.take(0):
        waiting = [asyncio.create_task(_read(turns, 60)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in waiting[:2]:
            task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert not waiting[2].cancelled()
    await _read(turns, 0)
