"""`postil watch URL` prints what happens on a page, and goes on after the service was away."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.live.server import PAGE, PATIENCE, Message, Service, running, serving


@asynccontextmanager
async def watching(service: Service, url: str = PAGE) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "postil.cli", "watch", url, "--service", service.url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def printed(process: asyncio.subprocess.Process) -> Message:
    assert process.stdout
    async with asyncio.timeout(PATIENCE):
        message: Message = json.loads(await process.stdout.readline())
    return message


async def test_it_prints_each_change_and_resumes_after_a_restart() -> None:
    async with serving() as service:
        async with watching(service) as process:
            assert (await printed(process))["type"] == "watching"
            posted = await service.post(0, "Before.")
            changes, counts = await printed(process), await printed(process)
            assert [comment["id"] for comment in changes["comments"]] == [posted["comment"]["id"]]
            assert counts["since"] == posted["since"]

            service.server.should_exit = True
            await service.stopped.wait()
            held = service.resources.settings
            async with running(held.data, service.port, database_url=held.database) as again:
                missed = await again.post(1, "While it was away, in another section.")
                said = [await printed(process) for _ in range(3)]
                # It may have been back before that was posted, or after.
                changes, counts = [message for message in said if message["type"] != "watching"]
                assert [comment["id"] for comment in changes["comments"]] == [missed["comment"]["id"]]
                assert counts["since"] == missed["since"]


async def test_it_says_what_is_wrong_with_a_page_of_no_site(service: Service) -> None:
    async with watching(service, "https://nobody.example/") as process:
        _, said = await process.communicate()
        assert process.returncode == 1
        assert b"No site here has this page's address" in said
