"""The widget's files, from memory. A fixed table: a path that is not in it is not found, whatever it spells.

`/postil.js` is the loader and revalidates. It imports the rest from `/w/<version>/`, where the version is the hash of
all files, so that those never change. A page that was loaded before an upgrade still asks for the old version: it gets
the present files, to be revalidated. Modules import each other relatively, so all come from one version even then.

In a wheel the version is written in the loader, and beside each file lies what is sent of it.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import postil
from postil.errors import NotFound
from postil.web.codings import choose

LOADER = "postil.js"
VERSION_MARK = b"__POSTIL_VERSION__"

_MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".json": "application/json"}
_WRITTEN = re.compile(rb"\bw/([0-9a-f]{12})/")
_REVALIDATE = "no-cache"
_FOR_EVER = "public, max-age=31536000, immutable"


class File:
    """A file as it is sent."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path, self.content = path, content
        self.media_type = _MEDIA_TYPES[path.suffix]

    @cached_property
    def etag(self) -> str:
        """Without quotes."""
        return hashlib.sha256(self.content).hexdigest()[:20]

    @cached_property
    def packed(self) -> Mapping[str, bytes]:
        """By coding, the one that is to be taken first."""
        ready = {
            coding: self.path.with_name(f"{self.path.name}.{end}") for coding, end in (("br", "br"), ("gzip", "gz"))
        }
        packed = {coding: path.read_bytes() for coding, path in ready.items() if path.exists()}
        if "gzip" not in packed:
            packed["gzip"] = gzip.compress(self.content, 9, mtime=0)
        return packed


class Widget:
    """All files of a folder as they lie, read once; the loader knows the version."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or widget_folder()
        contents = _contents(folder)
        written = _WRITTEN.search(contents[LOADER])
        self.version = written[1].decode() if written else _version(contents)
        contents[LOADER] = contents[LOADER].replace(VERSION_MARK, self.version.encode())
        self.files: Mapping[str, File] = {name: File(folder / name, content) for name, content in contents.items()}

    def routes(self) -> list[Route]:
        return [
            Route("/postil.js", self.loader, name="widget.loader"),
            Route("/w/{version}/{name:path}", self.module, name="widget.module"),
        ]

    async def loader(self, request: Request) -> Response:
        return _answer(request, self.files[LOADER], _REVALIDATE)

    async def module(self, request: Request) -> Response:
        file = self.files.get(request.path_params["name"])
        if file is None:
            raise NotFound()
        is_current = request.path_params["version"] == self.version
        return _answer(request, file, _FOR_EVER if is_current else _REVALIDATE)


def widget_folder() -> Path:
    """Where the widget lies: inside an installed package, else in the checkout."""
    package = Path(postil.__file__).parent
    installed = package / "widget"
    return installed if installed.is_dir() else package.parents[1] / "client_widget" / "src"


def _contents(folder: Path) -> dict[str, bytes]:
    """By their paths below the folder: the modules, and the catalogs in lang/."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in _MEDIA_TYPES]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _version(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


def _answer(request: Request, file: File, cache_control: str) -> Response:
    coding = choose(request.headers.get("accept-encoding", ""), tuple(file.packed))
    headers = {
        "ETag": f'"{file.etag}{"-" if coding else ""}{coding}"',
        "Cache-Control": cache_control,
        "Vary": "Accept-Encoding",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if _known(request.headers.get("if-none-match", ""), file):
        return Response(status_code=304, headers=headers)
    if coding:
        headers["Content-Encoding"] = coding
    return Response(file.packed.get(coding, file.content), headers=headers, media_type=file.media_type)


def _known(if_none_match: str, file: File) -> bool:
    # Any form of the same content will do; proxies weaken tags and drop the suffix.
    tags = {tag.strip().removeprefix("W/").strip('"').partition("-")[0] for tag in if_none_match.split(",")}
    return file.etag in tags or "*" in tags
