"""A reader who watches a page gets what he missed, then what happens, and nothing that is not his."""

import asyncio
import random
from typing import Any

import pytest
from tests.live.server import ORIGIN, OTHER, PAGE, Kept, Service, place, revision

from postil import discussion
from postil.live.room import Room
from postil.live.showing import Showing
from postil.sites import site_of
from postil.viewer import Audience, Viewer


async def test_a_post_arrives_as_bodies_then_counts(service: Service) -> None:
    section = (await service.post(0))["section"]["id"]
    async with service.open() as reader:
        await reader.watch([section])
        posted = await service.post(0, "Hear *this*.")
        bodies, counts = await reader.step()
    assert (bodies["type"], bodies["section"]) == ("changes", section)
    assert [comment["id"] for comment in bodies["comments"]] == [posted["comment"]["id"]]
    assert "<em>this</em>" in bodies["comments"][0]["html"]
    assert (counts["type"], counts["since"], counts["comments"]) == ("counts", posted["since"], 2)
    assert counts["sections"][0]["id"] == section


async def test_a_page_that_nobody_wrote_on_is_watched_and_comes_into_being(service: Service) -> None:
    async with service.open() as reader:
        await reader.watch([place(1)])
        assert revision(reader.since) == 0
        posted = await service.post(1)
        said = await reader.step()
        assert [message["type"] for message in said] == ["changes", "counts"]
        # Another section comes into being, which he does not show: he hears its count and not its text.
        await service.post(2, "For others.")
        said = await reader.step()
        assert [message["type"] for message in said] == ["counts"]
    assert set(reader.comments) == {posted["comment"]["id"]}


async def test_a_section_named_by_its_place_is_found_when_it_is_there_already(service: Service) -> None:
    await service.post(2)
    async with service.open() as reader:
        await reader.watch([place(2)])
        posted = await service.post(2)
        await reader.step()
    assert set(reader.comments) == {posted["comment"]["id"]}


async def test_everything_names_sections_to_come(service: Service) -> None:
    async with service.open(origin=None) as reader:
        await reader.watch(["*"])
        posted = [await service.post(index) for index in (0, 1, 2)]
        await reader.reach(posted[-1]["since"])
    assert set(reader.comments) == {each["comment"]["id"] for each in posted}


async def test_who_shows_the_same_once_more_goes_on_being_told(service: Service) -> None:
    section = (await service.post(0))["section"]["id"]
    async with service.open() as reader:
        await reader.watch([section])
        await reader.say({"type": "show", "sections": [section]})
        await reader.until("watching")
        posted = await service.post(section=section)
        await reader.step()
        assert posted["comment"]["id"] in reader.comments


async def test_who_shows_something_else_while_a_step_is_made_is_told_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = [(await service.post(index))["section"]["id"] for index in (0, 1)]
    begun, go_on, step = asyncio.Event(), asyncio.Event(), Showing.step

    async def held(showing: Showing, *made: Any) -> bytes | None:
        begun.set()
        await go_on.wait()
        return await step(showing, *made)

    async with service.open() as reader:
        await reader.watch([first])
        monkeypatch.setattr(Showing, "step", held)
        posted = await service.post(1)
        await begun.wait()
        await reader.say({"type": "show", "sections": [second]})
        await reader.until("watching")
        go_on.set()
        await reader.reach(posted["since"])
        assert set(reader.comments) == {posted["comment"]["id"]}


async def test_show_changes_which_bodies_come(service: Service) -> None:
    first, second = [(await service.post(index))["section"]["id"] for index in (0, 1)]
    async with service.open() as reader:
        await reader.watch([first])
        await service.post(1)
        assert [message["type"] for message in await reader.step()] == ["counts"]
        await reader.say({"type": "show", "sections": [second]})
        await reader.until("watching")
        posted = await service.post(1)
        bodies, _ = await reader.step()
        assert bodies["comments"][0]["id"] == posted["comment"]["id"]
        await service.post(0)
        assert [message["type"] for message in await reader.step()] == ["counts"]


async def test_what_was_missed_is_told_once_and_exactly(service: Service) -> None:
    section = (await service.post(0))["section"]["id"]
    async with service.open() as reader:
        await reader.watch([section])
        since = reader.since
    missed = [(await service.post(0))["comment"]["id"] for _ in range(3)]
    await service.edit(missed[0], "Better said.")
    async with service.open() as reader:
        await reader.watch([section], since=since)
        assert [message["type"] for message in reader.heard] == ["changes", "counts", "watching"]
        assert [comment["id"] for comment in reader.heard[0]["comments"]] == [missed[1], missed[2], missed[0]]
        assert await reader.is_quiet()


