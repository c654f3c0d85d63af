"""Reads a page in a process of its own, with an end to its memory and its time.

Markup of a few kilobytes can be made to hold millions of elements: formatting that is never closed is opened again in
every paragraph, in this parser as in every browser. Whoever writes a page must not end the service with it.
"""

import asyncio
import json
import sys
from dataclasses import asdict

from postil.document import Document, UnreadableDocument, read_document
from postil.outline import OutlineSection

MOST_MEMORY = 1024**3  # bytes of addresses; five megabytes of a real page take a third of that
MOST_SECONDS = 20  # of processor time; a machine that is busy with all else takes four for the longest page we read
PATIENCE = 60  # seconds altogether

TOO_MUCH = "The page takes more memory or time to read than a page may."


async def read_apart(html: bytes, url: str, charset: str | None = None) -> Document:
    """As read_document, which it raises like; also UnreadableDocument where the limits were met."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "postil.apart"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    asked = json.dumps({"url": url, "charset": charset}).encode() + b"\n" + html
    try:
        async with asyncio.timeout(PATIENCE):
            told, _ = await process.communicate(asked)
    except TimeoutError as error:
        raise UnreadableDocument(TOO_MUCH) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not told:
        raise UnreadableDocument(TOO_MUCH)
    return _document(json.loads(told))


def _document(told: dict[str, object]) -> Document:
    if "error" in told:
        raise UnreadableDocument(told["error"])
    fields: dict[str, object] = {**told}
    fields["sections"] = [OutlineSection(**section) for section in told["sections"]]  # type: ignore[attr-defined]
    return Document(**fields)  # type: ignore[arg-type]


def main() -> None:
    """In the process apart: question and page on standard input, the document on standard output."""
    _limit()
    asked, html = json.loads(sys.stdin.buffer.readline()), sys.stdin.buffer.read()
    try:
        told: dict[str, object] = asdict(read_document(html, asked["url"], asked["charset"]))
    except UnreadableDocument as error:
        told = {"error": str(error)}
    except MemoryError:
        told = {"error": TOO_MUCH}
    json.dump(told, sys.stdout)


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has none: the patience of whoever asked is all there is
        return
    for limit, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_SECONDS)):
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (most if hard < 0 else min(most, hard), hard))


if __name__ == "__main__":
    main()
