"""Settings of the routing service, from the environment: every name begins with LOTSE_ROUTING_.

docs/decisions-of-signs.md lists them all with defaults and units; what they mean for drivers stands there.
"""

from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from lotse_shared.settings import Settings, TimeZoneName


class _RoutingSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="LOTSE_ROUTING_", frozen=True)


class EstimateSettings(_RoutingSettings):
    """How readings become the state of a link."""

    smoothing: float = Field(default=0.5, gt=0, le=1, description="weight of the newest reading; 1 = no smoothing")
    smoothing_half_vehicles: float = Field(
        default=2.0, ge=0, description="a reading of so many vehicles weighs half of that; 0 = all weigh the same"
    )
    stale_after_intervals: float = Field(default=3.0, ge=1, description="silent this long: level of service unknown")
    confidence_half_life_intervals: float = Field(
        default=3.0, gt=0, description="while no vehicle passes, what the last speed says halves in this"
    )
    half_confidence_vehicles: float = Field(
        default=1.0, ge=0, description="so many vehicles in an interval give a fresh speed a confidence of 0.5"
    )
    min_speed_kmh: float = Field(default=3.0, gt=0, description="a standing jam still moves this fast, never 0")
    free_from_ratio: float = Field(
        default=0.7, gt=0, le=1, description="free from this ratio of measured to free-flow speed on"
    )
    dense_from_ratio: float = Field(default=0.5, gt=0, le=1, description="dense from this ratio on")
    slow_from_ratio: float = Field(default=0.3, gt=0, le=1, description="slow from this ratio on, jam below")
    level_margin_ratio: float = Field(default=0.03, ge=0, lt=0.2, description="hysteresis on either side of a border")
    time_zone: TimeZoneName = Field(
        default="UTC",
        description="whose weekdays and hours typical speeds go by, and explanations tell: Europe/Berlin",
    )
    profile_memory_weeks: int = Field(
        default=8, ge=2, le=1000, description="a typical speed is a mean of about so many weeks"
    )
    profile_clip_ratio: float = Field(
        default=0.25,
        gt=0,
        le=1,
        description="further from typical than this share of free flow, a speed counts as that",
    )
    profile_delay_s: float = Field(
        default=300.0, ge=0, description="a quarter of an hour is learned this long after its end, on Lotse's clock"
    )
    neighbour_distance_m: float = Field(
        default=3000.0, gt=0, description="detectors this far away by road still say something of a link"
    )
    neighbours_at_least: int = Field(
        default=3,
        ge=3,
        le=8,
        description="so many detectors it takes to estimate a link from those around it",
    )
    estimate_confidence: float = Field(
        default=0.3, gt=0, le=1, description="no estimate of a link without a detector is told surer than this"
    )
    assumed_saturation: float = Field(
        default=0.7,
        gt=0,
        le=1.5,
        description="flow / capacity a link is taken to have before a roadwork takes lanes, until flows are known",
    )

    @property
    def zone(self) -> ZoneInfo:
        """The city's local time."""
        return ZoneInfo(self.time_zone)

    @model_validator(mode="after")
    def _borders_in_order(self) -> "EstimateSettings":
        if not self.slow_from_ratio < self.dense_from_ratio < self.free_from_ratio:
            message = "slow_from_ratio < dense_from_ratio < free_from_ratio has to hold"
            raise ValueError(message)
        return self


class WeightSettings(_RoutingSettings):
    """What a link costs besides its seconds."""

    minor_street_factor: float = Field(
        default=1.5, ge=1, le=10, description="on the cost by which routes are chosen, not on the time told"
    )
    minor_street_classes: frozenset[str] = Field(
        default=frozenset({"residential", "living_street", "service", "unclassified"}),
        description="road classes that the factor applies to (a JSON list)",
    )
    turn_near_s: float = Field(
        default=1.0, ge=0, le=300, description="cost of a turn to one's own side of the road, where there is a choice"
    )
    turn_across_s: float = Field(default=3.0, ge=0, le=300, description="cost of a turn across the oncoming traffic")
    turn_back_s: float = Field(default=20.0, ge=0, le=300, description="cost of turning back at a dead end")