@pytest.mark.parametrize("since", ["{epoch}.999999", "00000000.1", "{epoch}.-1", "x"])
async def test_a_cursor_that_cannot_be_trusted_is_answered_by_resync_or_refused(service: Service, since: str) -> None:
    now = (await service.post(0))["since"]
    async with service.open() as reader:
        message = {"page": {"url": PAGE}, "sections": [], "since": since.format(epoch=now.partition(".")[0])}
        await reader.say({"type": "watch", **message})
        said = await reader.next()
        if since.endswith(("-1", "x")):
            assert (said["type"], said["code"]) == ("error", "invalid")
            return
        assert (said["type"], said["since"]) == ("resync", now)
        await reader.until("watching")
        await service.post(0)
        assert (await reader.step())[-1]["type"] == "counts"


async def test_more_than_five_hundred_behind_is_resync_and_five_hundred_are_told(service: Service) -> None:
    first = await service.post(0)
    comment, epoch = first["comment"]["id"], first["since"].partition(".")[0]
    await _support_often(service, comment, 500)
    assert revision((await service.changes(first["since"]))["since"]) == 501
    async with service.open() as reader:
        await reader.watch(["*"], since=f"{epoch}.1")
        assert [message["type"] for message in reader.heard] == ["changes", "counts", "watching"]
    async with service.open() as reader:
        await reader.watch(["*"], since=f"{epoch}.0")
        assert [message["type"] for message in reader.heard] == ["resync", "watching"]


async def _support_often(service: Service, comment: str, times: int) -> None:
    """Move a page's revision so often, without the web between: a reader gives his support and takes it back."""
    async with service.resources.database.read() as snapshot:
        site = (await site_of(snapshot, ORIGIN)) or pytest.fail("no site")
    reader = Viewer(site.id, author_key="somebody")
    for number in range(times):
        async with service.resources.database.begin() as tx:
            await discussion.support(tx, reader, comment, on=number % 2 == 0)


async def test_what_a_moderator_hides_is_gone_at_once_and_comes_back(service: Service) -> None:
    section = (await service.post(0))["section"]["id"]
    posted = (await service.post(0, "A secret."))["comment"]["id"]
    async with service.open() as reader:
        await reader.watch([section])
        await service.decide("hide", posted)
        bodies, counts = await reader.step()
        assert (bodies["gone"], bodies["comments"]) == ([posted], [])
        assert counts["comments"] == 1
        await service.decide("restore", posted)
        bodies, counts = await reader.step()
        assert "A secret." in bodies["comments"][0]["html"]


async def test_what_is_hidden_above_a_reply_leaves_a_tombstone(service: Service) -> None:
    root = await service.post(0, "A secret.")
    section = root["section"]["id"]
    await service.post(0, "A reply.", parent=root["comment"]["id"], section=section)
    async with service.open() as reader:
        await reader.watch([section])
        await service.decide("hide", root["comment"]["id"])
        bodies, _ = await reader.step()
    [tombstone] = bodies["comments"]
    assert (tombstone["id"], tombstone["state"]) == (root["comment"]["id"], "hidden")
    assert not {"html", "author"} & set(tombstone)


async def test_public_and_staff_watch_one_page_each_in_his_own_terms(service: Service) -> None:
    section = (await service.post(0))["section"]["id"]
    posted = (await service.post(0, "A secret."))["comment"]["id"]
    async with service.open() as public, service.open() as staff:
        await public.watch([section])
        await staff.watch([section], token=service.token)
        await service.flag(posted)
        bodies, _ = await staff.step()
        assert bodies["comments"][0]["flags"] == 1
        await service.decide("hide", posted)
        bodies, counts = await staff.step()
        assert "A secret." in bodies["comments"][0]["html"]
        assert counts["sections"][0]["hidden"] == 1
        bodies, counts = await public.step()
        assert bodies["gone"] == [posted]
        # The flag was no news to readers: it moved no revision of theirs, and told them nothing.
        assert [message["type"] for message in public.heard] == ["watching", "changes", "counts"]
        assert "hidden" not in counts["sections"][0]


async def test_nothing_of_another_page_or_site_arrives(service: Service) -> None:
    async with service.open() as reader, service.open(origin=OTHER) as stranger:
        await reader.watch(["*"])
        await stranger.watch(["*"], url=f"{OTHER}/essay")
        await service.post(0, url=f"{PAGE}-two")
        assert await reader.is_quiet()
        posted = await service.post(0)
        await reader.reach(posted["since"])
        assert await stranger.is_quiet()
    assert set(reader.comments) == {posted["comment"]["id"]}


