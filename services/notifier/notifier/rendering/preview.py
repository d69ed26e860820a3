"""How a template of the draft will look: with made-up facts, or those of a real case, which name no person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.reference.directory import Directory

from notifier.cases.model import Case
from notifier.channels import Message
from notifier.channels.sms_text import SmsLength, counted
from notifier.message_templates.checks import FaultyWording, faults_of_templates
from notifier.message_templates.model import Texts, Wording
from notifier.message_templates.snapshot import catalogues
from notifier.planning.table import Table
from notifier.rendering.links import Links
from notifier.rendering.templates import A_LONG_CODE, A_REFERENCE, Messages, Rendered, Words

SAMPLE_SECRET = "sample"
SAMPLE_NUMBERS = {"moved": 412, "later": 410, "earlier": 2, "late_now": 1, "in_time_again": 8}
SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "en": {
        "reference": "7K3MX-QPA42",
        "kind": "complaint",
        "category": "Street lighting (sample)",
        "entity": "Electricity and Water Authority (sample)",
        "from_entity": "Ministry of Works (sample)",
        "text": "This is a sample of what an official writes.",
        "due_at": datetime(2026, 11, 29, 9, 0, tzinfo=UTC),
        "endpoint": "hooks.partner.example",
        "expected_at": datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
        "name": "Maryam (sample)",
        **SAMPLE_NUMBERS,
    },
    "ar": {
        "reference": "7K3MX-QPA42",
        "kind": "complaint",
        "category": "إنارة الشوارع (مثال)",
        "entity": "هيئة الكهرباء والماء (مثال)",
        "from_entity": "وزارة الأشغال (مثال)",
        "text": "هذا مثال على ما يكتبه الموظف.",
        "due_at": datetime(2026, 11, 29, 9, 0, tzinfo=UTC),
        "endpoint": "hooks.partner.example",
        "expected_at": datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
        "name": "مريم (مثال)",
        **SAMPLE_NUMBERS,
    },
}
"""Synthetic. A preview always shows this name and text, and never what citizens or officials wrote."""


@dataclass(frozen=True)
class Preview:
    mail: Rendered
    pushed: str
    sms: str | None
    sms_length: SmsLength | None


class PreviewRenderer:
    def __init__(self, words: Mapping[str, Words], zone: str, links: Links, directory: Directory) -> None:
        self.words = words
        self.zone = zone
        self.links = links
        self.directory = directory
        self.longest_link = links.confirmation(A_REFERENCE, A_LONG_CODE)
        """The longest link that an SMS can contain."""

    def preview(self, name: str, texts: Texts, language: str, case: Case | None) -> Preview:
        """Raises FaultyWording."""
        wording = Wording(table=Table(rows=(), nobody=()), templates={name: texts})
        if found := faults_of_templates(wording, self.words):
            raise FaultyWording(found)
        messages = Messages(catalogues(wording, {language: self.words[language]}), self.zone)
        params = {**SAMPLES[language], **self._facts(case, language)}
        person = str(params.pop("name"))
        link = self.links.tracking(str(params["reference"]), SAMPLE_SECRET)
        mail = messages.render(name, language, params, person, link)
        sms = messages.short(name, language, params, link) if texts[language].sms else None
        return Preview(mail, messages.pushed(name, language, params), sms, counted(sms) if sms else None)

    def test_mail(self, id: str, preview: Preview, language: str, official: str, now: datetime) -> Message | None:
        """A mail to the official's own work address; None if the directory knows none."""
        known = self.directory.officials.get(official)
        if known is None or not known.active or not known.email:
            return None
        return Message(
            id=id,
            thread=id,
            address=known.email,
            name=str(getattr(known.name, language)),
            language=language,
            subject=f"[{'تجربة' if language == 'ar' else 'Test'}] {preview.mail.subject}",
            text=preview.mail.text,
            html=preview.mail.html,
            created_at=now,
        )

    def _facts(self, case: Case | None, language: str) -> dict[str, Any]:
        if case is None or case.reference is None or case.kind is None:
            return {}
        facts: dict[str, Any] = {"reference": case.reference, "kind": str(case.kind)}
        category = self.directory.categories.get(case.category or "")
        entity = self.directory.entities.get(case.entity or "")
        if category is not None:
            facts["category"] = str(getattr(category.name, language))
        if entity is not None:
            facts["entity"] = str(getattr(entity.name, language))
        return facts
