"""Collects the messages in a package's code and templates, and those of its catalogues."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
Message = str | tuple[str, ...]


def spoken(package: Path) -> set[Message]:
    """Every message of the package, as its catalogues must have it."""
    found = extract_from_dir(package, METHODS, OPTIONS)
    return {message for _, _, message, _, _ in found}


def catalogue(package: Path, language: str) -> Catalog:
    with (package / "locale" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def translated(package: Path, language: str) -> Iterator[tuple[Message, tuple[str, ...]]]:
    """Each message of a catalogue, with all the forms of its translation."""
    for message in catalogue(package, language):
        if message.id:
            forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
            yield (message.id if isinstance(message.id, str) else tuple(message.id)), tuple(map(str, forms))
