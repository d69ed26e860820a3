"""Prometheus metrics that every service has. Label values are bounded: never a person, a case or an address.

deploy/docs/metrics.md says of each what it means and which values its labels take; a test holds the two together.
"""

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series beside every counter and histogram, which nothing here asks for

FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)

REQUESTS = Histogram(
    "tawasul_http_request_duration_seconds", "Time to answer a request", ["method", "route", "status"], buckets=FAST
)
REFUSALS = Counter("tawasul_access_refusals_total", "Requests refused for who asked", ["reason"])
RATE_LIMITED = Counter("tawasul_rate_limited_total", "Requests refused as there were too many", ["limit"])
EVENTS = Counter("tawasul_events_consumed_total", "Events taken, by what became of them", ["topic", "type", "outcome"])
BATCH_DURATION = Histogram("tawasul_batch_duration_seconds", "Time to take one batch of events", buckets=FAST)
BATCH_SIZE = Histogram("tawasul_batch_events", "Events in one batch", buckets=SIZES)
EVENT_AGE = Histogram(
    "tawasul_event_age_seconds",
    "Age of the oldest event of a batch when it is durable",
    buckets=(*FAST, 30, 60, 300, 3600),
)
SEQUENCE_GAPS = Counter("tawasul_sequence_gaps_total", "Events that came with earlier ones missing", ["topic"])
RETRIES = Counter("tawasul_batch_retries_total", "Batches tried again", ["reason"])
CONSUMER_LAG = Gauge("tawasul_consumer_lag_events", "Events waiting in the assigned partitions", ["topic"])
CONSUMER_AGE = Gauge(
    "tawasul_consumer_oldest_event_age_seconds", "For how long the oldest event that is not durable waits", ["topic"]
)
DEAD_LETTERS = Counter("tawasul_dead_letters_total", "Records set aside", ["topic"])
DEAD_LETTERS_HELD = Gauge("tawasul_dead_letters_held", "Records set aside and not yet settled")
DIFFERENCES = Gauge("tawasul_differences", "What others published that is missing here", ["topic", "missing"])
STATEMENT_AGE = Gauge("tawasul_statement_age_seconds", "For how long an owner has stated nothing", ["topic"])
COMPARED = Counter("tawasul_submissions_compared_total", "Submissions held against a statement", ["topic"])
RETAKEN = Counter("tawasul_events_retaken_total", "Events that were missing and were taken again from Kafka", ["topic"])
RELAYED = Counter("tawasul_events_published_total", "Events acknowledged by Kafka", ["topic"])
OUTBOX_DEPTH = Gauge("tawasul_outbox_documents", "Documents with events not yet acknowledged by Kafka", ["collection"])
OUTBOX_AGE = Gauge("tawasul_outbox_oldest_age_seconds", "Age of the oldest event not yet acknowledged", ["collection"])
WORKER_RESTARTS = Counter("tawasul_worker_restarts_total", "Background workers started again", ["worker"])
LEFT_BEHIND = Counter(
    "tawasul_worker_left_behind_total", "Attempts of a worker, or a list, that failed at one of many", ["worker"]
)
