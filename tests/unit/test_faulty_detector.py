"""From a faulty detector's readings, as ingest judges them, to the link that routing estimates from them."""

from datetime import datetime, timedelta
from typing import Any

from factories_ingest import LIMITS, NOON, make_reading, make_site

from lotse_ingest.judge import Judge, Moment
from lotse_ingest.judge.verdict import Judged
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.estimate import DetectorPlace, FeltReading
from lotse_routing.state.sense import Sensed, sense
from lotse_shared.level_of_service import LevelOfService

SITE = make_site()
SLOW = {"mean_speed_kmh": 5.0}


class Link:
    """A link of 50 km/h with one detector."""

    def __init__(self) -> None:
        self._judge = Judge(LIMITS, lambda _: SITE)
        self._sensed = Sensed()
        self._minute = 0
        self.codes: set[str] = set()

    def after_a_minute(self, **values: Any) -> LevelOfService:
        self._minute += 1
        now: datetime = NOON + timedelta(minutes=self._minute)
        defaults = {"mean_speed_kmh": 45 + self._minute / 10}
        verdict = self._judge.judge(make_reading(measured_at=now, **(defaults | values)), SITE, Moment(now))
        assert isinstance(verdict, Judged)
        self.codes |= set(verdict.rule_codes)
        values_felt = (verdict.vehicle_count, verdict.mean_speed_kmh, verdict.quality_pct)
        felt = [FeltReading("d", now, SITE.interval_s, *values_felt)] if verdict.is_felt else []
        self._sensed = sense(
            self._sensed, felt, [DetectorPlace("d", "L")], {"L": 50.0}, now=now, settings=EstimateSettings()
        )
        return self._sensed.links["L"].level_of_service


def test_nonsense_on_a_free_road_makes_no_jam_of_it() -> None:
    link = Link()
    levels = [link.after_a_minute() for _ in range(3)]
    levels += [link.after_a_minute(vehicle_count=0, mean_speed_kmh=80.0) for _ in range(3)]
    levels += [link.after_a_minute(vehicle_count=0, mean_speed_kmh=None, occupancy_pct=100.0) for _ in range(12)]
    assert set(levels) == {LevelOfService.FREE, LevelOfService.UNKNOWN}
    assert levels[-1] is LevelOfService.UNKNOWN
    assert link.after_a_minute() is LevelOfService.FREE
    assert link.codes == {"R2", "R3", "R6"}


def test_a_jam_that_only_a_fault_keeps_up_is_gone_in_time() -> None:
    stuck, broken = Link(), Link()
    levels = [stuck.after_a_minute(**SLOW) for _ in range(30)]
    assert levels[8] is LevelOfService.JAM
    assert LevelOfService.JAM not in levels[15:]
    assert stuck.codes == {"R7"}
    levels = [broken.after_a_minute(**SLOW), *(broken.after_a_minute(mean_speed_kmh=900.0 + n) for n in range(20))]
    assert levels[3] is LevelOfService.JAM
    assert LevelOfService.JAM not in levels[16:]
    assert broken.codes == {"R1", "S2"}
