"""The wording: the table of notifications and the templates, drafted, checked and published as a whole."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from notifier.planning.table import Row, Silence, Table

LANGUAGES = ("ar", "en")
LONGEST = 4_000
NAME = r"^[a-z][a-z0-9-]{0,59}$"


class Text(BaseModel):
    """One template in one language. `action` is what the link does; `note` stands at the end, smaller.

    `sms`, where it may go by SMS, is all that is said there: little, as phones show it to whoever looks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str = Field(min_length=1, max_length=300)
    heading: str = Field(min_length=1, max_length=300)
    body: str = Field(min_length=1, max_length=LONGEST)
    action: str = Field(min_length=1, max_length=100)
    note: str = Field(default="", max_length=LONGEST)
    sms: str | None = Field(default=None, max_length=1_000)


Texts = dict[str, Text]
"""One template, by language."""


class Wording(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    table: Table
    templates: dict[str, Texts]

    def items(self) -> dict[str, Any]:
        """The items that can differ, by name: each template in each language, and each event with all its rows."""
        found: dict[str, Any] = {
            f"template:{name}:{language}": text
            for name, texts in self.templates.items()
            for language, text in texts.items()
        }
        for event in {row.event for row in self.table.rows} | self.table.silent_events:
            found[f"event:{event}"] = (
                tuple(row for row in self.table.rows if row.event == event),
                tuple(each for each in self.table.nobody if _event_of(each) == event),
            )
        return found


def differences(before: Wording, after: Wording) -> list[str]:
    old, new = before.items(), after.items()
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def brought_over(delivered_before: Wording, published: Wording, delivered: Wording) -> Wording:
    """Merge the wording of a new software version with the changes that people made since the last one.

    Items that people left as delivered follow the software; items that they changed stay theirs.
    """
    old, theirs, new = delivered_before.items(), published.items(), delivered.items()
    kept = {name: item for name, item in theirs.items() if item != old.get(name)}
    # What people took out is not brought back, unless the software has changed it meanwhile.
    gone = {name for name in old.keys() - theirs.keys() if old[name] == new.get(name)}
    return _whole({name: item for name, item in (new | kept).items() if name not in gone}, published)


def _whole(items: Mapping[str, Any], like: Wording) -> Wording:
    rows: list[Row] = []
    nobody: list[str | Silence] = []
    templates: dict[str, Texts] = {}
    for name, item in sorted(items.items(), key=lambda each: _place(each[0], like)):
        kind, _, rest = name.partition(":")
        if kind == "event":
            rows += item[0]
            nobody += item[1]
        else:
            template, _, language = rest.partition(":")
            templates.setdefault(template, {})[language] = item
    return Wording(table=Table(rows=tuple(rows), nobody=tuple(nobody)), templates=templates)


def _place(name: str, like: Wording) -> tuple[int, str]:
    """As they stand in the published one; what is new comes after."""
    order = {f"event:{row.event}": place for place, row in reversed(list(enumerate(like.table.rows)))}
    return order.get(name, len(order)), name


def _event_of(silent: str | Silence) -> str:
    return silent if isinstance(silent, str) else silent.event


def changed_row(table: Table, place: int | None, row: Row | None) -> Table:
    """The table with this row at this place (None: a new one at the end; a row of None: taken out).

    An event that gets its first row is no longer told to nobody. Raises IndexError.
    """
    rows: list[Row] = list(table.rows)
    if place is None:
        rows += [row] if row else []
    else:
        rows[place : place + 1] = [row] if row else []
        if place >= len(table.rows):
            raise IndexError(place)
    told = {each.event for each in rows}
    nobody = tuple(each for each in table.nobody if not (isinstance(each, str) and each in told))
    return Table(rows=tuple(rows), nobody=nobody)


def silenced(table: Table, silence: Silence, is_silent: bool) -> Table:
    """An event told to nobody: always (its rows go), or with these states only; or not any more."""
    whole: str | Silence = silence
    rows = table.rows
    if silence.from_state is None and silence.to_state is None:
        whole = silence.event
        rows = tuple(row for row in rows if not (is_silent and row.event == silence.event))
    others = tuple(each for each in table.nobody if each != whole)
    return Table(rows=rows, nobody=(*others, whole) if is_silent else others)


def texts_of(wording: Wording) -> Iterator[tuple[str, str, Text]]:
    for name, texts in sorted(wording.templates.items()):
        for language, text in sorted(texts.items()):
            yield name, language, text
