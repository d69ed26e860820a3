"""Renders messages: templates by language, compiled once, into subject, text and HTML.

A template is plain text in a YAML file per language (`templates/messages.<language>.yaml`); two layouts put it into a
mail. The HTML layout escapes everything, so no template and no citizen's word becomes markup.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from jinja2 import Template, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict
from shared.yaml_files import read_yaml

from notifier.channels.sms_text import cleaned
from notifier.deferral.digests import DIGEST
from notifier.deferral.message_grouping import SEVERAL
from notifier.message_templates.model import LANGUAGES, Text

FOLDER = Path(__file__).parent.parent / "templates"
LOCALES = {"ar": Locale.parse("ar_BH"), "en": Locale.parse("en_GB")}
WHEN = {"ar": "EEEE d MMMM y، HH:mm", "en": "EEEE d MMMM y, HH:mm"}
PLACEHOLDERS = frozenset(
    {"reference", "kind", "category", "entity", "from_entity", "due_at", "expected_at", "endpoint"}
    | {"moved", "later", "earlier", "late_now", "in_time_again"}
)
OF_SMS = frozenset({"reference", "kind", "link"})
A_REFERENCE = "7K3MX-QPA42"
A_LONG_CODE = 40 * "x"
A_LONG_LINK = f"https://tawasul.example/track/{A_REFERENCE}/confirm/{A_LONG_CODE}"
OF_DIGESTS = frozenset({"cases", "more"})
OF_A_CASE = frozenset({"kind", "category", "due_at"})
MOST_LISTED = 100
"""Cases of a digest: the rest stands at the desk."""
FACTS = ("reference", "kind", "category", "entity", "due_at", "expected_at")


class Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str
    greeting: str
    greeting_unnamed: str
    footer: str
    link_too: str
    unsubscribe: str
    kinds: dict[str, str]
    facts: dict[str, str]
    several: Text
    digest: Text
    more_cases: str
    kept: str
    unsaid: dict[str, str]
    """Neutral words for facts, used where strangers may look."""


class Catalogue(BaseModel):
    """A whole language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: Words
    templates: dict[str, Text]


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class CaseNews:
    """One case in a digest: its templates with their params, in order, and its link."""

    params: Mapping[str, Any]
    told: Sequence[tuple[str, Mapping[str, Any]]]
    link: str


