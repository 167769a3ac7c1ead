"""What Prometheus is told. Labels have few values: an outcome, a rule code, a reason code."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from lotse_shared.door import REQUEST_BUCKETS_S

LATENCY_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZE_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


class Metrics:
    """The metrics of one ingest, in a registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.messages = Counter("lotse_ingest_messages", "MQTT messages received", registry=registry)
        self.readings = Counter(
            "lotse_ingest_readings", "Readings by what became of them", ["outcome"], registry=registry
        )
        self.rule_codes = Counter(
            "lotse_ingest_rule_codes", "Verdicts on stored readings by rule code", ["code"], registry=registry
        )
        self.dead_letters = Counter(
            "lotse_ingest_dead_letters", "Dead letters by reason code", ["kind", "reason_code"], registry=registry
        )
        self.watermarks = Counter(
            "lotse_ingest_watermarks", "Watermarks by what was done with them", ["outcome"], registry=registry
        )
        self.replayed = Counter(
            "lotse_ingest_replayed_dead_letters", "Dead letters replayed by outcome", ["outcome"], registry=registry
        )
        self.intake_requests = Counter(
            "lotse_ingest_http_requests", "Messages over HTTP by what was answered", ["answer"], registry=registry
        )
        self.request_s = Histogram(
            "lotse_ingest_request_seconds",
            "Duration of an internal request, by route and status",
            ["method", "route", "status"],
            buckets=REQUEST_BUCKETS_S,
            registry=registry,
        )
        self.batch_items = Histogram(
            "lotse_ingest_batch_items", "Readings and dead letters a batch", buckets=SIZE_BUCKETS, registry=registry
        )
        self.commit_s = Histogram(
            "lotse_ingest_commit_seconds", "From batch to commit", buckets=LATENCY_BUCKETS_S, registry=registry
        )
        self.age_s = Histogram(
            "lotse_ingest_received_to_acknowledged_seconds",
            "From the oldest message of a batch received to its acknowledgement, while it works",
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )
        self.queue_messages = Gauge("lotse_ingest_queue_messages", "Messages not yet in a batch", registry=registry)
        self.queue_bytes = Gauge("lotse_ingest_queue_bytes", "Their topics and payloads", registry=registry)
        self.pauses = Counter(
            "lotse_ingest_pauses", "Times that a full queue stopped reading from the broker", registry=registry
        )
        self.unusable_acknowledgements = Counter(
            "lotse_ingest_unusable_acknowledgements",
            "Messages stored whose connection was gone: the broker delivers them again, as duplicates",
            registry=registry,
        )
        self.connections = Counter("lotse_ingest_connections", "Connections made to the broker", registry=registry)
        self.connection_failures = Counter(
            "lotse_ingest_connection_failures",
            "Attempts to connect to the broker that failed: the network, TLS, or the broker refused",
            ["kind"],
            registry=registry,
        )
        self.broker_connected = Gauge("lotse_ingest_broker_connected", "1: connected and subscribed", registry=registry)
        self.database_connected = Gauge(
            "lotse_ingest_database_connected", "1: the last access succeeded", registry=registry
        )
        self.database_retries = Counter("lotse_ingest_database_retries", "Accesses tried again", registry=registry)
        self.detectors_silent = Gauge(
            "lotse_ingest_detectors_silent", "Silent detectors (R8), told by the slot that watches", registry=registry
        )
        self.clocks_off = Gauge(
            "lotse_ingest_detector_clocks_off",
            "Detectors whose clock is off, of those this slot heard",
            registry=registry,
        )
        self.alarms = Counter("lotse_ingest_alarms", "Alarms raised", ["kind"], registry=registry)
        self.detectors = Gauge("lotse_ingest_detectors", "Registered detectors known", registry=registry)
        self.ledger_accounts_checked = Counter(
            "lotse_ingest_ledger_accounts_checked",
            "Accounts of the ledger (an hour of a detector) that were compared with the table",
            registry=registry,
        )
        self.ledger_differences = Counter(
            "lotse_ingest_ledger_differences",
            "Readings by which an account and the table differed",
            registry=registry,
        )
        self.housekeeping_rounds = Counter(
            "lotse_ingest_housekeeping_rounds", "Rounds of housekeeping by outcome", ["outcome"], registry=registry
        )
        self.dropped_rows = Counter(
            "lotse_ingest_dropped_rows", "Rows dropped because of their age or room", ["table"], registry=registry
        )
        self.compressed_chunks = Counter(
            "lotse_ingest_compressed_chunks", "Chunks compressed, also anew", ["table"], registry=registry
        )
        self.kept_bytes = Gauge(
            "lotse_ingest_kept_bytes",
            "What a table takes on disk, told by who keeps house",
            ["table"],
            registry=registry,
        )
