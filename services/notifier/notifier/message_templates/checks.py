"""Finds the faults of a wording before it is published: in the table, in a template, or between the two."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from jinja2 import TemplateSyntaxError, meta, nodes
from shared.events.model import EventData

from notifier.cases.transitions import POSSIBLE, STATES
from notifier.channels.sms_text import MOST_PARTS, SmsLength, cleaned, counted
from notifier.deferral.digests import DIGEST
from notifier.deferral.message_grouping import SEVERAL
from notifier.deferral.withholding import ASKING
from notifier.message_templates.model import LANGUAGES, Text, Wording, texts_of
from notifier.planning.table import Row, Silence
from notifier.rendering.templates import A_LONG_LINK, A_REFERENCE, OF_DIGESTS, OF_SMS, PLACEHOLDERS, Words, environment

Code = Literal[
    "syntax",
    "not-allowed",
    "unknown-placeholder",
    "missing-language",
    "no-sms",
    "sms-too-long",
    "no-row",
    "untold-transition",
    "no-such-event",
    "no-such-state",
    "not-given",
    "no-template",
    "no-sms-in-template",
]

ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.CondExpr,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
    nodes.Const,
)
"""A template names placeholders and asks whether they are there. No loop, attribute, filter, call or assignment."""

OF_SOME_EVENTS = frozenset(
    {"due_at", "expected_at", "from_entity", "endpoint", "moved", "later", "earlier", "late_now", "in_time_again"}
)
"""Placeholders that are facts of the event itself, which others have none of."""

PARSER = environment()


@dataclass(frozen=True)
class Fault:
    """`where`: a template with its language and part, or an event; `what`: the word that is wrong, if there is one."""

    code: Code
    where: str
    what: str = ""


class FaultyWording(Exception):
    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.code} {fault.where}" for fault in faults))
        self.faults = faults


EventTypes = Mapping[str, type[EventData]]


def faults_of(wording: Wording, words: Mapping[str, Words], event_types: EventTypes) -> list[Fault]:
    """Empty where it can be published. Takes some 20 ms."""
    found = faults_of_templates(wording, words)
    found += _of_table(wording, event_types)
    # What a broken template needs is not asked.
    return found if any(fault.code == "syntax" for fault in found) else [*found, *_between(wording, event_types)]


def faults_of_templates(wording: Wording, words: Mapping[str, Words]) -> list[Fault]:
    """The faults that would appear when a message is written, whatever the table says."""
    return list(_of_templates(wording, words))


def faults_of_words(words: Mapping[str, Words]) -> list[Fault]:
    """In the texts that nobody edits: those that tell several things together."""
    return [
        fault
        for language, each in words.items()
        for name, text, known in ((SEVERAL, each.several, PLACEHOLDERS), (DIGEST, each.digest, OF_DIGESTS))
        for fault in _of_text(name, language, text, known, each)
    ]


def sms_lengths(text: Text, words: Words, link: str = A_LONG_LINK) -> SmsLength | None:
    """How long the SMS of a template is at most, in GSM 7-bit or UCS-2; None where it says nothing that can be read.
    `link` is the longest that may stand in it."""
    return _sms_length(text.sms, max(words.kinds.values(), key=len), link) if text.sms else None


@lru_cache(maxsize=1_000)
def _sms_length(source: str, kind: str, link: str) -> SmsLength | None:
    """The page of all templates asks for all of them at each look."""
    if list(_of_part("", source, OF_SMS)):
        return None
    return counted(cleaned(PARSER.from_string(source.strip()).render(reference=A_REFERENCE, kind=kind, link=link)))


def _of_templates(wording: Wording, words: Mapping[str, Words]) -> Iterator[Fault]:
    for name, texts in sorted(wording.templates.items()):
        yield from (Fault("missing-language", name, language) for language in LANGUAGES if language not in texts)
        if any(text.sms for text in texts.values()):
            yield from (Fault("no-sms", f"{name} ({language})") for language, text in texts.items() if not text.sms)
    for name, language, text in texts_of(wording):
        yield from _of_text(name, language, text, PLACEHOLDERS, words[language])


def _of_text(name: str, language: str, text: Text, known: frozenset[str], words: Words) -> Iterator[Fault]:
    where = f"{name} ({language})"
    for part, source in _parts(text):
        yield from _of_part(f"{where}, {part}", source, known)
    if text.sms:
        yield from _of_part(f"{where}, sms", text.sms, OF_SMS)
        length = sms_lengths(text, words)
        if length is not None and length.parts > MOST_PARTS:
            yield Fault("sms-too-long", where, f"{length.alphabet}: {length.units}, {length.parts} > {MOST_PARTS}")


def _of_part(where: str, source: str, known: frozenset[str]) -> Iterator[Fault]:
    try:
        parsed = PARSER.parse(source)
    except TemplateSyntaxError as error:
        yield Fault("syntax", where, (error.message or "")[:100])
        return
    kinds = {type(node).__name__ for node in _all(parsed) if not isinstance(node, ALLOWED)}
    yield from (Fault("not-allowed", where, kind) for kind in sorted(kinds))
    yield from (
        Fault("unknown-placeholder", where, name[:60])
        for name in sorted(meta.find_undeclared_variables(parsed) - known)
    )


def _of_table(wording: Wording, event_types: EventTypes) -> Iterator[Fault]:
    table = wording.table
    yield from (Fault("no-row", event) for event in table.forgotten(list(event_types)))
    yield from (Fault("untold-transition", each) for each in table.untold(POSSIBLE))
    yield from (Fault("no-such-event", event) for event in table.unknown(list(event_types)))
    with_states: list[Row | Silence] = [*table.rows, *(each for each in table.nobody if isinstance(each, Silence))]
    yield from (
        Fault("no-such-state", each.event, state)
        for each in with_states
        for state in (each.from_state, each.to_state, *(each.over_in if isinstance(each, Row) else ()))
        if state is not None and state not in STATES
    )
    asked = table.templates | set(ASKING.values())
    yield from (Fault("no-template", name) for name in sorted(asked - set(wording.templates)))
    by_sms = table.told_by_sms | {ASKING[name] for name in table.told_by_sms if name in ASKING}
    yield from (
        Fault("no-sms-in-template", name)
        for name in sorted(by_sms)
        if name in wording.templates and not all(text.sms for text in wording.templates[name].values())
    )


def _between(wording: Wording, event_types: EventTypes) -> Iterator[Fault]:
    """A template that says what the event of its row does not know would fail with each of its messages."""
    needed = {
        (name, language): {word for _, source in _parts(text) for word in _needed(PARSER.parse(source))}
        for name, language, text in texts_of(wording)
    }
    for row in dict.fromkeys((row.event, row.template) for row in wording.table.rows):
        event, template = row
        if event not in event_types:
            continue
        fields = event_types[event].model_fields.items()
        unknown = OF_SOME_EVENTS - {name for name, field in fields if field.is_required()}
        for language in wording.templates.get(template, {}):
            missing = sorted(needed[template, language] & unknown)
            yield from (Fault("not-given", f"{template} ({language}), {event}", word) for word in missing)


def _needed(node: nodes.Node, asked: frozenset[str] = frozenset()) -> Iterator[str]:
    """The placeholders that are said without asking first whether they are there."""
    if isinstance(node, nodes.If | nodes.CondExpr):
        yes = asked | {each.name for each in _all(node.test) if isinstance(each, nodes.Name)}
        then, otherwise = _ways(node)
        yield from (word for each in then for word in _needed(each, yes))
        yield from (word for each in otherwise for word in _needed(each, asked))
    elif isinstance(node, nodes.Name):
        yield from () if node.name in asked else (node.name,)
    else:
        yield from (word for child in node.iter_child_nodes() for word in _needed(child, asked))


def _ways(node: nodes.If | nodes.CondExpr) -> tuple[Sequence[nodes.Node], Sequence[nodes.Node]]:
    if isinstance(node, nodes.If):
        return node.body, [*node.elif_, *node.else_]
    return [node.expr1], [node.expr2] if node.expr2 is not None else []


def _parts(text: Text) -> Iterator[tuple[str, str]]:
    """The fields of a mail that are templates."""
    return ((part, getattr(text, part)) for part in ("subject", "heading", "body"))


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _all(child)
