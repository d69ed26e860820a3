"""Reads posted forms: only from pages of our own, with faults in words for people."""

from collections.abc import Mapping

from pydantic import ValidationError
from starlette.requests import Request

from shared.http.auth import check_own_page
from shared.http.csrf import FIELD, FORMS
from shared.http.problems import Problem
from shared.web.catalogues import N_


class Fields(dict[str, str]):
    """For templates: what was not typed is empty."""

    def __missing__(self, name: str) -> str:
        return ""


async def posted(request: Request) -> dict[str, str]:
    """The fields of a form, trimmed, line ends as `\\n`. Raises Problem 403 or 415."""
    check_own_page(request)
    if not request.headers.get("content-type", "").startswith(FORMS):
        raise Problem(415, "unsupported-media-type", "This is not a form.", "هذا ليس نموذجًا.")
    fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str) and name != FIELD}
    return {name: value.replace("\r\n", "\n").replace("\r", "\n").strip() for name, value in fields.items()}


MESSAGES = {
    "missing": N_("This is needed."),
    "string_too_short": N_("This is needed."),
    "string_too_long": N_("This is too long. Please shorten it."),
    "enum": N_("Please choose one of these."),
    "literal_error": N_("Please choose one of these."),
    "string_pattern_mismatch": N_("This does not look right. Please check it."),
    "int_parsing": N_("Please choose one of these."),
    "greater_than_equal": N_("Please choose one of these."),
    "less_than_equal": N_("Please choose one of these."),
}
OTHERWISE = N_("This cannot be accepted. Please check it.")


def faults(error: ValidationError, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The first fault of each field, as a message to be translated. `own` says it better.

    Its keys are `field` or `field:type`.
    """
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in fault["loc"]) or "form"
        better = (own or {}).get(f"{field}:{fault['type']}") or (own or {}).get(field)
        found.setdefault(field, better or MESSAGES.get(fault["type"], OTHERWISE))
    return found
