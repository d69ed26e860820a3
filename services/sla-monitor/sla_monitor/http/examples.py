"""Examples for the OpenAPI description."""

from pydantic.types import JsonValue

Example = dict[str, JsonValue]


def _week(shift: str) -> Example:
    return {day: [shift] for day in ("sunday", "monday", "tuesday", "wednesday", "thursday")}


_CALENDAR: Example = {
    "id": "government",
    "name": {"ar": "دوام الجهات الحكومية", "en": "Government working hours"},
    "zone": "Asia/Bahrain",
    "default": True,
    "week": _week("07:00-14:15"),
    "holidays": "BH",
    "special": [
        {
            "name": {"ar": "رمضان", "en": "Ramadan"},
            "first": "2027-02-08",
            "last": "2027-03-08",
            "week": _week("08:00-14:00"),
            "estimate": True,
        }
    ],
}
_ANSWER: Example = {
    "id": "answer",
    "name": {"ar": "الرد على كل طلب", "en": "Answer to every submission"},
    "targets": {"answer": {"working": "36h15m", "warn_at": [0.8]}},
    "waiting_limit": "72h30m",
}
_TRIAGE: Example = {
    "id": "triage",
    "name": {"ar": "الفرز في المكتب المركزي", "en": "Triage at the central office"},
    "entity": "central-office",
    "targets": {"triage": {"working": "7h15m"}},
}
RULEBOOK: Example = {
    "calendars": [_CALENDAR],
    "policies": [_ANSWER, _TRIAGE],
    "reason": "Ramadan hours as announced by circular 4 of 2027",
}
PUBLISHED: Example = {
    "version": 1,
    "changed": True,
    "calendars": {"government": 1},
    "policies": {"answer": 1, "triage": 1},
    "unknown_entities": [],
}
_TERMS: Example = {"policy": "answer", "policy_version": 1, "calendar": "government", "calendar_version": 1}
UNKNOWN_CLOCK: Example = {
    "submission_id": "0b9f7d3e-6c1c-4a51-9c59-0a3c1f2f9b10",
    "state": "unknown",
    "since": "2026-03-29T04:00:00Z",
    "custodian": "works",
    "target": "answer",
    "unread_events": ["4f2c278e-d736-4183-a749-4ea7ec608dba"],
    "next_at": "2026-03-29T04:10:00Z",
    "rulebook": 1,
}

CLOCK: Example = {
    "submission_id": "0b9f7d3e-6c1c-4a51-9c59-0a3c1f2f9b10",
    "state": "running",
    "custodian": "works",
    "target": "answer",
    "received_at": "2026-03-29T04:00:00Z",
    "due_at": "2026-04-02T11:15:00Z",
    "target_seconds": 130500,
    "remaining_seconds": 104400,
    "consumed_seconds": {"central-office": 0, "works": 26100},
    "next_at": "2026-04-01T11:15:00Z",
    "open_question": None,
    "rulebook": 1,
    "steps": [
        {
            "start": "2026-03-29T04:00:00Z",
            "end": None,
            "entity": "works",
            "target": "answer",
            "state": "running",
            "because": "SubmissionAssigned",
            "working_seconds": 26100,
            "counted": True,
            "special_days": [],
            **_TERMS,
        }
    ],
    "targets": [
        {
            "target": "acknowledge",
            "entity": "works",
            "state": "met",
            "due_at": "2026-03-29T11:15:00Z",
            "target_seconds": 26100,
            "consumed_seconds": 1800,
            "remaining_seconds": 24300,
            "ended_at": "2026-03-29T04:30:00Z",
            "in_time": True,
        }
    ],
    "declarations": [],
    "noted": [],
}

_FIGURES: Example = {
    "received": 412,
    "answered": 388,
    "answered_in_time": 371,
    "answered_late": 17,
    "share_in_time": 0.9464,
    "open": 24,
    "overdue": 4,
    "median_seconds": 27810,
    "percentile_90_seconds": 96300,
    "reopened": 11,
    "appeals_upheld": 1,
    "transferred_out": 23,
    "median_acknowledged_seconds": 5400,
    "percentile_90_acknowledged_seconds": 24300,
    "median_share_used": 0.225,
    "held_seconds": 13250000,
    "paused_share": 0.18,
    "instant": 3,
    "ratings": 120,
    "mean_rating": 4.32,
}
PERFORMANCE: Example = {
    "year": 2026,
    "month": None,
    "as_of": "2026-11-25T06:00:00Z",
    "target_share": 0.95,
    "working_day_seconds": 26100,
    "entity": None,
    "figures": _FIGURES,
    "entities": [{"entity": "works", "name": {"ar": "وزارة الأشغال", "en": "Ministry of Works"}, "figures": _FIGURES}],
    "months": [{"month": "2026-11", "figures": _FIGURES}],
    "kinds": [],
    "categories": [],
    "areas": [{"area": "muharraq", "name": {"ar": "محافظة المحرق", "en": "Muharraq"}, "figures": _FIGURES}],
}

