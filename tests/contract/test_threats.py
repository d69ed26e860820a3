"""The threat model of deploy/docs/security.md looks at every arrow of the architecture, by each letter of STRIDE."""

import re
from collections import defaultdict
from collections.abc import Iterator

from tawasul.stack.paths import REPOSITORY
from tawasul.stack.settings import SERVICES

from tests.support.chart import arrows
from tests.support.named import missing

DOCUMENTS = REPOSITORY / "deploy" / "docs"
SECTION = (DOCUMENTS / "security.md").read_text().partition("## Threats by data flow")[2].partition("\n## ")[0]
LETTERS = set("STRIDE")


def _rows() -> Iterator[tuple[str, list[str]]]:
    """The flow and the other cells of each row; a row without a flow belongs to the one above."""
    flow = ""
    for row in SECTION.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 5 and set(re.sub(r"[, ]", "", cells[1])) <= LETTERS and cells[1]:
            flow = cells[0] or flow
            yield flow, cells[1:]


def _ends(name: str) -> list[str]:
    return list(SERVICES) if name == "services" else [name]


def test_every_arrow_is_looked_at() -> None:
    looked_at: set[tuple[str, str]] = set()
    for flow, _ in _rows():
        start, end = re.findall(r"`([a-z-]+)`", flow)
        looked_at |= {(s, e) for s in _ends(start) for e in _ends(end)}
    assert looked_at == arrows(DOCUMENTS / "architecture.md")


def test_every_letter_is_looked_at_and_every_control_is_shown_by_a_test() -> None:
    letters: dict[str, int] = defaultdict(int)
    for flow, (which, threat, control, shown) in _rows():
        assert threat, flow
        assert control, flow
        named = re.findall(r"`(tests/[\w/]+\.py::\w+)`", shown)
        assert len(named) == shown.count("tests/") > 0, f"{flow}: {threat}"
        assert missing(named) == []
        for letter in re.findall(r"[A-Z]", which):
            letters[letter] += 1
    assert letters.keys() == LETTERS
