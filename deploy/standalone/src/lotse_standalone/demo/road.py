"""The signs on the road: a reference sign for each that is registered, also for those that come while we look."""

from dataclasses import dataclass

import httpx

from lotse_standalone.demo.report import Face
from lotse_standalone.machine.crew import Crew
from lotse_standalone.signs.sign_client import SignClient
from lotse_standalone.stack.gateway import list_all


@dataclass(frozen=True, slots=True)
class RoadSign:
    """A sign, the name of its place, and what lives in it."""

    name: str
    client: SignClient

    @property
    def sign_id(self) -> str:
        """Its id."""
        return self.client.sign_id

    def face(self) -> Face:
        """Tell what stands on it."""
        shown = self.client.shown
        if shown.is_fallback:
            return Face(self.sign_id, "fallback", ())
        return Face(self.sign_id, "detour" if shown.lines else "blank", shown.lines)


class Road:
    """Keeps up with the registry.

    Parameters
    ----------
    client
        HTTP client of the API, with a key that may read every sign.
    crew
        Those who live outside; a new sign joins them. One that is retired is no longer told; it hears of that itself.
    """

    def __init__(self, client: httpx.Client, crew: Crew) -> None:
        self._client = client
        self._crew = crew
        self._known: dict[str, SignClient] = {}
        self.signs: tuple[RoadSign, ...] = ()

    @property
    def clients(self) -> tuple[SignClient, ...]:
        """What lives in the signs, of those too that were retired since."""
        return tuple(self._known.values())

    def man(self) -> None:
        """Let the signs in service be those on the road.

        Raises
        ------
        GatewayAwayError
            The gateway did not tell them.
        """
        self.signs = tuple(
            RoadSign(row["name"], self._known.get(row["sign_id"]) or self._start(row["sign_id"]))
            for row in list_all(self._client, "/v1/signs")
            if row["retired_at"] is None
        )

    def _start(self, sign_id: str) -> SignClient:
        sign = SignClient(self._client, sign_id)
        self._known[sign_id] = sign
        self._crew.join(f"sign {sign_id}", sign.run)
        return sign
