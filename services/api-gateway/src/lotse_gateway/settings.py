"""Settings of the gateway alone (`LOTSE_GATEWAY_*`); what it shares with others is in lotse_shared.settings."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_settings import SettingsConfigDict

from lotse_shared.settings import Settings, TimeZoneName
from lotse_shared.tls import CaFile

Origin = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?$")]
"""Scheme, host and port of a page, as browsers send it."""


def _is_tile_template(url: str) -> str:
    if url and not all(part in url for part in ("{z}", "{x}", "{y}")):
        message = "must hold {z}, {x} and {y}"
        raise ValueError(message)
    return url


TileUrl = Annotated[
    str,
    StringConstraints(pattern=r"^$|^https?://[A-Za-z0-9.-]+(:\d{1,5})?/[A-Za-z0-9._~/?=&%@{}-]+$"),
    AfterValidator(_is_tile_template),
]
"""Where pictures of a map lie, by zoom, column and row."""


class GatewaySettings(Settings):
    """Where routing and ingest are, and how much one request may ask for."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_GATEWAY_")

    routing_url: str = Field(default="http://127.0.0.1:8081", description="routing's internal HTTP")
    routing_timeout_s: float = Field(default=10.0, gt=0)
    import_timeout_s: float = Field(default=120.0, gt=0, description="how long routing may take to match a feed")
    ingest_url: str = Field(default="http://127.0.0.1:8082", description="ingest's internal HTTP")
    internal_ca: CaFile | None = Field(
        default=None, description="PEM file of CAs to trust where these URLs say https; left out: those of the system"
    )
    ingest_timeout_s: float = Field(default=30.0, gt=0, description="longer than LOTSE_INGEST_INTAKE_WAIT_S")
    ttl_s: float = Field(default=300.0, gt=0, description="age of the heartbeat at which GET /v1/system calls it stale")
    poll_s: float = Field(default=30.0, gt=0, description="Retry-After of a display that cannot be given now")
    confirm_within_polls: float = Field(
        default=3, gt=0, le=1_000, description="polls of a sign after which a display must be acknowledged"
    )
    unconfirmed_after_s: float = Field(
        default=120, ge=0, description="alarm when a sign was seen to be unconfirmed for so long"
    )
    many_signs: int = Field(default=10, ge=2, description="so many unconfirmed signs may be one alarm ...")
    many_signs_pct: float = Field(
        default=20, gt=0, le=100, description="... if they are this share of those that acknowledge"
    )
    watch_signs_every_s: float = Field(default=5, gt=0, le=60, description="signs are looked after this often")
    page_size: int = Field(default=100, ge=1, description="items of a page when the request names no limit")
    max_page_size: int = Field(default=1_000, ge=1)
    max_link_page_size: int = Field(default=10_000, ge=1, description="links come in larger pages: a city in one")
    max_bulk_rows: int = Field(default=10_000, ge=1)
    max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    max_query_bytes: int = Field(default=16 * 1024, ge=1024, description="longest query of an address")
    max_requests_per_s: float = Field(default=200, gt=0, description="that a key may send on average")
    max_polls_per_s: float = Field(default=2_000, gt=0, description="the same for displays of signs and their answers")
    limit_window_s: float = Field(default=10, ge=1, le=3_600, description="over which both are averages")
    max_refusals_per_min: float = Field(default=60, ge=1, description="wrong keys of an address, answered with 401")
    cors_origins: list[Origin] = Field(
        default=[], description='pages that may ask from browsers: ["https://a.example"]'
    )
    tile_url: TileUrl = Field(
        default="", description="pictures to lay below the console's streets: https://tiles.example/{z}/{x}/{y}.png"
    )
    tile_attribution: str = Field(default="", max_length=200, description="whom their licence wants to be named")
    time_zone: TimeZoneName = Field(
        default="UTC",
        description="whose days and hours aggregates, outages and roadworks without a zone go by: Europe/Berlin",
    )
    max_order_h: float = Field(
        default=168, gt=0, le=8_760, description="hours that a lock, or a strategy begun by hand, may last"
    )
    outage_limit_s: float = Field(default=7_200, ge=0, description="outages of a day above this are marked")
    max_export_days: float = Field(default=31, gt=0, description="longest span of one export")
    max_exports: int = Field(default=2, ge=1, le=100, description="at the same time; each has a connection of its own")
    export_timeout_s: float = Field(default=900, gt=0, description="after which an export is broken off")
    max_history_reads: int = Field(default=4, ge=1, le=100, description="at the same time; each has its own connection")
    history_wait_s: float = Field(default=2.0, ge=0, description="how long a read that finds all of them taken waits")
    history_timeout_s: float = Field(default=15.0, gt=0, description="longest such read: beyond it, ask for less")
    routing_late_after_s: float = Field(
        default=10.0, gt=0, description="age of the planner's heartbeat from which routing is told to be away"
    )
    key_memory_s: float = Field(
        default=3_600, gt=0, description="how long keys are taken that the database could not confirm"
    )
    drain_s: float = Field(
        default=2.0, ge=0, le=25, description="for which a gateway that stops still serves, not ready any more"
    )
    database_wait_s: float = Field(default=5.0, gt=0, description="how long a request waits for a connection")
    max_listeners: int = Field(default=4_000, ge=1, description="of GET /v1/events at the same time")
    max_events_waiting: int = Field(default=256, ge=8, description="for a listener; one that is slower reads anew")
    events_heartbeat_s: float = Field(
        default=15.0, gt=0, le=60, description="GET /v1/events is never silent for longer"
    )
    events_ingest_s: float = Field(default=10.0, gt=0, description="how often events tell of readings")
