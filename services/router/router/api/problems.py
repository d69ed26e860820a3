"""The router's own refusals, and how every refusal looks in the description of the API."""

from typing import Any

from pydantic import BaseModel, Field
from shared.problems import MEDIA_TYPE, Problem

from router.domain.checks import Fault

FAULTS_SHOWN = 200


class ProblemDetail(BaseModel):
    """RFC 9457 problem details, with both languages for people."""

    type: str = Field(examples=["urn:tawasul:problem:not-possible-now"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["“answer” is not possible while the submission is “closed”."])
    detail_ar: str
    instance: str
    errors: list[dict[str, str]] = Field(default=[], description="field, message, message_ar")


_MEANING = {
    401: "No token, or one that is not good",
    403: "Another entity's, or not for this role",
    404: "Unknown",
    409: "Not possible in this state; or changed meanwhile; or an Idempotency-Key used for another request",
    412: "Changed since the version in If-Match",
    422: "Something in the request cannot be accepted",
    503: "Nothing was done; try again in a moment",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses` of an endpoint."""
    return {
        status: {
            "description": _MEANING[status],
            "content": {MEDIA_TYPE: {"schema": ProblemDetail.model_json_schema()}},
        }
        for status in statuses
    }


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
