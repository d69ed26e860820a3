"""A directory small enough to read, for who writes the first one."""

from typing import Any


def example() -> dict[str, Any]:
    """A country small enough to read."""
    return {
        "entities": [
            {
                "id": "central-office",
                "name": {"ar": "المكتب المركزي", "en": "Central Office"},
                "kind": "central",
                "email": "tawasul@central-office.example",
                "calendar": "government",
            },
            {
                "id": "works",
                "name": {"ar": "وزارة الأشغال", "en": "Ministry of Works"},
                "kind": "ministry",
                "email": "tawasul@works.example",
                "calendar": "government",
                "head": "head.works",
                "phone": "+973 0000 0000",
                "website": "https://works.example",
                "address": {"ar": "المنامة", "en": "Manama"},
            },
        ],
        "officials": [
            {
                "id": "officer.works",
                "name": {"ar": "فاطمة الحداد", "en": "Fatima Al-Haddad"},
                "entity": "works",
                "role": "officer",
                "email": "officer@works.example",
                "language": "ar",
                "deputies": ["head.works"],
                "absences": [{"first_day": "2026-12-16", "last_day": "2026-12-31"}],
                "skills": ["roads"],
            },
            {
                "id": "head.works",
                "name": {"ar": "علي البناء", "en": "Ali Al-Banna"},
                "entity": "works",
                "role": "head",
                "other_roles": ["supervisor"],
                "email": "head@works.example",
                "language": "en",
            },
        ],
        "categories": [
            {"id": "roads", "name": {"ar": "الطرق", "en": "Roads"}},
            {
                "id": "roads.pothole",
                "name": {"ar": "حفر الشوارع", "en": "Potholes"},
                "parent": "roads",
                "entity": "works",
                "priority": "high",
                "questions": [
                    {
                        "code": "lane",
                        "name": {"ar": "في أي مسار؟", "en": "In which lane?"},
                        "answer": "singlevaluelist",
                        "required": True,
                        "options": [
                            {"key": "left", "name": {"ar": "الأيسر", "en": "Left"}},
                            {"key": "right", "name": {"ar": "الأيمن", "en": "Right"}},
                        ],
                    }
                ],
            },
        ],
        "areas": [
            {
                "id": "capital",
                "name": {"ar": "محافظة العاصمة", "en": "Capital Governorate"},
                "polygon": [[[50.5, 26.1], [50.7, 26.1], [50.7, 26.3], [50.5, 26.3], [50.5, 26.1]]],
                "blocks": [[300, 399]],
            }
        ],
        "places": [
            {
                "id": "manama",
                "name": {"ar": "المنامة", "en": "Manama"},
                "other_names": {"en": ["Al Manamah"]},
                "lat": 26.228,
                "lon": 50.582,
                "blocks": [[301, 316]],
            }
        ],
        "rules": [
            {
                "id": "chosen-category",
                "name": {"ar": "الفئة المختارة", "en": "Chosen category"},
                "then": {"catalogue": True},
            },
            {
                "id": "potholes",
                "name": {"ar": "حفر الشوارع", "en": "Potholes"},
                "when": {"words": ["حفرة", "pothole"]},
                "then": {"category": "roads.pothole"},
            },
            {
                "id": "triage",
                "name": {"ar": "الفرز في المكتب المركزي", "en": "Triage at the central office"},
                "then": {"triage": True},
            },
        ],
    }
