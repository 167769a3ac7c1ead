"""What is handed to ingest."""

import httpx

from lotse_gateway.neighbours.internal import InternalService
from lotse_shared.wire import IntakeAnswer, ReplayAnswer, ReplayRequest

ADVICE = "; send it again later: a reading that is known already is not stored twice"


class IngestClient:
    """Hands messages to ingest, and wishes."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._intake = InternalService("ingest", http, ADVICE)
        self._replays = InternalService("ingest", http, "; what was replayed is done, and asking again goes on")

    async def publish(self, topic: str, payload: bytes) -> IntakeAnswer:
        """Hand over a message, and tell what became of it once it is committed.

        Raises
        ------
        NotFound
            No dialect is configured for this topic.
        InvalidInput, TooLarge
            Nothing in it could be read, or it is too large.
        Unavailable
            Ingest, its queue or its database cannot take it now; it may be sent again.
        """
        return await self._intake.ask(IntakeAnswer, "/internal/messages", params={"topic": topic}, content=payload)

    async def replay(self, request: ReplayRequest) -> ReplayAnswer:
        """Have dead letters replayed, as many as one request may take.

        Raises
        ------
        InvalidInput
            The cursor is none.
        Unavailable
            Ingest or its database is away.
        """
        return await self._replays.ask(ReplayAnswer, "/internal/replays", json=request.model_dump(mode="json"))
