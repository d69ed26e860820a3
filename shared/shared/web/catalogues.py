"""gettext catalogues, compiled from the committed `.po` files when a process starts."""

import io
from collections.abc import Sequence
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LANGUAGES = ("ar", "en")


def N_(message: str) -> str:
    """Marks a message that is translated where it is shown, not where it stands."""
    return message


def load(folders: Sequence[Path]) -> dict[str, Translations]:
    """By language; where two folders have a message, the later one's counts."""
    loaded = {}
    for language in LANGUAGES:
        whole = Translations()
        for folder in folders:
            part = _compiled(folder / language / "LC_MESSAGES" / "messages.po", language)
            whole.merge(part)
            # Merging leaves the rule of plurals behind, and Arabic has six forms.
            whole.plural = part.plural
        loaded[language] = whole
    return loaded


def _compiled(file: Path, language: str) -> Translations:
    with file.open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
