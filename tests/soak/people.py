"""Who uses the gateway during a soak: signs that poll, listeners to events, and a control centre at work."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from lotse_standalone.stack.stack import Stack

LISTENERS = 50
POLL_S, JITTER = 10.0, 0.2
ASK_S = 0.2
CLOSURE_S = 30.0
RETRY_S = 1.0
TIMEOUT_S = 10.0


@dataclass
class Heard:
    """What the gateway answered: milliseconds by what was asked, with the moment; faults by what was said; events."""

    took_ms: defaultdict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    faults: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)


class People:
    """All of them, on one loop. `run` lasts until cancelled."""

    def __init__(self, stack: Stack, signs: Sequence[str], detectors: Sequence[str], closed: Sequence[str]) -> None:
        self._url, self._headers = stack.gateway_url, {"Authorization": f"Bearer {stack.key}"}
        self._signs, self._detectors, self._closed = signs, detectors, list(closed)
        self._began_s = time.monotonic()
        self.heard = Heard()

    async def run(self) -> None:
        """Live."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with (
            httpx.AsyncClient(
                base_url=self._url, headers=self._headers, timeout=TIMEOUT_S, limits=limits, trust_env=False
            ) as client,
            asyncio.TaskGroup() as tasks,
        ):
            for sign in self._signs:
                tasks.create_task(self._poll(client, sign))
            for _ in range(LISTENERS):
                tasks.create_task(self._again(lambda: self._listen(client)))
            tasks.create_task(self._look(client))
            tasks.create_task(self._again(lambda: self._close_and_open(client)))

    async def _poll(self, client: httpx.AsyncClient, sign: str) -> None:
        await asyncio.sleep(random.uniform(0, POLL_S))
        etag = ""
        while True:
            answer = await self._ask(client, "sign poll", f"/v1/signs/{sign}/display", {"If-None-Match": etag})
            etag = answer.headers.get("etag", etag) if answer is not None else etag
            await asyncio.sleep(POLL_S * random.uniform(1 - JITTER, 1 + JITTER))

    async def _listen(self, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/v1/events", timeout=httpx.Timeout(TIMEOUT_S, read=60)) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    self.heard.events[line.removeprefix("event: ")] += 1

    async def _look(self, client: httpx.AsyncClient) -> None:
        """Ask five times a second what people look at."""
        while True:
            hour = {"from": (datetime.now(UTC) - timedelta(hours=1)).isoformat(), "bucket": "1h"}
            detector = random.choice(self._detectors)
            await self._ask(client, "links", "/v1/links?level_of_service=jam")
            await self._ask(client, "detours", "/v1/detours")
            await self._ask(client, "signs", "/v1/displays")
            await self._ask(client, "aggregates", f"/v1/detectors/{detector}/aggregates", parameters=hour)
            await self._ask(client, "ledger", "/v1/ingest/ledger")
            await asyncio.sleep(ASK_S)

    async def _close_and_open(self, client: httpx.AsyncClient) -> None:
        """Close a street for half a minute, open it for half a minute."""
        body = {"name": "Kanalbau", "effect": "closed", "links": self._closed, "override_reason": "soak"}
        answer = await client.post("/v1/roadworks", json=body)
        answer.raise_for_status()
        await asyncio.sleep(CLOSURE_S)
        await client.post(f"/v1/roadworks/{answer.json()['roadwork_id']}/end")
        await asyncio.sleep(CLOSURE_S)

    async def _again(self, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await act()
            except httpx.HTTPError as error:
                self.heard.faults[f"{type(error).__name__}: {error}"[:200]] += 1
                await asyncio.sleep(RETRY_S)

    async def _ask(
        self,
        client: httpx.AsyncClient,
        what: str,
        path: str,
        headers: dict[str, str] | None = None,
        parameters: dict[str, str] | None = None,
    ) -> httpx.Response | None:
        began_s = time.monotonic()
        try:
            answer = await client.get(path, headers=headers, params=parameters)
        except httpx.HTTPError as error:
            self.heard.faults[f"{what}: {type(error).__name__}"] += 1
            return None
        took_ms = 1000 * (time.monotonic() - began_s)
        self.heard.took_ms[what].append((began_s - self._began_s, round(took_ms, 2)))
        if answer.status_code not in {200, 304}:
            self.heard.faults[f"{what}: HTTP {answer.status_code}"] += 1
        return answer
