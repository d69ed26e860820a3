"""YAML, of which a directory needs little: no anchors, no tags of one's own, no key twice."""

from collections.abc import Sequence
from typing import Any

import yaml

from router.directory.model import MODELS, Country, Item, items_in
from router.directory_files.reading import Lines, Path, country_of, items_of_list, malformed

DEEPEST = 20
_TAG = "tag:yaml.org,2002:"
_PLAIN = {_TAG + kind for kind in ("str", "int", "float", "bool", "null", "timestamp")}


def write_country(country: Country) -> str:
    """The whole directory, its lists in their order, without what is as by default."""
    written = country.model_dump(mode="json", exclude_defaults=True)
    return _dumped({name: written[name] for name in MODELS if name in written})


def write_list(country: Country, name: str) -> str:
    return _dumped([item.model_dump(mode="json", exclude_defaults=True) for item in items_in(country, name)])


def read_country(text: str) -> tuple[Country, Lines]:
    """With the lines on which its parts stand. Raises Unreadable."""
    document, lines = read(text)
    return country_of(document, lines), lines


def read_list(text: str, name: str) -> tuple[Sequence[Item], Lines]:
    document, lines = read(text)
    return items_of_list(name, document, lines), lines


def read(text: str) -> tuple[Any, Lines]:
    """The document as plain values, and where each stands. Raises Unreadable."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = str(error.problem or error.context or "it cannot be read")[:200]
        raise malformed(
            mark.line + 1 if mark else None, f"This is not YAML: {reason}.", f"هذا ليس YAML صالحًا: {reason}."
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise malformed(
            None, "This is not YAML: it has a character that no text has.", "هذا ليس YAML صالحًا: فيه رمز غير نصي."
        ) from error
    if node is None:
        raise malformed(1, "The file is empty.", "الملف فارغ.")
    reader = _Reader()
    return reader.value(node, ()), reader.lines


class _Reader:
    """From nodes to values. Each node is met once, or it was named by an alias, which could grow without end."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._met: set[int] = set()
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if id(node) in self._met:
            raise malformed(line, "Anchors and aliases are not taken.", "لا تُقبل المراسي والأسماء المستعارة في YAML.")
        self._met.add(id(node))
        if len(path) > DEEPEST:
            raise malformed(line, "This is too deep.", "التداخل أعمق من المسموح.")
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.value(each, (*path, number)) for number, each in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag in _PLAIN:
            return self._scalar(node, line)
        raise malformed(line, "Tags are not taken.", "لا تُقبل الوسوم في YAML.")

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag == _TAG + "merge":
                raise malformed(line, "A key must be a word.", "يجب أن يكون المفتاح كلمة.")
            if key.value in found:
                raise malformed(line, "This key is there twice.", "هذا المفتاح مكرر.")
            self.lines[(*path, key.value)] = line
            found[key.value] = self.value(value, (*path, key.value))
        return found

    def _scalar(self, node: yaml.ScalarNode, line: int) -> Any:
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            raise malformed(line, "This value cannot be read.", "لا يمكن قراءة هذه القيمة.") from error


def _dumped(document: Any) -> str:
    dumped: str = yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=120)
    return dumped
