"""What Prometheus is told of routing."""

from prometheus_client import Counter, Gauge, Histogram

from lotse_shared.door import REQUEST_BUCKETS_S

STEP_BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
REQUEST_SECONDS = Histogram(
    "lotse_routing_request_seconds",
    "Duration of an internal request, by route and status",
    ["method", "route", "status"],
    buckets=REQUEST_BUCKETS_S,
)
STEP_SECONDS = Histogram(
    "lotse_routing_step_seconds", "Duration of a step, from feeling to deciding", buckets=STEP_BUCKETS_S
)
PUBLISH_SECONDS = Histogram(
    "lotse_routing_publish_seconds", "Duration of the transaction of a step", buckets=STEP_BUCKETS_S
)
TURN_FAILURES = Counter("lotse_routing_turn_failures_total", "Turns that failed and are tried again", ["kind"])
SIGN_FAILURES = Counter("lotse_routing_sign_failures_total", "Decisions of a sign that failed: it went to its fallback")
DECISIONS = Counter("lotse_routing_decisions_total", "Decisions written", ["state"])
SIGN_CHANGES = Counter(
    "lotse_routing_sign_changes_total", "Decisions by which a sign shows something else than before", ["state"]
)
SIGNS = Gauge("lotse_routing_signs", "Signs in service by what they show", ["state"])
SIGNS_BY_SOURCE = Gauge("lotse_routing_signs_by_source", "Signs in service by whose word they show", ["source"])
WAITING_PROPOSALS = Gauge("lotse_routing_waiting_proposals", "Proposals that wait for a person")
SUSPENDED_ORDERS = Gauge("lotse_routing_suspended_orders", "Signs with a lock or strategy that must not be shown")
UNFILLED_TEMPLATES = Gauge(
    "lotse_routing_unfilled_templates", "Signs with the built-in text, because the town's template could not be filled"
)
LINKS_WITH_STATE = Gauge("lotse_routing_links_with_state", "Links whose state is known", ["level_of_service"])
SNAPSHOT_AT = Gauge(
    "lotse_routing_snapshot_timestamp_seconds", "When the snapshot that requests and decisions read was made"
)
LATE_WATERMARKS = Gauge("lotse_routing_late_watermarks", "Watermarks that came after a later one: no step was made")
NEWEST_READING_AGE_S = Gauge("lotse_routing_newest_reading_age_seconds", "Lotse's now minus the newest reading felt")
READINGS_FELT = Counter("lotse_routing_readings_felt_total", "Readings taken into the estimate")
READINGS_NOT_LEARNED = Counter(
    "lotse_routing_readings_not_learned_total", "Readings that came after their quarter of an hour had been learned"
)
PROFILE_LINKS = Gauge("lotse_routing_profile_links", "Links whose typical speed is known from measurements")
UNREADABLE_DECISIONS = Counter(
    "lotse_routing_unreadable_decisions_total", "Decisions of an earlier run that could not be read back"
)
UNUSABLE_CORRIDORS = Gauge(
    "lotse_routing_unusable_corridors", "Corridors that cannot be driven (broken), or not at all hours", ["status"]
)
CORRIDOR_CHECK_FAILURES = Counter(
    "lotse_routing_corridor_check_failures_total", "Checks of the corridors that failed: what is known of them is old"
)
UNKNOWN_CLOSED_LINKS = Gauge(
    "lotse_routing_unknown_roadwork_links", "Links of roadworks that the network does not have"
)
TRIPS_LEFT_OUT = Gauge("lotse_routing_usual_trips_left_out", "Usual trips over links that the network does not have")
UNREADABLE_HOURS = Gauge(
    "lotse_routing_unreadable_roadwork_hours", "Roadworks whose hours cannot be read: they hold at all hours"
)
HUNG_LEADERS_ENDED = Counter(
    "lotse_routing_hung_leaders_ended_total", "Leaders without a heartbeat whose connection this standby ended"
)
IS_LEADER = Gauge("lotse_routing_is_leader", "1 while this process decides what signs show, 0 while it stands by")
