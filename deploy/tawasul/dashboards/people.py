"""Dashboards about people: whether anyone waits, what is due, how an entity answers."""

from tawasul.dashboards.board import (
    Board,
    Choice,
    Limits,
    Number,
    Panel,
    Query,
    Ranking,
    or_nought,
    per_second,
    quantile,
)

WAITING = Board(
    "tawasul-waiting",
    "Is anyone waiting?",
    (
        Number(
            "Filed, no custodian",
            "Age of the oldest submission that neither an entity nor the central office has. The promise: 5 s.",
            (Query("max(tawasul_sla_monitor_unrouted_oldest_age_seconds)"),),
            "s",
            Limits(5, 60),
        ),
        Number(
            "Mail that is due",
            "For how long the oldest message has been waiting for its provider. The promise: 60 s.",
            (Query("max by (channel) (tawasul_notifier_oldest_due_age_seconds)", "{{channel}}"),),
            "s",
            Limits(60, 300),
        ),
        Number(
            "Events not taken",
            "For how long the oldest event waits, at the service that is furthest behind.",
            (Query("max(tawasul_consumer_oldest_event_age_seconds)"),),
            "s",
            Limits(10, 120),
        ),
        Number(
            "Facts not sent",
            "For how long the oldest fact waits for Kafka.",
            (Query("max(tawasul_outbox_oldest_age_seconds)"),),
            "s",
            Limits(10, 120),
        ),
        Number(
            "Set aside",
            "Dead letters that nobody has replayed or discarded.",
            (Query("sum(max by (service) (tawasul_dead_letters_held))"),),
            limits=Limits(1, 20),
        ),
        Number(
            "In triage",
            "Submissions that wait for a person at the central office.",
            (Query("max(tawasul_router_triage_depth)"),),
        ),
        Panel(
            "How fast the room for error is used up",
            "1: exactly what was promised. From 14 for an hour, or 6 for six hours, somebody is woken.",
            (Query("slo:burn:rate1h", "{{slo}}"),),
            limits=Limits(1, 14.4),
        ),
        Panel(
            "Firing alerts",
            "Each has its page in the runbook.",
            (Query('count by (alertname, severity) (ALERTS{alertstate="firing"}) or vector(0)', "{{alertname}}"),),
            stacked=True,
        ),
        Panel(
            "Processes that answer",
            "By service.",
            (Query('sum by (service) (up{job="tawasul"})', "{{service}}"),),
        ),
        Panel(
            "Age of the oldest event that is not durable",
            "By service and topic.",
            (Query("max by (service, topic) (tawasul_consumer_oldest_event_age_seconds)", "{{service}} {{topic}}"),),
            "s",
        ),
    ),
)

DEADLINES = Board(
    "tawasul-deadlines",
    "Deadlines",
    (
        Panel(
            "Open clocks",
            "By state. `armed`: nobody has it yet; `paused`: the citizen was asked.",
            (Query("max by (state) (tawasul_sla_monitor_open_clocks)", "{{state}}"),),
            stacked=True,
        ),
        Panel(
            "Due within a day, overdue",
            "Of the running ones.",
            (
                Query("max(tawasul_sla_monitor_due_clocks)", "due within 24 h"),
                Query("max(tawasul_sla_monitor_overdue_clocks)", "overdue"),
            ),
        ),
        Panel(
            "What clocks declare",
            "Warnings, breaches, escalations, due times that were set or moved.",
            (Query(per_second("tawasul_sla_monitor_declarations_total", "type"), "{{type}}"),),
            "ops",
        ),
        Panel(
            "Escalations",
            "By rung, and by whom they reach.",
            (
                Query(
                    or_nought(per_second("tawasul_sla_monitor_escalations_total", "rung, to_role")),
                    "{{rung}} → {{to_role}}",
                ),
            ),
            "ops",
        ),
        Panel(
            "Lateness",
            "From the moment a clock asked for something until that was durable. The promise: 5 s.",
            (Query(or_nought(quantile(0.99, "tawasul_sla_monitor_lateness_seconds")), "99 %"),),
            "s",
            Limits(1, 5),
        ),
        Panel(
            "Oldest without custodian",
            "0 where everybody has somebody.",
            (Query("max(tawasul_sla_monitor_unrouted_oldest_age_seconds)", "age"),),
            "s",
        ),
        Panel(
            "Oldest moment not settled",
            "How long ago a clock asked for something that has not happened. 0 where nothing is past.",
            (Query("max(tawasul_sla_monitor_unsettled_oldest_age_seconds)", "age"),),
            "s",
        ),
        Panel(
            "Clocks that could not be settled",
            "Our bug, each of them.",
            (Query(per_second("tawasul_sla_monitor_sweep_failures_total"), "clocks"),),
            "ops",
        ),
    ),
)

ENTITY = Board(
    "tawasul-entity",
    "One entity",
    (
        Number(
            "Answered in time this year",
            "Of what was answered or should have been by now.",
            (Query('entity:response_share:ratio{entity="$entity"}'),),
            "percentunit",
            Limits(0.95, 0.85, falling=True),
        ),
        Number(
            "Above or below the target",
            "The target is 95 % unless the installation says otherwise.",
            (Query('entity:response_share_over_target:ratio{entity="$entity"}'),),
            "percentunit",
        ),
        Number(
            "In time",
            "Answers of this year.",
            (Query('max(tawasul_sla_monitor_year_answers{entity="$entity", outcome="in_time"})'),),
        ),
        Number(
            "Late",
            "Answers of this year.",
            (Query('max(tawasul_sla_monitor_year_answers{entity="$entity", outcome="late"})'),),
        ),
        Number(
            "Overdue now",
            "Not answered, and its time is over.",
            (Query('max(tawasul_sla_monitor_year_overdue_cases{entity="$entity"})'),),
            limits=Limits(1, 10),
        ),
        Number(
            "The whole country",
            "Answered in time this year.",
            (Query("country:response_share:ratio"),),
            "percentunit",
        ),
        Panel(
            "Share in time",
            "This entity and the country.",
            (
                Query('entity:response_share:ratio{entity="$entity"}', "{{entity}}"),
                Query("country:response_share:ratio", "country"),
            ),
            "percentunit",
        ),
        Ranking(
            "All entities",
            "Share of answers in time, the lowest first.",
            (Query("sort(entity:response_share:ratio)", "{{entity}}"),),
            "percentunit",
            Limits(0.95, 0.85, falling=True),
        ),
    ),
    choices=(Choice("entity", "tawasul_sla_monitor_year_answers", "entity"),),
)