_MOVED: Example = {"moved": 12, "later": 12, "earlier": 0, "late_now": 0, "in_time_again": 2}
_MOVE: Example = {
    "submission": "0b9f7d3e-6c1c-4a51-9c59-0a3c1f2f9b10",
    "entity": "works",
    "target": "answer",
    "state": "running",
    "from_due_at": "2026-04-02T11:15:00Z",
    "due_at": "2026-04-05T11:15:00Z",
}
_CHANGES: Example = {
    "changes": [
        {
            "what": "calendar",
            "id": "government",
            "name": {"ar": "دوام الجهات الحكومية", "en": "Government working hours"},
            "kind": "changed",
            "parts": ["special"],
        }
    ]
}
RULEBOOKS: Example = {
    "items": [
        {
            "version": 7,
            "published_at": "2026-03-30T05:00:00Z",
            "published_by": "administrator",
            "reason": "A day of mourning was announced",
            **_CHANGES,
        }
    ],
    "next_cursor": "6",
}
MOVES: Example = {"items": [_MOVE], "next_cursor": None}
PREVIEW: Example = {
    **_CHANGES,
    "open": 412,
    "looked_at": 412,
    "failed": 0,
    "moved": _MOVED,
    "entities": [{"entity": "works", **_MOVED}],
    "examples": [_MOVE],
}

AWARD: Example = {
    "period": "2026-04",
    "formula": 1,
    "weights": {
        "in_time": 0.4,
        "speed": 0.2,
        "rating": 0.2,
        "reopening": 0.1,
        "transfers": 0.05,
        "appeals": 0.05,
    },
    "least_answers": 10,
    "least_ratings": 5,
    "target_share": 0.95,
    "frozen_at": None,
    "sha256": None,
    "standings": [
        {
            "entity": "works",
            "name": {"ar": "وزارة الأشغال", "en": "Ministry of Works"},
            "band": "small",
            "rank": None,
            "answers": 4,
            "index": None,
            "low": None,
            "high": None,
            "is_level": False,
            "reaches_target": False,
            "parts": {},
            "counts": {"in_time": 4, "received": 5},
        }
    ],
}
CONTEST: Example = {
    "month": "2026-04",
    "entity": "works",
    "submission": "0b9f7d3e-6c1c-4a51-9c59-0a3c1f2f9b10",
    "reason": "The holiday was announced after the answer.",
    "by": "head.works",
    "at": "2026-05-03T06:00:00Z",
    "decision": None,
    "why": None,
    "decided_by": None,
    "decided_at": None,
}
FROZEN: Example = {
    "period": "2026-04",
    "formula": 1,
    "frozen_at": "2026-05-10T06:00:00Z",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}

_OPEN_CASE: Example = {
    "submission": "0b9f7d3e-6c1c-4a51-9c59-0a3c1f2f9b10",
    "reference": "7KD3M-Q2X9A",
    "target": "answer",
    "due_at": "2026-04-02T11:15:00Z",
    "official": "works.officer",
}
WORKLOAD: Example = {
    "entity": "works",
    "as_of": "2026-04-02T06:00:00Z",
    "open": 3,
    "overdue": 0,
    "overdue_cases": [],
    "today": 1,
    "today_cases": [_OPEN_CASE],
    "is_whole": True,
    "loads": [
        {
            "official": "works.officer",
            "open": 3,
            "overdue": 0,
            "this_week": 1,
            "waiting": 2,
            "is_overloaded": False,
        }
    ],
    "forecast": {
        "until": "2026-04-09T06:00:00Z",
        "due": 1,
        "late": 0,
        "late_cases": [],
        "answers": 40,
        "worked_seconds": 600000,
        "since": "2026-03-01T00:00:00+03:00",
    },
}