@dataclass(frozen=True, slots=True)
class _DigestSection:
    """A section of a combined message."""

    heading: str
    link: str | None = None
    lines: Sequence[str] = ()
    facts: Sequence[tuple[str, str, str]] = ()
    paragraphs: Sequence[str] = ()
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """As it stands in an inbox."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Compiled:
    subject: Template
    heading: Template
    body: Template
    action: str
    note: str
    sms: Template | None


class Messages:
    """Expects only templates that passed the check of the wording."""

    def __init__(self, catalogues: Mapping[str, Catalogue], zone: str) -> None:
        self._zone = ZoneInfo(zone)
        plain, html = environment(), environment(autoescape=True)
        self._layout_text = plain.from_string((FOLDER / "layout.txt.jinja").read_text("utf-8"))
        self._layout_html = html.from_string((FOLDER / "layout.html.jinja").read_text("utf-8"))
        self._words: dict[str, Words] = {}
        self._more: dict[str, Template] = {}
        self._compiled: dict[tuple[str, str], _Compiled] = {}
        self.take_over(catalogues)

    def take_over(self, catalogues: Mapping[str, Catalogue]) -> None:
        """From now on these are used. A template that is gone stays for what was planned with it."""
        plain = environment()
        self._words = {language: catalogue.words for language, catalogue in catalogues.items()}
        self._more = {language: plain.from_string(words.more_cases) for language, words in self._words.items()}
        compiled = {
            (language, name): _compiled(plain, text)
            for language, catalogue in catalogues.items()
            for name, text in _all(catalogue).items()
        }
        self._compiled = {**self._compiled, **compiled}

    @property
    def names(self) -> set[str]:
        return {name for _, name in self._compiled} - {SEVERAL, DIGEST}

    def render(
        self,
        template: str,
        language: str,
        params: Mapping[str, Any],
        name: str | None,
        link: str,
        unsubscribe: str | None = None,
        told: Sequence[tuple[str, Mapping[str, Any]]] = (),
        was_kept: bool = False,
    ) -> Rendered:
        """`told`: templates and params of all that is told together in one that tells several. `was_kept`: because of
        the daily limit.

        Raises KeyError for an unknown template or language, jinja2's errors for what a template does wrong.
        """
        said = self._said(params, language)
        more = {
            "quote": params.get("text"),
            "parts": [self._part(each, language, about) for each, about in told],
            "facts": self._facts(said, language),
            "endings": [self._words[language].kept] if was_kept else [],
            "unsubscribe": unsubscribe,
        }
        return self._laid_out(template, language, said, name, link, more)

    def digest(
        self, language: str, news: Sequence[CaseNews], name: str | None, link: str, was_kept: bool = False
    ) -> Rendered:
        """The first hundred of the cases, each with what has happened to it and when it is due.

        `was_kept`: because of the daily limit.
        """
        listed, words = news[:MOST_LISTED], self._words[language]
        said = {"cases": len(news), "more": len(news) - len(listed)}
        parts = [
            _DigestSection(
                each.params["reference"],
                link=each.link,
                lines=[self.brief(template, language, params).title for template, params in each.told],
                facts=[
                    fact for fact in self._facts(self._said(each.params, language), language) if fact[2] in OF_A_CASE
                ],
            )
            for each in listed
        ]
        endings = [self._more[language].render(said)] if said["more"] else []
        endings += [words.kept] if was_kept else []
        return self._laid_out(DIGEST, language, said, name, link, {"parts": parts, "endings": endings})

    def _laid_out(
        self,
        template: str,
        language: str,
        said: Mapping[str, Any],
        name: str | None,
        link: str,
        more: Mapping[str, Any],
    ) -> Rendered:
        compiled = self._compiled[language, template]
        whole: dict[str, Any] = {
            "language": language,
            "direction": "rtl" if language == "ar" else "ltr",
            "start": "right" if language == "ar" else "left",
            "words": self._words[language],
            "name": name,
            "heading": compiled.heading.render(said),
            "paragraphs": compiled.body.render(said).split("\n\n"),
            "quote": None,
            "facts": (),
            "endings": (),
            "action": compiled.action,
            "link": link,
            "note": compiled.note,
            "unsubscribe": None,
            **more,
        }
        subject = compiled.subject.render(said)
        return Rendered(subject, self._layout_text.render(whole), self._layout_html.render(whole, subject=subject))

    def _facts(self, said: Mapping[str, Any], language: str) -> list[tuple[str, str, str]]:
        return [(self._words[language].facts[fact], said[fact], fact) for fact in FACTS if said.get(fact)]

    def _part(self, template: str, language: str, params: Mapping[str, Any]) -> _DigestSection:
        compiled, said = self._compiled[language, template], self._said(params, language)
        paragraphs = compiled.body.render(said).split("\n\n")
        return _DigestSection(compiled.heading.render(said), paragraphs=paragraphs, quote=params.get("text"))

    def short(self, template: str, language: str, params: Mapping[str, Any], link: str) -> str:
        """As an SMS says it. Raises KeyError where it says nothing."""
        compiled = self._compiled[language, template].sms
        if compiled is None:
            raise KeyError(template)
        kind = self._words[language].kinds[params["kind"]]
        return cleaned(compiled.render(reference=params["reference"], kind=kind, link=link))

    def brief(self, template: str, language: str, params: Mapping[str, Any]) -> Brief:
        compiled = self._compiled[language, template]
        said = self._said(params, language)
        body = compiled.body.render(said)
        quote = params.get("text")
        return Brief(compiled.heading.render(said), f"{body}\n\n{quote}" if quote else body)

    def pushed(self, template: str, language: str, params: Mapping[str, Any]) -> str:
        """In one line, as a locked screen may show it: not which entity it is with, nor in what category."""
        words = self._words[language]
        unsaid = {name: said for name, said in words.unsaid.items() if name in params}
        return self._compiled[language, template].heading.render({**self._said(params, language), **unsaid})

    def _said(self, params: Mapping[str, Any], language: str) -> dict[str, Any]:
        said = {key: value for key, value in params.items() if key in PLACEHOLDERS}
        if kind := params.get("kind"):
            said["kind"] = self._words[language].kinds[kind]
        if due_at := params.get("due_at"):
            said["due_at"] = self._when(due_at, language)
        if expected_at := params.get("expected_at"):
            said["expected_at"] = self._when(expected_at, language)
        return said

    def _when(self, at: datetime, language: str) -> str:
        return when(at.replace(second=0, microsecond=0), language, self._zone)


@lru_cache(maxsize=4_096)
def when(at: datetime, language: str, zone: ZoneInfo) -> str:
    """Day and minute as people of this language write them; many cases share a due time."""
    return format_datetime(at, WHEN[language], tzinfo=zone, locale=LOCALES[language])


def read_catalogues(folder: Path = FOLDER) -> dict[str, Catalogue]:
    return {
        language: Catalogue.model_validate(read_yaml(folder / f"messages.{language}.yaml")) for language in LANGUAGES
    }


def _all(catalogue: Catalogue) -> Mapping[str, Text]:
    """With those that no row of the table asks for."""
    return {**catalogue.templates, SEVERAL: catalogue.words.several, DIGEST: catalogue.words.digest}


def _compiled(plain: ImmutableSandboxedEnvironment, text: Text) -> _Compiled:
    return _Compiled(
        plain.from_string(text.subject),
        plain.from_string(text.heading),
        plain.from_string(text.body.strip()),
        text.action,
        text.note,
        plain.from_string(text.sms.strip()) if text.sms else None,
    )


class NotGiven(Undefined):
    """A placeholder that this message has no fact for: a condition may ask for it, and nothing else is done with it."""

    __slots__ = ()

    def __str__(self) -> str:
        self._fail_with_undefined_error()


def environment(autoescape: bool = False) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        autoescape=autoescape, undefined=NotGiven, trim_blocks=True, lstrip_blocks=True
    )
    made.globals.clear()  # no template asks for any, and every rendering would copy them
    return made
