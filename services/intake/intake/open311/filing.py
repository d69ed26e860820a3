"""POST requests: converts a GeoReport v2 form to the common way of filing."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4, uuid5

from pydantic import ValidationError
from shared.events.directory import CategoryChanged
from shared.events.model import Channel, Kind
from shared.http.commands import cause_of_request, command_key
from shared.reference.working_time import utc_now
from starlette.requests import Request

from intake.filing.commands import BY_KEY, filed_of, submit
from intake.http.models import SubmissionSent
from intake.http.throttle import throttle_of
from intake.open311.catalogue import UNSORTED, notice_of, service_of
from intake.open311.errors import ErrorText, Refusal, bad_request, no_key, not_found
from intake.submissions.errors import NotForThisSystem, SendAgain

LARGEST_BODY = 64 * 1024
MOST_FIELDS = 200
FORM = "application/x-www-form-urlencoded"
ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,100})\](?:\[\])?")
ARABIC = re.compile("[\u0621-\u064a]")
LINK = re.compile(r"https?://[!-~]{1,500}")

FIELDS = {"location.lat": "lat", "location.lon": "long", "location.block": "address_id", "text": "description"}
"""The GeoReport name of a `SubmissionSent` field."""

Form = Mapping[str, list[str]]


async def form_of(request: Request) -> dict[str, list[str]]:
    """Non-empty fields by name. Raises Refusal 400."""
    if not request.headers.get("content-type", "").lower().startswith(FORM):
        raise bad_request(f"The request must be sent as {FORM}.", f"يجب إرسال الطلب بصيغة {FORM}.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise bad_request("This is more than can be sent at once.", "حجم المحتوى أكبر من المسموح.")
    try:
        pairs = parse_qsl(body.decode(), errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise bad_request(
            f"The form cannot be read: at most {MOST_FIELDS} fields, in UTF-8.",
            f"تعذّرت قراءة النموذج: {MOST_FIELDS} حقل على الأكثر، بترميز UTF-8.",
        ) from error
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip():
            form.setdefault(name.strip(), []).append(value)
    return form


def holder_of_key(request: Request, form: Form) -> str:
    """The submitting program, by its API key. Raises Refusal 403."""
    keys = request.app.state.open311_keys
    if not keys.are_there:
        raise no_key("This endpoint takes no requests: no api_key was issued.", "لا تُستقبل طلبات هنا: لم تصدر مفاتيح.")
    if "api_key" not in form:
        raise no_key("The api_key is missing.", "المفتاح api_key مطلوب.")
    holder: str | None = keys.holder(form["api_key"][0])
    if holder is None:
        raise no_key("This api_key is not valid.", "المفتاح api_key غير صالح.")
    return holder


async def file(request: Request, form: Form, lang: str) -> dict[str, Any]:
    """A service_request_id; or a token to look it up with, where the database did not confirm in time."""
    state = request.app.state
    holder = holder_of_key(request, form)
    category = _category(request, form)
    sent = _sent(form, category, lang).model_copy(update={"answers": _attributes(form)})
    throttle = throttle_of(request)
    content = repr(sorted((name, values) for name, values in form.items() if name != "api_key")).encode()
    header = request.headers.get("idempotency-key") or str(uuid4())
    key = command_key(header, f"open311:{holder}", "/open311/v2/requests", content)
    assert key is not None
    filed = filed_of(sent, None, key.key, key.fingerprint, state.directory, state.places)
    contacts = throttle.contacts(None, sent.contact.email, sent.contact.phone) if sent.contact else []
    try:
        filing = submit(filed, state.submissions, state.key_ring, state.secrets, utc_now(), cause_of_request())
        receipt = await throttle.counted(contacts, filing)
    except SendAgain:
        return {"token": str(_id_of(key.key)), "service_notice": None, "account_id": None}
    link = f"{state.service.settings.public_url.rstrip('/')}/track/{receipt.reference}/{receipt.secret}"
    notice = f"تابع الطلب عبر الرابط الخاص: {link}" if lang == "ar" else f"Follow it by its private link: {link}"
    return {"service_request_id": receipt.reference, "service_notice": notice, "account_id": None}


def _id_of(key: str) -> UUID:
    return uuid5(BY_KEY, key)


def _category(request: Request, form: Form) -> CategoryChanged:
    if "service_code" not in form:
        raise bad_request("The service_code is missing.", "رمز الخدمة service_code مطلوب.")
    code = form["service_code"][0].strip()
    category = service_of(request.app.state.directory, code) or notice_of(request.app.state.directory, code)
    if category is not None and category.elsewhere is not None:
        raise NotForThisSystem(category.elsewhere)
    if category is None:
        raise not_found("There is no service with this service_code.", "لا توجد خدمة بهذا الرمز service_code.")
    return category


def _attributes(form: Form) -> dict[str, list[str]]:
    attributes: dict[str, list[str]] = {}
    for name, values in form.items():
        if match := ATTRIBUTE.fullmatch(name):
            attributes.setdefault(match[1], []).extend(values)
    return attributes


def _sent(form: Form, category: CategoryChanged, lang: str) -> SubmissionSent:
    """Raises Refusal 400 with every fault."""
    first = {name: values[0].strip() for name, values in form.items()}
    description = first.get("description") or getattr(category.name, lang)
    place = {
        "lat": first.get("lat"),
        "lon": first.get("long"),
        "block": first.get("address_id"),
        "address": first.get("address_string"),
    }
    given = {name: value for name, value in place.items() if value is not None}
    if not given or ("lat" in given) != ("lon" in given):
        raise bad_request(
            "Say where it is: lat and long together, address_string or address_id.",
            "حدد الموقع: lat وlong معًا، أو address_string، أو address_id.",
        )
    name = " ".join(first[part] for part in ("first_name", "last_name") if part in first)
    contact = {"name": name or None, "email": first.get("email"), "phone": first.get("phone")}
    kinds = category.kinds
    try:
        return SubmissionSent.model_validate(
            {
                "kind": Kind.COMPLAINT if not kinds or Kind.COMPLAINT in kinds else kinds[0],
                "text": _with_media(description, first.get("media_url")),
                "language": "ar" if ARABIC.search(description) else "en",
                "category": None if category is UNSORTED else category.category,
                "location": given,
                "contact": contact if contact["email"] or contact["phone"] else None,
                "channel": Channel.OPEN311,
            }
        )
    except ValidationError as error:
        raise _invalid(error) from error


def _with_media(description: str, link: str | None) -> str:
    """Appends the address of a photo to the text. It is never fetched, as it may point anywhere."""
    if link is None:
        return description
    if not LINK.fullmatch(link):
        raise bad_request("media_url must be an http address.", "\u200fmedia_url يجب أن يكون عنوان http.")
    return f"{description}\n\n{link}"


def _invalid(error: ValidationError) -> Refusal:
    said = []
    for fault in error.errors(include_url=False, include_input=False)[:20]:
        path = ".".join(str(part) for part in fault["loc"])
        field = FIELDS.get(path, path.rpartition(".")[2].replace("address", "address_string"))
        said.append(ErrorText(400, f"{field}: {fault['msg']}", f"{field}: القيمة غير صالحة."))
    return Refusal(400, said)
