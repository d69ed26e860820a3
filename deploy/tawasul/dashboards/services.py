"""Dashboards about the services: taking, routing, telling."""

from tawasul.dashboards.board import (
    Board,
    Limits,
    Number,
    Panel,
    Query,
    half_and_nearly_all,
    or_nought,
    per_second,
    quantile,
)

HTTP = "tawasul_http_request_duration_seconds"
FAILED = HTTP + '_count{status=~"5.."}'
FILING = '{service="intake", method="POST", route=~"/api/intake/v1/submissions|/submissions/new"}'

INTAKE = Board(
    "tawasul-intake",
    "Intake",
    (
        Panel(
            "Submissions by what came of them",
            "`in_time`: durable within a second. `refused` and `not_stored` were asked to try again.",
            (Query(per_second("tawasul_intake_acknowledgements_total", "outcome"), "{{outcome}}"),),
            "ops",
            stacked=True,
        ),
        Panel(
            "Answers to filing",
            "By status. 422: the form was not filled in; 5xx: our fault.",
            (Query(per_second(f"{HTTP}_count{FILING}", "status"), "{{status}}"),),
            "ops",
            stacked=True,
        ),
        Panel(
            "Time to acknowledge",
            "The longest wait of each write.",
            half_and_nearly_all("tawasul_intake_commit_wait_seconds"),
            "s",
            Limits(0.5, 1),
        ),
        Panel(
            "Submissions in one write",
            "Grows with the load: that is what keeps the time short.",
            (Query(quantile(0.9, "tawasul_intake_commit_submissions"), "90 %"),),
        ),
        Panel(
            "Waiting for their write",
            "Behind the write that is under way.",
            (Query("sum(tawasul_intake_commit_waiting_submissions)", "submissions"),),
        ),
        Panel(
            "Requests by service",
            "All endpoints and pages.",
            (Query(per_second(f"{HTTP}_count", "service"), "{{service}}"),),
            "ops",
        ),
        Panel(
            "Slowest tenth of requests",
            "By service.",
            (Query(quantile(0.9, HTTP, by="service"), "{{service}}"),),
            "s",
        ),
        Panel(
            "Pages and endpoints that fail",
            "Answers with 5xx by route.",
            (Query(or_nought(per_second(FAILED, "service, route")), "{{route}}"),),
            "ops",
        ),
        Panel(
            "Refused",
            "For who asked (access) and for how often (rate).",
            (
                Query(or_nought(per_second("tawasul_access_refusals_total", "reason")), "access: {{reason}}"),
                Query(or_nought(per_second("tawasul_rate_limited_total", "limit")), "rate: {{limit}}"),
            ),
            "ops",
        ),
        Panel(
            "Files",
            "By what came of them.",
            (Query(per_second("tawasul_intake_files_total", "outcome"), "{{outcome}}"),),
            "ops",
        ),
    ),
)

ROUTING = Board(
    "tawasul-routing",
    "Routing",
    (
        Panel(
            "Who decided",
            "Custodians chosen; `triage`: nothing was sure, a person looks.",
            (Query(per_second("tawasul_router_assignments_total", "decided_by"), "{{decided_by}}"),),
            "ops",
            stacked=True,
        ),
        Panel(
            "From acknowledgement to custodian",
            "The promise: 5 s.",
            half_and_nearly_all("tawasul_router_received_to_custodian_seconds"),
            "s",
            Limits(1, 5),
        ),
        Panel(
            "In triage",
            "How many wait for a person.",
            (Query("max(tawasul_router_triage_depth)", "submissions"),),
        ),
        Panel(
            "Oldest in triage",
            "Of these, the one that is due first.",
            (Query("max(tawasul_router_triage_oldest_age_seconds)", "age"),),
            "s",
        ),
        Panel(
            "Time spent on deciding",
            "Per batch.",
            (Query(quantile(0.9, "tawasul_router_routing_duration_seconds"), "90 %"),),
            "s",
        ),
        Panel(
            "Moves that fitted no transition",
            "Commands that were refused, facts that changed nothing.",
            (Query(or_nought(per_second("tawasul_router_transitions_refused_total", "move")), "{{move}}"),),
            "ops",
        ),
        Number("Directory in use", "The number of its publication.", (Query("max(tawasul_router_directory_version)"),)),
    ),
)

DELIVERY = Board(
    "tawasul-delivery",
    "Delivery",
    (
        Panel(
            "What became of attempts",
            "By channel and state.",
            (
                Query(
                    per_second("tawasul_notifier_deliveries_total", "channel, provider, state"),
                    "{{channel}} {{provider}} {{state}}",
                ),
            ),
            "ops",
            stacked=True,
        ),
        Panel(
            "From event to handing over",
            "The promise: 60 s.",
            half_and_nearly_all("tawasul_notifier_event_to_handover_seconds", by="channel"),
            "s",
            Limits(10, 60),
        ),
        Panel(
            "Not finished",
            "By channel and state. `withheld` waits until somebody says that the address is theirs.",
            (Query("max by (channel, state) (tawasul_notifier_unfinished_notifications)", "{{channel}} {{state}}"),),
            stacked=True,
        ),
        Panel(
            "Oldest that is due",
            "By channel.",
            (Query("max by (channel) (tawasul_notifier_oldest_due_age_seconds)", "{{channel}}"),),
            "s",
            Limits(60, 300),
        ),
        Number(
            "Provider takes messages",
            "0: nothing can be handed over.",
            (Query("min by (channel) (tawasul_notifier_provider_available)", "{{channel}}"),),
            limits=Limits(1, 0.5, falling=True),
        ),
        Number(
            "Waiting for a contact",
            "For more than a minute: intake has not said whom to tell.",
            (Query("max(tawasul_notifier_contacts_missing_notifications)"),),
            limits=Limits(1, 100),
        ),
        Panel(
            "Refused and failed",
            "By kind.",
            (
                Query(
                    or_nought(per_second("tawasul_notifier_provider_errors_total", "channel, kind")),
                    "{{channel}} {{kind}}",
                ),
            ),
            "ops",
            width=16,
        ),
    ),
)
