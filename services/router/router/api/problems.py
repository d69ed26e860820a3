"""The router's own refusals."""

from shared.problems import Problem

from router.domain.checks import Fault

FAULTS_SHOWN = 200


def unknown_entity(entity: str) -> Problem:
    return _invalid("entity", f"There is no entity “{entity}”.", f"لا توجد جهة باسم «{entity}».")


def unknown_category(category: str) -> Problem:
    return _invalid("category", f"There is no category “{category}”.", f"لا توجد فئة باسم «{category}».")


def same_entity() -> Problem:
    return _invalid("entity", "This entity has it already.", "الطلب لدى هذه الجهة بالفعل.")


def _invalid(field: str, en: str, ar: str) -> Problem:
    return Problem(422, "invalid", en, ar, errors=[{"field": field, "message": en, "message_ar": ar}])


def faulty_directory(faults: list[Fault]) -> Problem:
    return Problem(
        422,
        "faulty-directory",
        f"The directory has {len(faults)} faults. Nothing was published.",
        f"في الدليل أخطاء عددها {len(faults)}. لم يُنشر شيء.",
        errors=[{"field": fault.field, "message": fault.en, "message_ar": fault.ar} for fault in faults[:FAULTS_SHOWN]],
    )
