"""Static files under `/assets`: named by their content, so that browsers keep them for a year.

The stylesheet and what else belongs to the look lies beside this file; fonts and libraries come from npm and are left
out where they were not installed: then the system's fonts are used, and pages have no maps and plainer plots.
"""

import hashlib
import mimetypes
import re
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

PATH = "/assets"
HERE = Path(__file__).parent / "static"
FAMILY = "Cairo"
"""58 KB for both scripts in two weights; families with more variants of each letter have twice that for Arabic."""

PACKAGE = Path("@fontsource/cairo")
FACES = [(subset, weight, file) for weight, file in ((400, 400), (600, 700)) for subset in ("arabic", "latin")]
"""Subset, the weight that the stylesheet asks for, and the weight of the file that is taken for it."""

LIBRARIES = tuple(
    Path(file)
    for file in (
        "leaflet/dist/leaflet.js",
        "leaflet/dist/leaflet.css",
        "uplot/dist/uPlot.iife.min.js",
        "uplot/dist/uPlot.min.css",
    )
)
"""Optional files: pages use them where they are installed and do without them elsewhere."""

FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=300"

mimetypes.add_type("font/woff2", ".woff2")


class Assets:
    """Serves the files beside this module, and a service's own in `folders`."""

    def __init__(self, node_modules: Path | None, folders: Sequence[Path] = ()) -> None:
        self._files: dict[str, tuple[str, bytes]] = {}
        self.preloaded: dict[str, str] = {}
        """Address of the font that a page of this language certainly needs."""
        faces = self._take_fonts(node_modules) if node_modules else ""
        for file in sorted(file for folder in (HERE, *folders) if folder.is_dir() for file in folder.iterdir()):
            content = file.read_bytes()
            self._take(file.name, content if file.suffix != ".css" else faces.encode() + content)
        self._take_libraries(node_modules)

    def has(self, name: str) -> bool:
        return name in self._files

    @property
    def urls(self) -> list[str]:
        return sorted(self.url(name) for name in self._files)

    def url(self, name: str) -> str:
        digest, _ = self._files[name]
        stem, dot, suffix = name.rpartition(".")
        return f"{PATH}/{stem}.{digest}{dot}{suffix}"

    def content(self, name: str) -> bytes:
        return self._files[name][1]

    async def serve(self, request: Request) -> Response:
        """A name with an old hash, or with none, gets what there is now, kept for a short time only."""
        asked = str(request.path_params["name"])
        stem, _, suffix = asked.rpartition(".")
        bare, _, digest = stem.rpartition(".")
        name = f"{bare}.{suffix}" if re.fullmatch(r"[0-9a-f]{12}", digest) else asked
        found = self._files.get(name)
        if found is None:
            return Response(status_code=404)
        kept = FOR_EVER if found[0] == digest else FOR_A_WHILE
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(found[1], media_type=kind, headers={"Cache-Control": kept})

    def _take(self, name: str, content: bytes) -> None:
        self._files[name] = (hashlib.sha256(content).hexdigest()[:12], content)

    def _take_libraries(self, node_modules: Path | None) -> None:
        for library in LIBRARIES:
            if node_modules is not None and (node_modules / library).is_file():
                self._take(library.name, (node_modules / library).read_bytes())

    def _take_fonts(self, node_modules: Path) -> str:
        """The `@font-face` rules of what is there, with the ranges that the package states."""
        rules = []
        for subset, weight, drawn in FACES:
            name = f"{PACKAGE.name}-{subset}-{drawn}-normal.woff2"
            file, ranges = node_modules / PACKAGE / "files" / name, _range(node_modules / PACKAGE, subset)
            if not file.is_file():
                return ""
            self._take(name, file.read_bytes())
            rules.append(
                f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};font-display:swap;'
                f'src:url("{self.url(name)}") format("woff2");{ranges}}}\n'
            )
            if weight == 400:
                self.preloaded[{"arabic": "ar", "latin": "en"}[subset]] = self.url(name)
        return "".join(rules)


def _range(package: Path, subset: str) -> str:
    file = package / "unicode.json"
    found = re.search(rf'"{subset}": *"([^"]+)"', file.read_text()) if file.is_file() else None
    return f"unicode-range:{found[1]};" if found else ""
