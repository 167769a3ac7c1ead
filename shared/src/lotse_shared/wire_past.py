"""What was known of links at a past moment, as routing tells the gateway."""

from pydantic import AwareDatetime

from lotse_shared.level_of_service import LevelOfService
from lotse_shared.moment import Moment
from lotse_shared.wire import Wire


class LinkStatesRequest(Wire):
    """Of which moment, on Lotse's clock."""

    at: Moment


class LinkStateThen(Wire):
    """What was known of a link by its detectors; `observed_at` is when it was written down, on Lotse's clock."""

    link_id: str
    observed_at: AwareDatetime
    speed_kmh: float
    level_of_service: LevelOfService
    confidence: float
    source: str


class LinkStatesAnswer(Wire):
    """The links of the network in force of which something was known."""

    states: list[LinkStateThen]