class PolicySettings(_RoutingSettings):
    """When a sign changes what it shows."""

    min_gain_s: float = Field(
        default=45.0, ge=0, description="a detour is shown from this gain on, if the share is reached too"
    )
    min_gain_pct: float = Field(
        default=15.0, ge=0, le=100, description="share of the normal travel time now that the gain has to reach"
    )
    drop_ratio: float = Field(
        default=0.5, ge=0, le=1, description="a detour is dropped below this share of either threshold"
    )
    min_hold_s: float = Field(
        default=300.0, ge=0, description="a detour shown because of slow traffic stays at least this long"
    )
    replace_ratio: float = Field(
        default=1.25, ge=1, description="another detour replaces the shown one from this multiple of its gain on"
    )
    replace_extra_s: float = Field(default=20.0, ge=0, description="and only with this much more gain")
    keep_route_margin_pct: float = Field(
        default=10.0, ge=0, description="links to and from a shown corridor stay unless others cost less by this"
    )
    free_detours: bool = Field(
        default=True, description="show the best route where no corridor is registered for the sign and destination"
    )
    compliance: float = Field(
        default=0.3, gt=0, le=1, description="share of those addressed who are taken to follow a sign"
    )
    disturbed_from: float = Field(
        default=2.5, gt=1, description="a street is slow from so many times its usual travel time on"
    )
    disturbed_until: float = Field(
        default=1.4, ge=1, description="one that a sign warns of is so until it takes less; then a witness too"
    )
    witnesses: int = Field(
        default=2, ge=1, le=5, description="so many detectors have to be slow before a sign warns of a slow street"
    )
    most_messages: int = Field(default=1, ge=1, le=4, description="so many disturbances a sign tells of at a time")
    min_total_gain_veh_min_h: float = Field(
        default=45.0, ge=0, description="a sign is lit from so many vehicle minutes an hour on, gained in all"
    )
    min_gain_closed_s: float = Field(
        default=15.0, description="a corridor past a closure is shown from this gain on, the turn-round included"
    )
    drop_gain_s: float = Field(default=15.0, description="a corridor is dropped below this gain, after the hold")
    drop_gain_closed_s: float = Field(default=-30.0, description="the same past a closure")


class DisplaySettings(_RoutingSettings):
    """What a sign is told beside its message."""

    ttl_s: int = Field(default=300, ge=1, description="fresh for this long after the planner's last heartbeat")
    poll_s: float = Field(default=30.0, gt=0, description="how often a sign shall ask")
    language: Literal["de", "en"] = Field(default="de", description="of the sign's words and abbreviations")
    delay_step_min: int = Field(default=5, ge=1, description="delays are told in these steps")
    delay_margin_min: float = Field(default=1.0, ge=0, description="hysteresis beyond the border of a step")
    explain_again_s: float = Field(
        default=30.0,
        ge=0,
        description="an unchanged sign's explanation is renewed this often at most, at once if its cause has gone",
    )


class FeedSettings(_RoutingSettings):
    """Roadworks of others, and ours for others."""

    feed_zone: TimeZoneName | None = Field(default=None, description="zone of times in feeds that say none")
    feed_confirm_below: float = Field(
        default=0.7, ge=0, le=1, description="a person confirms links found with less confidence than this"
    )
    feed_publisher: str = Field(default="Lotse", min_length=1, description="who publishes our roadworks, in our feeds")
    feed_country: str = Field(default="de", pattern="^[a-z]{2}$", description="its country, ISO 3166, in our DATEX II")
    feed_days: int = Field(
        default=14, ge=1, le=366, description="so many days of a recurring roadwork are told, a work zone each"
    )


class ModeSettings(_RoutingSettings):
    """How long people are asked, on Lotse's clock."""

    propose_for_s: float = Field(default=900.0, gt=0, description="a proposal waits this long for an answer")
    propose_again_s: float = Field(
        default=900.0, ge=0, description="what was refused, or lapsed, is not proposed again for this long"
    )


class LoopSettings(_RoutingSettings):
    """How often things happen, on the wall clock unless said otherwise."""

    step_every_s: float = Field(default=1.0, gt=0, le=5, description="wall time: a step at least this often")
    hint_pause_s: float = Field(default=0.1, gt=0, le=5, description="wall time: a step at most this often")
    heartbeat_s: float = Field(
        default=5.0, gt=0, le=60, description="the planner tells at least this often that it lives"
    )
    hung_after_beats: float = Field(
        default=4.0, ge=2, description="a leader that misses so many heartbeats hangs: a standby ends its connection"
    )
    read_back_s: float = Field(
        default=3600.0, gt=0, description="data time: what a restart feels again to rebuild the state"
    )
    link_state_every_s: float = Field(
        default=60.0,
        gt=0,
        description="unchanged link states are written, and estimates looked at, this often (Lotse's clock)",
    )
    link_state_change_pct: float = Field(
        default=10.0, gt=0, description="a changed one when its speed moved by this, or its level"
    )
    compiled_dir: str = Field(
        default="~/.cache/lotse",
        description="folder that keeps compiled networks; it may be deleted at any time",
    )
    snap_distance_m: float = Field(
        default=200.0, gt=0, description="a point of a route request may lie this far from a street"
    )


@dataclass(frozen=True, slots=True)
class RoutingSettings:
    """All of them, by room."""

    estimate: EstimateSettings = field(default_factory=EstimateSettings)
    weights: WeightSettings = field(default_factory=WeightSettings)
    policy: PolicySettings = field(default_factory=PolicySettings)
    display: DisplaySettings = field(default_factory=DisplaySettings)
    modes: ModeSettings = field(default_factory=ModeSettings)
    loop: LoopSettings = field(default_factory=LoopSettings)
    feed: FeedSettings = field(default_factory=FeedSettings)
