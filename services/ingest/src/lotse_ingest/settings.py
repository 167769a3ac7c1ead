"""Settings of ingest (`LOTSE_INGEST_*`)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from lotse_ingest.batch import Linger
from lotse_ingest.decode import AnyDialect, find_clash
from lotse_ingest.judge.site import Limits
from lotse_shared import topics
from lotse_shared.identifiers import Identifier
from lotse_shared.settings import Settings


class IngestSettings(Settings):
    """How ingest receives, judges and stores."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_INGEST_")

    client_id: Identifier = Field(
        default="lotse-ingest", description="the broker keeps our session under this and slot"
    )
    slot: int = Field(default=0, ge=0, description="number of this replica; a killed slot must come back")
    share_group: Identifier | None = Field(
        default=None, description="share the subscription among slots; the embedded broker cannot"
    )
    session_expiry_s: int = Field(default=7 * 86_400, ge=0, le=2**32 - 1, description="how long the broker keeps it")
    receive_maximum: int = Field(default=20_000, ge=1, le=65_535, description="messages sent ahead of acknowledgement")

    queue_messages: int = Field(default=25_000, ge=1, description="a fuller queue stops reading from the broker")
    queue_bytes: int = Field(default=24 * 2**20, ge=1)
    batch_messages: int = Field(default=5_000, ge=1)
    batch_bytes: int = Field(default=2 * 2**20, ge=1)
    transaction_items: int = Field(
        default=15_000, ge=1, description="arrays swell: a batch with more is stored in parts"
    )
    dialects: Annotated[tuple[AnyDialect, ...], Field(default=(), description="JSON, see docs/ingest.md")]

    linger_ms: float = Field(default=20, ge=0, le=1_000, description="longest wait for company")
    quiet_ms: float = Field(default=1, ge=0, le=1_000, description="a lull of this length ends the wait")

    max_payload_bytes: int = Field(default=256 * 2**10, ge=1)
    dead_letter_bytes: int = Field(default=64 * 2**10, ge=0, description="how much of a refused payload is kept")

    retention_days: float = Field(default=400, gt=0, description="R9: older readings are quarantined")
    future_tolerance_s: float = Field(default=60, ge=0, description="R9: or one interval, whichever is longer")
    max_speed_kmh: float = Field(default=254, gt=0, description="R1, where the detector is unknown")
    fast_kmh: float = Field(default=100, gt=0, description="R4: faster than this with more than full_pct is impossible")
    full_pct: float = Field(default=80, ge=0, le=100, description="R4: occupancy")
    locked_on_s: float = Field(default=120, gt=0, le=3_600, description="R6: occupancy 100 % for so long")
    stuck_intervals: float = Field(default=10, ge=3, le=100, description="R7: the same values for so long")
    carry_intervals: float = Field(default=3, ge=0, le=100, description="S2: so long an own value may stand in")
    skew_limit_s: float = Field(default=60, gt=0, description="a clock is off by more, or by more than an interval")
    skew_window_s: float = Field(default=3_600, gt=0, description="a clock is judged by what came within this time")

    watch_every_s: float = Field(
        default=5, gt=0, le=60, description="health is saved and silence looked for this often"
    )
    silent_intervals: float = Field(default=3, ge=1, le=1_000, description="R8: silent after so many")
    fleet_minimum: int = Field(default=10, ge=2, description="so many silent detectors may be one alarm ...")
    fleet_share_pct: float = Field(default=20, gt=0, le=100, description="... if they are this share of the fleet")
    intake_away_s: float = Field(default=60, ge=0, description="alarm when a slot has not listened for so long")
    intake_requests: int = Field(default=200, ge=1, description="requests over HTTP that may wait in the queue")
    intake_wait_s: float = Field(default=10, gt=0, description="how long such a request waits for its commit")

    shutdown_grace_s: float = Field(default=10, ge=0, description="how long a stop waits for a database that is away")

    # What is kept, and for how long (docs/storage.md); readings and their corrections: retention_days.
    keep_aggregates_days: float = Field(default=3650, gt=0)
    keep_link_states_days: float = Field(default=400, gt=0)
    keep_watermarks_days: float = Field(default=400, gt=0)
    keep_alarms_days: float = Field(default=400, gt=0, description="once they are cleared")
    keep_sign_acks_days: float = Field(default=400, gt=0)
    keep_ledger_days: float = Field(default=1100, gt=0)
    keep_dead_letters_days: float = Field(default=90, gt=0)
    keep_dead_letters_bytes: int = Field(
        default=2**30, ge=0, description="with topics and reasons; the oldest go first"
    )
    compress_after_days: float = Field(default=7, gt=0, description="where TimescaleDB has its community licence")
    housekeeping_s: float = Field(default=300, gt=0, description="pause between two rounds")

    @model_validator(mode="after")
    def _queue_holds_what_is_in_flight(self) -> Self:
        if self.queue_messages < self.receive_maximum:
            message = "queue_messages must be at least receive_maximum, or the connection starves during an outage"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _accounts_outlive_their_dead_letters(self) -> Self:
        if self.keep_ledger_days < self.keep_dead_letters_days:
            message = "keep_ledger_days must be at least keep_dead_letters_days: a replay puts right the old account"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _no_topic_has_two_dialects(self) -> Self:
        if clash := find_clash(self._filters):
            message = f"dialects: {clash[0]} and {clash[1]} have topics in common, which would be delivered twice"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _aggregates_outlive_readings(self) -> Self:
        if self.keep_aggregates_days < self.retention_days:
            message = "keep_aggregates_days must be at least retention_days: history is asked of the aggregates"
            raise ValueError(message)
        return self

    @property
    def session_id(self) -> str:
        """MQTT client id of this slot."""
        return f"{self.client_id}-{self.slot}"

    @property
    def subscriptions(self) -> Sequence[str]:
        """Topic filters subscribed to: the native one, and that of each dialect."""
        shared = f"$share/{self.share_group}/" if self.share_group else ""
        return [shared + topic_filter for topic_filter in self._filters]

    @property
    def _filters(self) -> Sequence[str]:
        return [topics.EVERYTHING, *(dialect.filter for dialect in self.dialects)]

    @property
    def linger(self) -> Linger:
        """When a batch is due."""
        return Linger(self.batch_messages, self.batch_bytes, self.linger_ms / 1000, self.quiet_ms / 1000)

    @property
    def limits(self) -> Limits:
        """Parameters of the rules."""
        return Limits(
            max_speed_kmh=self.max_speed_kmh,
            fast_kmh=self.fast_kmh,
            full_pct=self.full_pct,
            locked_on_s=self.locked_on_s,
            stuck_intervals=self.stuck_intervals,
            future_tolerance_s=self.future_tolerance_s,
            retention=timedelta(days=self.retention_days),
            carry_intervals=self.carry_intervals,
            skew_limit_s=self.skew_limit_s,
        )
