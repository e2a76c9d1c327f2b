"""Style sheets and pictures: named after their content, so that browsers may keep them for ever."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from aiohttp import web

TYPES: Final[Mapping[str, str]] = {".css": "text/css", ".svg": "image/svg+xml"}
FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served."""

    path: str
    body: bytes
    content_type: str


class StaticFiles:
    """What the pages load, under `/static/`."""

    def __init__(self, made: Mapping[str, str]) -> None:
        """`made` are style sheets that are no files: by name, their text."""
        packaged = {
            file.name: file.read_bytes()
            for file in files(__package__).joinpath("static").iterdir()
            if _suffix(file.name) in TYPES
        }
        contents = packaged | {name: text.encode() for name, text in made.items()}
        self._by_name = {name: _named(name, body) for name, body in contents.items()}
        self._by_path = {file.path: file for file in self._by_name.values()}

    def url(self, name: str) -> str:
        """Return the path of a file; `KeyError` if there is none of that name."""
        return self._by_name[name].path

    async def serve(self, request: web.Request) -> web.Response:
        """Answer with the file."""
        file = self._by_path.get(request.path)
        if file is None:
            raise web.HTTPNotFound
        return web.Response(
            body=file.body,
            headers={"Cache-Control": FOREVER, "Content-Type": f"{file.content_type}; charset=utf-8"},
        )

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the route that serves them."""
        return (web.get("/static/{file}", self.serve, allow_head=False),)


def _named(name: str, body: bytes) -> StaticFile:
    stem, suffix = name.removesuffix(_suffix(name)), _suffix(name)
    digest = hashlib.sha256(body).hexdigest()[:16]
    return StaticFile(f"/static/{stem}.{digest}{suffix}", body, TYPES[suffix])


def _suffix(name: str) -> str:
    return "." + name.rpartition(".")[2]
