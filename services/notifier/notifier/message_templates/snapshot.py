"""The wording that this process uses: looked for once a second, taken over whole, or not at all."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from shared.events.model import EventData
from shared.yaml_files import read_yaml

from notifier.message_templates.checks import EventTypes, faults_of, faults_of_templates, faults_of_words
from notifier.message_templates.model import Wording
from notifier.message_templates.store import Publications
from notifier.metrics import WORDING_VERSION
from notifier.planning.table import Row, Table
from notifier.rendering.templates import Catalogue, Messages, Words

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0


class PublishedWording:
    """Until the first look it is what the software brings."""

    def __init__(
        self, publications: Publications, delivered: Wording, messages: Messages, words: Mapping[str, Words]
    ) -> None:
        self.publications = publications
        self.messages = messages
        self.words = words
        self.table: Table = delivered.table
        self.version = 0
        self.refused = 0
        """The newest that was not taken; said once, not at every look."""

    def rows_for(self, data: EventData) -> list[Row]:
        return self.table.rows_for(data)

    async def refresh(self) -> None:
        """Take over the newest publication. One that a newer software version wrote and this one cannot read is
        ignored.
        """
        version = await self.publications.newest_version()
        if version in (self.version, self.refused):
            return
        try:
            wording = (await self.publications.read(version)).wording
        except ValidationError:
            self.refused = version
            logger.exception("published wording rejected", extra={"version": version})
            return
        if found := faults_of_templates(wording, self.words):
            self.refused = version
            faults = [f"{fault.code} {fault.where}" for fault in found]
            logger.error("published wording rejected", extra={"version": version, "faults": faults})
            return
        self.messages.take_over(catalogues(wording, self.words))
        self.table, self.version = wording.table, version
        WORDING_VERSION.set(version)
        logger.info("published wording loaded", extra={"version": version})

    async def run(self) -> None:
        """Worker."""
        while True:
            await self.refresh()
            await asyncio.sleep(LOOK_EVERY_SECONDS)


def catalogues(wording: Wording, words: Mapping[str, Words]) -> dict[str, Catalogue]:
    return {
        language: Catalogue(
            words=words[language],
            templates={name: texts[language] for name, texts in wording.templates.items() if language in texts},
        )
        for language in words
    }


def read_delivered(table_file: Path, catalogues: Mapping[str, Catalogue], event_types: EventTypes) -> Wording:
    """The wording that the software delivers. Raises ValueError at start if the check finds a fault."""
    names = sorted({name for catalogue in catalogues.values() for name in catalogue.templates})
    templates = {
        name: {language: each.templates[name] for language, each in catalogues.items() if name in each.templates}
        for name in names
    }
    wording = Wording(table=Table.model_validate(read_yaml(table_file)), templates=templates)
    words = {language: catalogue.words for language, catalogue in catalogues.items()}
    if faults := [*faults_of_words(words), *faults_of(wording, words, event_types)]:
        raise ValueError("; ".join(f"{fault.code} {fault.where} {fault.what}" for fault in faults))
    return wording
