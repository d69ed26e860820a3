"""Bodies to file: the sample country's submissions, each with a contact and about 0.9 KB long, as JSON."""

import json
from pathlib import Path
from typing import Any

from router.cases.model import Submission
from router.directory.model import Country as RoutedCountry
from router.directory.snapshot import Directory
from shared.reference.working_time import utc_now
from tawasul.demo.country import Country

BYTES = 900
MOST_TEXT = 4_000
AT_WORST = 40
"""Bytes by which a body may miss its length."""

# No rule has any of these words, so where a submission goes is still decided by what its citizen wrote.
PADDING = {
    "en": "Please let me know what happens next and when. ",
    "ar": "أرجو إفادتي بما سيتم ومتى. ",
}


def bodies() -> list[bytes]:
    """Submissions that a rule brings to an entity, by chosen category and by words, in Arabic and English."""
    country = Country()
    directory = Directory.of(1, RoutedCountry.model_validate(country.directory()))
    filed = [_padded(sample.body(), number) for number, sample in enumerate(country.samples())]
    made = [json.dumps(body, ensure_ascii=False).encode() for body in filed if _is_routed(body, directory)]
    return [body for body in made if abs(len(body) - BYTES) < AT_WORST]


def write_bodies(file: Path) -> Path:
    file.write_bytes(b"\n".join(bodies()))
    return file


def read_bodies(file: str | Path) -> list[bytes]:
    return Path(file).read_bytes().split(b"\n")


def _padded(body: dict[str, Any], number: int) -> dict[str, Any]:
    body = body | {"channel": "web", "contact": {"name": "Maryam", "email": f"citizen.{number}@citizens.example"}}
    padding = PADDING[body["language"]]
    missing = BYTES - len(json.dumps(body, ensure_ascii=False).encode())
    more = padding * (missing // len(padding.encode()) + 1)
    text = " ".join((body["text"].strip() + " " + more.encode()[: max(missing, 0)].decode(errors="ignore")).split())
    return body | {"text": text[:MOST_TEXT]}


def _is_routed(body: dict[str, Any], directory: Directory) -> bool:
    submission = Submission.model_validate({**body, "reference": "", "received_at": utc_now()})
    return not directory.route(submission, body.get("category")).triage
