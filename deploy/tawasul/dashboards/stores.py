"""Dashboards about the layer below the services: Kafka and MongoDB as they see them, processors, memory, disks."""

from tawasul.dashboards.board import Board, Limits, Panel, Query, or_nought, per_second, quantile

STORES = Board(
    "tawasul-stores",
    "Kafka and MongoDB",
    (
        Panel(
            "Waiting in Kafka",
            "Events in the partitions of each service.",
            (Query("sum by (service, topic) (tawasul_consumer_lag_events)", "{{service}} {{topic}}"),),
        ),
        Panel(
            "Waiting for Kafka",
            "Documents with events that it has not acknowledged.",
            (Query("max by (service, collection) (tawasul_outbox_documents)", "{{service}} {{collection}}"),),
        ),
        Panel(
            "Published",
            "By topic.",
            (Query(per_second("tawasul_events_published_total", "topic"), "{{topic}}"),),
            "ops",
        ),
        Panel(
            "Consumed",
            "By service and what became of it.",
            (Query(per_second("tawasul_events_consumed_total", "service, outcome"), "{{service}} {{outcome}}"),),
            "ops",
        ),
        Panel(
            "Time to make a batch durable",
            "90 % by service.",
            (Query(quantile(0.9, "tawasul_batch_duration_seconds", by="service"), "{{service}}"),),
            "s",
        ),
        Panel(
            "Events in a batch",
            "90 % by service. Grows with the load.",
            (Query(quantile(0.9, "tawasul_batch_events", by="service"), "{{service}}"),),
        ),
        Panel(
            "Batches tried again",
            "By service and the class of the error: an outage, or a lost race.",
            (
                Query(
                    or_nought(per_second("tawasul_batch_retries_total", "service, reason")),
                    "{{service}} {{reason}}",
                ),
            ),
            "ops",
        ),
        Panel(
            "Workers that were started again",
            "By service.",
            (
                Query(
                    or_nought(per_second("tawasul_worker_restarts_total", "service, worker")),
                    "{{service}} {{worker}}",
                ),
            ),
            "ops",
        ),
        Panel(
            "What workers left behind",
            "Attempts at one of many that failed, as at a document that cannot be read; the others went on.",
            (
                Query(
                    or_nought(per_second("tawasul_worker_left_behind_total", "service, worker")),
                    "{{service}} {{worker}}",
                ),
            ),
            "ops",
        ),
        Panel(
            "Processor",
            "Of each process; 1 is a whole one.",
            (Query('rate(process_cpu_seconds_total{job="tawasul"}[$__rate_interval])', "{{service}} {{instance}}"),),
        ),
        Panel(
            "Memory",
            "Of each process.",
            (Query('process_resident_memory_bytes{job="tawasul"}', "{{service}} {{instance}}"),),
            "bytes",
        ),
        Panel(
            "Room on the disks",
            "What is left.",
            (
                Query(
                    'node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|squashfs"} / node_filesystem_size_bytes',
                    "{{instance}} {{mountpoint}}",
                    job="node",
                ),
            ),
            "percentunit",
            Limits(0.15, 0.05, falling=True),
        ),
    ),
)
