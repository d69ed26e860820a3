"""The mapping: which columns of a CSV make a submission. Written in YAML, checked whole before the first row is read.

A value of the submission is written as a template, where `{column}` stands for what the row has there; a template
without braces is a constant. In place of one template:

    [template, …]                       those that have no value in a row are left out, the others joined
    {value: …, map: {…}, otherwise: …}  the value looked up in `map`; what is not there becomes `otherwise`, a template
                                        ("" leaves it empty), and without `otherwise` the row is rejected
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from shared.events.model import Kind

from tawasul.importing.refusal import CannotImport

LANGUAGES = ("ar", "en")


@dataclass(frozen=True)
class Template:
    """Text and column names in turn, text first."""

    pieces: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(tuple(re.split(r"\{([^{}]+)\}", text)))

    @property
    def columns(self) -> tuple[str, ...]:
        return self.pieces[1::2]

    def fill(self, row: Mapping[str, str]) -> str:
        """Empty where it names columns and the row has nothing in any of them."""
        values = [row[column].strip() for column in self.columns]
        if values and not any(values):
            return ""
        text = [self.pieces[0]]
        for value, following in zip(values, self.pieces[2::2], strict=True):
            text += value, following
        return "".join(text)


def _template(given: Any) -> Any:
    return Template.parse(given) if isinstance(given, str) else given


def _templates(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


def _source(given: Any) -> Any:
    return {"value": given} if isinstance(given, str | list) else given


OneTemplate = Annotated[Template, BeforeValidator(_template)]


class Unmapped(Exception):
    """A value that the map does not have, with nothing said to do otherwise."""


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, frozen=True)


class Source(Given):
    """Where one value of the submission comes from."""

    value: Annotated[list[OneTemplate], BeforeValidator(_templates)] = Field(min_length=1)
    map: dict[str, str] | None = None
    otherwise: OneTemplate | None = None

    def columns(self) -> Iterator[str]:
        for template in (*self.value, *([self.otherwise] if self.otherwise else [])):
            yield from template.columns

    def constants(self) -> Iterator[str]:
        """Values that it can give whatever the row says."""
        yield from (self.map or {}).values()
        templates = [self.otherwise] if self.otherwise else []
        yield from (each.pieces[0] for each in [*templates, *([] if self.map else self.value)] if not each.columns)

    def of(self, row: Mapping[str, str], joined_by: str = ", ") -> str:
        """Raises Unmapped."""
        text = joined_by.join(filled for template in self.value if (filled := template.fill(row)))
        if self.map is None:
            return text
        if text in self.map:
            return self.map[text]
        if self.otherwise is None:
            raise Unmapped(text)
        return self.otherwise.fill(row)


class TextSource(Source):
    too_long: Literal["cut", "reject"] = "reject"
    """A text beyond the limit is cut, and says so at its end, or its row is rejected."""


OneSource = Annotated[Source, BeforeValidator(_source)]


class LocationSources(Given):
    lat: OneSource | None = None
    lon: OneSource | None = None
    block: OneSource | None = None
    address: OneSource | None = None


class ContactSources(Given):
    name: OneSource | None = None
    email: OneSource | None = None
    phone: OneSource | None = None


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no such time zone: {name}") from error
    return name


class TimeColumn(Given):
    """When a request was made; `--times` replays by it. `format` as strptime's; without, ISO 8601."""

    column: str
    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Bahrain"
    format: str | None = None


class FileFormat(Given):
    encoding: str = "utf-8-sig"
    delimiter: str = Field(default=",", min_length=1, max_length=1)


class ImportMapping(Given):
    """`id` and the row's `key` columns decide the Idempotency-Key: to change either is to file everything anew."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")
    key: list[str] = Field(min_length=1)
    file: FileFormat = FileFormat()
    time: TimeColumn | None = None
    kind: OneSource
    text: Annotated[TextSource, BeforeValidator(_source)]
    language: OneSource
    category: OneSource | None = None
    location: LocationSources | None = None
    contact: ContactSources | None = None

    def columns(self) -> set[str]:
        """Every column that the file must have."""
        groups = (self, self.location, self.contact)
        values = [getattr(group, name) for group in groups if group for name in type(group).model_fields]
        named = {column for value in values if isinstance(value, Source) for column in value.columns()}
        return named | set(self.key) | ({self.time.column} if self.time else set())


def load_mapping(path: Path) -> ImportMapping:
    """Raises CannotImport, which names what is wrong."""
    try:
        mapping = ImportMapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise CannotImport(f"the mapping {path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotImport(f"the mapping {path} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in error.errors())
        raise CannotImport(f"the mapping {path} is not right: {faults}") from error
    _check_words(path, "kind", mapping.kind, tuple(Kind))
    _check_words(path, "language", mapping.language, LANGUAGES)
    return mapping


def _check_words(path: Path, name: str, source: Source, known: tuple[str, ...]) -> None:
    unknown = sorted(set(source.constants()) - set(known))
    if unknown:
        raise CannotImport(
            f"the mapping {path} is not right: {name}: {', '.join(unknown)} is none of {', '.join(known)}"
        )
