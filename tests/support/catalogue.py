"""A small catalogue as the router publishes it: streets with their questions, passports, and a notice."""

from typing import Any

from shared.events.directory import CategoryChanged, EntityChanged
from shared.events.model import Name

LAMP, PASSPORT, EMERGENCY = "roads.lighting", "identity.passports", "safety.emergency"


def _name(ar: str, en: str) -> dict[str, str]:
    return {"ar": ar, "en": en}


def _options(**names: str) -> list[dict[str, Any]]:
    return [{"key": key, "name": _name(f"«{name}»", name)} for key, name in names.items()]


QUESTIONS: list[dict[str, Any]] = [
    {"code": "note", "name": _name("لا تلمس العمود.", "Do not touch the post.")},
    {
        "code": "fault",
        "name": _name("ما العطل؟", "What is wrong?"),
        "answer": "singlevaluelist",
        "required": True,
        "options": _options(dark="It is dark", flickers="It flickers"),
    },
    {
        "code": "pole",
        "name": _name("رقم العمود", "Number of the post"),
        "hint": _name("على العمود", "On the post"),
        "answer": "string",
    },
    {"code": "lamps", "name": _name("كم مصباحًا؟", "How many lamps?"), "answer": "number"},
    {"code": "since", "name": _name("منذ متى؟", "Since when?"), "answer": "datetime"},
    {"code": "more", "name": _name("تفاصيل", "More"), "answer": "text"},
    {
        "code": "near",
        "name": _name("ما بقربه؟", "What is near?"),
        "answer": "multivaluelist",
        "options": _options(school="A school", mosque="A mosque", shop="A shop"),
    },
]


def a_category(id: str, ar: str, en: str, **more: Any) -> CategoryChanged:
    return CategoryChanged.model_validate({"category": id, "name": _name(ar, en)} | more)


def a_catalogue() -> list[tuple[str, EntityChanged | CategoryChanged]]:
    """Keys and events of `tawasul.directory.v1`."""
    categories = [
        a_category("roads", "الطرق", "Roads"),
        a_category(
            LAMP,
            "إنارة الشوارع",
            "Street lighting",
            parent="roads",
            description=_name("مصباح لا يضيء.", "A lamp that is out."),
            keywords={"ar": ["عمود إنارة"], "en": ["lamp post"]},
            questions=QUESTIONS,
        ),
        a_category("identity", "الهوية", "Identity"),
        a_category(PASSPORT, "الجوازات", "Passports", parent="identity", kinds=["enquiry"]),
        a_category("roads.old", "فئة ملغاة", "A category that is gone", parent="roads", active=False),
        a_category(
            EMERGENCY,
            "الطوارئ",
            "Emergencies",
            parent="roads",
            elsewhere={"name": _name("اتصل فورًا.", "Call at once."), "phone": "999"},
        ),
    ]
    works = EntityChanged(
        entity="works", name=Name(ar="وزارة الأشغال", en="Ministry of Works"), kind="ministry", calendar="g"
    )
    return [("entity:works", works), *((f"category:{each.category}", each) for each in categories)]
