"""The classifier as every process uses it: the model in use, noticed within seconds, asked for a whole batch at once.

Nothing here can stop the router: a model that is missing, broken or of another format is told and counted, and rules
and triage go on as if there were none.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from router.assigning.rule_evidence import RuleEvidence, unproven
from router.cases.model import Suggested, Suggestion
from router.classifier.store import ModelRecord, Models
from router.classifier.suggestions import Thresholds, Verdict, verdict
from router.directory.model import Rule
from router.directory.snapshot import Directory
from router.metrics import MODEL_UNUSABLE, MODEL_VERSION, MODEL_WANTED, SCORED, SCORING
from router.text_model.file import Unusable, digest, read
from router.text_model.trained_model import Model, Reading

logger = logging.getLogger(__name__)

LOOKED_UP_EVERY_SECONDS = 2.0
TRIED_AGAIN_AFTER_SECONDS = 60.0
WORDS_TOLD = 4
MOST_WAITING = 50
"""For suggestions, in this process: less than half a second."""


class TooManyWaiting(Exception):
    """More ask for suggestions than can be answered soon."""


@dataclass(frozen=True)
class Unplaced:
    """A text, and the area that it is about where that is known."""

    text: str
    area: str | None = None


@dataclass(frozen=True)
class Classification:
    """`words` spoke for the entity of the verdict; `alarms` are the names of those that the text raises."""

    verdict: Verdict
    suggested: Suggested
    words: tuple[str, ...] = ()
    alarms: frozenset[str] = frozenset()


class Classifier:
    """One version of the model, with its thresholds."""

    def __init__(
        self,
        version: int,
        model: Model,
        thresholds: Thresholds,
        rules: Mapping[str, RuleEvidence] | None = None,
    ) -> None:
        self.version = version
        self._model = model
        self.thresholds = thresholds
        self._rules = rules
        self._clues: tuple[Sequence[Rule], frozenset[str]] = ((), frozenset())
        """Of the newest rules asked about: each rule is digested once per publication, not once per batch."""

    def deciding_from(self, thresholds: Thresholds) -> "Classifier":
        return self if thresholds == self.thresholds else Classifier(self.version, self._model, thresholds, self._rules)

    def clues_among(self, rules: Sequence[Rule]) -> frozenset[str]:
        """The rules that decide by words and are not shown to be right. None where no rule was ever judged."""
        if self._rules is None:
            return frozenset()
        if self._clues[0] is not rules:
            self._clues = (rules, unproven(rules, self._rules, self.thresholds.precision))
        return self._clues[1]

    def read(self, texts: Sequence[Unplaced], directory: Directory) -> list[Classification]:
        """Takes most of a millisecond a text: never on the event loop. Categories that the directory lacks are left
        out."""
        known = [(label, number) for label, number in self._model.numbers.items() if label in directory.categories]
        found, waiting = list[Classification](), iter(texts)
        for reading in self._model.readings([each.text for each in texts]):
            verdicts = []
            for row, each in zip(reading.probabilities.tolist(), waiting, strict=False):
                likely = [(label, row[number]) for label, number in known]
                verdicts.append(verdict(likely, directory.answering_in(each.area).get, self.thresholds))
            told = [_labels_told(said) for said in verdicts]
            alarms = _raised(reading)
            for place, (said, labels, words) in enumerate(
                zip(verdicts, told, reading.words_for(told, WORDS_TOLD), strict=True)
            ):
                found.append(self._said(said, dict(zip(labels, words, strict=True)), alarms[place]))
        return found

    def _said(self, said: Verdict, words: Mapping[str, tuple[str, ...]], alarms: frozenset[str]) -> Classification:
        items = tuple(
            Suggestion(
                category=likely.category,
                entity=likely.entity,
                probability=round(likely.probability, 4),
                words=words[likely.category],
            )
            for likely in said.best
        )
        return Classification(
            said, Suggested(model_version=self.version, items=items), words.get(said.likeliest or "", ()), alarms
        )


def _raised(reading: Reading) -> list[frozenset[str]]:
    """The names of the alarms that each text raises."""
    return [
        frozenset(name for name, raised in reading.alarms.items() if raised[place])
        for place in range(len(reading.texts))
    ]


def _labels_told(said: Verdict) -> list[str]:
    """For which it is told which words spoke: what is suggested, and the likeliest of the entity."""
    suggested = [likely.category for likely in said.best]
    if said.likeliest is None or said.likeliest in suggested:
        return suggested
    return [*suggested, said.likeliest]


class ClassifierInUse:
    """Follows what is taken into use. A model that cannot be used leaves the one before it in use, if there is one."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self.current: Classifier | None = None
        self._refused: ModelRecord | None = None
        self._try_again_at = 0.0
        self._one_at_a_time = asyncio.Lock()
        self._suggesting = ThreadPoolExecutor(1, "suggesting")
        self._waiting = 0

    async def refresh(self) -> None:
        """Take the model over that is in use. At the start of a process two ask for that at once: it is read once."""
        async with self._one_at_a_time:
            await self._refresh()

    async def _refresh(self) -> None:
        record = await self._models.in_use()
        MODEL_WANTED.set(record.version if record else 0)
        if record is not None and self.current is not None and self.current.version == record.version:
            self.current = self.current.deciding_from(record.thresholds)
        if record is None or (self.current is not None and self.current.version == record.version):
            self._refused = None
            return
        if record == self._refused and time.monotonic() < self._try_again_at:
            return
        try:
            self.current = Classifier(record.version, await self._model(record), record.thresholds, record.rules)
        except Unusable as error:
            MODEL_UNUSABLE.labels(error.reason).inc()
            logger.error("model cannot be used", extra={"model_version": record.version, "reason": error.reason})
            self._refused, self._try_again_at = record, time.monotonic() + TRIED_AGAIN_AFTER_SECONDS
            return
        self._refused = None
        MODEL_VERSION.set(record.version)
        logger.info("model in use", extra={"model_version": record.version})

    async def _model(self, record: ModelRecord) -> Model:
        """Raises Unusable."""
        try:
            content = await self._models.content(record.version)
        except LookupError as error:
            raise Unusable("missing") from error
        return await asyncio.to_thread(_checked, content, record.digest)

    def clues_among(self, rules: Sequence[Rule]) -> frozenset[str]:
        """None without a model: then nobody has judged the rules, and they decide as they are written."""
        return self.current.clues_among(rules) if self.current is not None else frozenset()

    async def run(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(LOOKED_UP_EVERY_SECONDS)

    async def suggest(self, text: Unplaced, directory: Directory) -> Classification | None:
        """For somebody who is writing, in a thread of its own: no submission waits for it. None without a model,
        or where it failed. Raises TooManyWaiting."""
        classifier = self.current
        if classifier is None:
            return None
        if self._waiting >= MOST_WAITING:
            raise TooManyWaiting
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            (said,) = await loop.run_in_executor(self._suggesting, classifier.read, [text], directory)
        except Exception:
            logger.exception("a text could not be scored", extra={"model_version": classifier.version})
            return None
        finally:
            self._waiting -= 1
        return said

    async def read(self, texts: Mapping[str, Unplaced], directory: Directory) -> dict[str, Classification]:
        """By the same keys; nothing without a model, or where it failed."""
        classifier = self.current
        if classifier is None or not texts:
            return {}
        began = time.perf_counter()
        try:
            said = await asyncio.to_thread(classifier.read, list(texts.values()), directory)
        except Exception:
            SCORED.labels("failed").inc(len(texts))
            logger.exception("texts could not be scored", extra={"model_version": classifier.version})
            return {}
        SCORING.observe(time.perf_counter() - began)
        return dict(zip(texts, said, strict=True))


def _checked(content: bytes, expected: str) -> Model:
    if digest(content) != expected:
        raise Unusable("broken")
    return read(content)