async def test_the_socket_polling_and_a_fresh_read_agree(service: Service) -> None:
    """One history, three ways to follow it, as random data makes it; the seed is told by the parametrization."""
    choose = random.Random(7)
    section = (await service.post(0))["section"]["id"]
    polled = Kept()
    async with service.open() as reader:
        await reader.watch([section])
        cursor = reader.since
        comments: list[str] = []
        for _ in range(60):
            answer = await _something(service, choose, comments, section)
            if choose.random() < 0.3:
                cursor = await _poll(service, cursor, section, polled)
        await reader.reach(answer)
        cursor = await _poll(service, cursor, section, polled)
    fresh = await service.thread(section)
    first = next(iter(fresh))
    reader.comments.setdefault(first, fresh[first])
    polled.setdefault(first, fresh[first])
    assert reader.comments == fresh
    assert polled == fresh
    assert (reader.since, reader.total) == (cursor, reader.sections[section]["comments"])


async def _something(service: Service, choose: random.Random, comments: list[str], section: str) -> str:
    """One random change; the public cursor after it."""
    if not comments or choose.random() < 0.5:
        parent = choose.choice(comments) if comments and choose.random() < 0.5 else None
        more: dict[str, Any] = {"parent": parent} if parent else {}
        try:
            answer = await service.post(source="Said.", section=section, **more)
        except AssertionError:  # the parent is gone: a conflict, as it should be
            return ""
        comments.append(answer["comment"]["id"])
        return str(answer["since"])
    comment = choose.choice(comments)
    verb = choose.choice(["hide", "restore", "edit", "remove"])
    try:
        if verb in ("hide", "restore"):
            await service.decide(verb, comment)
        else:
            await (service.remove(comment) if verb == "remove" else service.edit(comment, "Said otherwise."))
    except AssertionError:  # a move that this state does not allow
        pass
    return str((await service.changes(_zero(service)))["since"])


def _zero(service: Service) -> str:
    return f"{service.resources.database.lineage.epoch}.0"


async def _poll(service: Service, since: str, section: str, kept: Kept) -> str:
    answer = await service.changes(since, [section])
    kept.fold(answer.get("comments", []), list(answer.get("gone", {})))
    return str(answer["since"])


async def test_fifty_watchers_cost_the_database_what_one_costs(service: Service) -> None:
    section = (await service.post(0))["section"]["id"]

    async def count(watchers: int) -> int:
        async with asyncio.timeout(60):
            readers = [service.open() for _ in range(watchers)]
            opened = [await reader.__aenter__() for reader in readers]
            for reader in opened:
                await reader.watch([section, place(1)])
            with service.statements() as statements:
                posted = await service.post(0)
                for reader in opened:
                    await reader.reach(posted["since"])
            for each in readers:
                await each.__aexit__(None, None, None)
        return len(statements)

    alone = await count(1)
    assert await count(50) == alone
    assert alone > 1


async def test_reactions_are_gathered_and_posts_are_not(service: Service) -> None:
    posted = await service.post(0)
    section, comment = posted["section"]["id"], posted["comment"]["id"]
    async with service.open() as reader:
        await reader.watch([section])
        begun = asyncio.get_running_loop().time()
        for number in range(20):
            last = await service.support(comment, f"{number:043}")
        await reader.reach(last["since"])
        assert reader.comments[comment]["support"] == 20
        steps = [message for message in reader.heard if message["type"] == "counts"]
        # One at once, then one a second, however long this machine takes over them.
        assert len(steps) <= 2 + asyncio.get_running_loop().time() - begun
        # A post waits for nobody, and takes the reactions before it along.
        last = await service.support(comment, f"{20:043}")
        said = await service.post(0)
        await reader.reach(said["since"])
        assert reader.comments[comment]["support"] == 21


async def test_a_lost_hint_is_healed_by_the_sweep(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = service.resources.hub
    section = (await service.post(0))["section"]["id"]
    async with service.open() as reader:
        await reader.watch([section])
        monkeypatch.setattr(service.resources.database, "on_commit", None)
        posted = await service.post(0)
        assert await reader.is_quiet()
        await hub.sweep()
        await reader.reach(posted["since"])
    assert posted["comment"]["id"] in reader.comments


async def test_a_lost_step_is_healed_by_the_sweep(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(_room: Room, _audience: Audience) -> None:
        pass

    section = (await service.post(0))["section"]["id"]
    async with service.open() as reader:
        await reader.watch([section])
        monkeypatch.setattr(Room, "_push_step", nothing)
        posted = await service.post(0)
        assert await reader.is_quiet()
        await service.resources.hub.sweep()
        await reader.reach(posted["since"])
    assert posted["comment"]["id"] in reader.comments
