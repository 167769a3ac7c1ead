"""What people in a control room do in the demo: they open and end the construction site, and watch the signs."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx

from lotse_shared.log import OnChange, get_logger
from lotse_standalone.simulation.scenario import Moment, Scenario
from lotse_standalone.simulation.traffic import Advice

EVERY_S = 0.5
GRACE_S = 5.0
"""A site ends by itself this long after its time, so that a demo that was killed leaves no closed street behind."""

log = get_logger(__name__)


class ControlRoom:
    """Follows the scenario over REST on a thread of its own; a gateway that is away is asked again at the next turn.

    Attributes
    ----------
    advice
        What the signs show together, as last heard.
    """

    def __init__(self, client: httpx.Client, scenario: Scenario, moment: Callable[[], Moment]) -> None:
        self._client = client
        self._scenario = scenario
        self._moment = moment
        self._run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
        self._open: str | None = None
        self._state = OnChange(log)
        self.advice = Advice()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then end what is open."""
        while not stop.is_set():
            self._turn()
            stop.wait(EVERY_S)
        self._try(self._end_site)

    def _turn(self) -> None:
        moment = self._moment()
        if self._scenario.is_site_open(moment.at_s):
            self._try(lambda: self._open_site(moment))
        else:
            self._try(self._end_site)
        self._try(self._watch)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            self._state.now("away", "the control room cannot reach the gateway", error=repr(error))
        else:
            self._state.now("there", "the control room reaches the gateway")

    def _open_site(self, moment: Moment) -> None:
        roadwork_id = f"DEMO-{self._run_id}-{moment.round_number}"
        if self._open == roadwork_id:
            return
        site = self._scenario.site
        lasts = timedelta(seconds=site.to_s - moment.at_s + GRACE_S)
        body = {
            "roadwork_id": roadwork_id,
            "name": site.name,
            "effect": "closed",
            "links": list(site.links),
            "ends_at": (datetime.now(UTC) + lasts).isoformat().replace("+00:00", "Z"),
        }
        answer = self._client.post("/v1/roadworks", json=body)
        if answer.status_code != httpx.codes.CONFLICT:  # an answer that was lost on its way: it is open already
            answer.raise_for_status()
        self._open = roadwork_id

    def _end_site(self) -> None:
        if self._open is None:
            return
        answer = self._client.post(f"/v1/roadworks/{self._open}/end")
        if answer.status_code != httpx.codes.CONFLICT:
            answer.raise_for_status()
        self._open = None

    def _watch(self) -> None:
        answer = self._client.get("/v1/detours")
        answer.raise_for_status()
        self.advice = advice_of(answer.json()["items"])


def advice_of(detours: list[dict[str, object]]) -> Advice:
    """Reduce what /v1/detours lists to the links that drivers are led away from and to.

    Raises
    ------
    KeyError, TypeError
        It is not a list of detours.
    """
    avoided: set[str] = set()
    used: set[str] = set()
    for detour in detours:
        if detour["state"] == "detour":
            normal, shown = _links(detour["normal"]), _links(detour["shown"])
            avoided |= normal - shown
            used |= shown - normal
    return Advice(frozenset(avoided), frozenset(used))


def _links(route: object) -> set[str]:
    if route is None:
        return set()
    if not isinstance(route, dict):
        message = f"a route was expected, not {route!r}"
        raise TypeError(message)
    return {str(link) for link in route["links"]}
