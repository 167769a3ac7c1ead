"""What Prometheus reads of the gateway. Labels are few: route templates and statuses, never ids."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from lotse_shared.door import REQUEST_BUCKETS_S

REQUESTS = Counter("lotse_gateway_requests_total", "Requests by route and status", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "lotse_gateway_request_seconds",
    "From a request to the head of its answer, by route",
    ["method", "route"],
    buckets=REQUEST_BUCKETS_S,
)
LIMITED = Counter("lotse_gateway_limited_total", "Requests refused with 429, by quota", ["quota"])
HEAVY_READS = Counter(
    "lotse_gateway_heavy_reads_total", "Reads that have to take turns, by outcome", ["kind", "outcome"]
)
KEY_USES = Counter("lotse_gateway_key_uses_written_total", "Writes of when keys were used last", ["outcome"])
DISPLAYS = Counter("lotse_gateway_displays_total", "Sign polls by status", ["status"])


@cache
def _requests(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, status), REQUEST_SECONDS.labels(method, route)


def count_request(method: str, route: str, status: int, taken_s: float) -> None:
    """Count and time a request. Both are looked up by their labels once: that costs more than the counting."""
    count, seconds = _requests(method, route, status)
    count.inc()
    seconds.observe(taken_s)


@cache
def _displays(status: int) -> Counter:
    return DISPLAYS.labels(status)


def count_display(status: int) -> None:
    """Count a sign's poll."""
    _displays(status).inc()


SIGNS = Gauge("lotse_gateway_signs", "Signs in service by what they confirm", ["confirmation"])
SIGN_ALARMS = Counter("lotse_gateway_sign_alarms_total", "Alarms raised for what signs say, or do not say", ["kind"])
DECISION_DELAY_S = Histogram(
    "lotse_gateway_decision_to_memory_seconds",
    "From decided_at to the moment from which signs are served it (on the wall clock only)",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0),
)
SENSOR_TO_SIGN_S = Histogram(
    "lotse_gateway_sensor_to_sign_seconds",
    "From the end of the newest interval measured to the moment from which signs are served what was decided by it",
    buckets=(0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 300.0),
)
DATABASE_UP = Gauge("lotse_gateway_database_up", "1 while the last read of the database succeeded")
MEMORY_READS = Counter("lotse_gateway_memory_reads_total", "Re-reads of what signs are served from", ["outcome"])
UNREADABLE_DECISIONS = Counter("lotse_gateway_unreadable_decisions_total", "Decisions whose body names no ttl_s")
HEARTBEAT_AT = Gauge("lotse_gateway_planner_heartbeat_timestamp_seconds", "The planner's last heartbeat known here")
LISTENERS = Gauge("lotse_gateway_listeners", "Who listen to events now")
LISTENERS_RESET = Counter("lotse_gateway_listeners_reset_total", "Listeners that took too slowly, and had to read anew")
EVENTS = Counter("lotse_gateway_events_total", "Events by kind, each counted once however many listen", ["kind"])
IDEMPOTENT = Counter("lotse_gateway_idempotent_requests_total", "Requests with an Idempotency-Key", ["outcome"])
UNKEPT_ANSWERS = Counter("lotse_gateway_unkept_answers_total", "Answers to idempotent requests that could not be kept")
