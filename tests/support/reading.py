"""A page as a browser takes it, looked through for what somebody who wrote a text must not reach."""

from html.parser import HTMLParser

OVERRIDE = "\u202e"
"""Turns the direction of all that follows, up to the end of what it is isolated in."""

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
READ_AS_ADDRESS = frozenset({"href", "src", "action", "formaction", "data", "xlink:href"})
NOT_SHOWN = frozenset({"hidden"})


class Page(HTMLParser):
    """`harm` names every script, handler and address that runs, and every turned direction that reaches further."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.harm: list[str] = []
        self.text = ""
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.harm.append("a script in the page")
        for name, value in given.items():
            if name.startswith("on") or name == "srcdoc":
                self.harm.append(f"{name} of {tag}")
            if name in READ_AS_ADDRESS and value.strip().lower().startswith(("javascript:", "data:text")):
                self.harm.append(f"{name} of {tag} is {value}")
            if OVERRIDE in value and not self._is_isolated(tag, given) and given.get("type") not in NOT_SHOWN:
                self.harm.append(f"{name} of {tag} turns what follows")
        if tag not in VOID:
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text += data
        if OVERRIDE in data and not any(self._is_isolated(tag, given) for tag, given in self._open):
            self.harm.append(f"{self._open[-1][0] if self._open else 'the page'} turns what follows it: {data[:80]!r}")

    @staticmethod
    def _is_isolated(tag: str, given: dict[str, str]) -> bool:
        return tag == "bdi" or given.get("dir") == "auto"
