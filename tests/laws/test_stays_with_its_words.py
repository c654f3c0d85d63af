"""House, law 5: a thread stays with the words it is about, or says honestly that they are gone."""

import pytest
from tests.articles import Part, outline, part, words
from tests.owner import ARTICLE, LIMITS, METHOD, ORIGINS, RESULTS, Owner, everywhere
from tests.world import PAGE, world

from postil import moving, reading, windows
from postil.cursors import Sort, parse_since
from postil.discussion import PageRef
from postil.errors import StateConflict
from postil.moving import Address
from postil.outline import outline_hash
from postil.states import Anchor

DAY = 86_400


async def test_a_thread_follows_its_section_through_renames_moves_and_edits() -> None:
    async with world() as here:
        owner = Owner(here)
        origins, method, results, limits = await everywhere(owner)

        second = (METHOD.renamed("How we went about it"), LIMITS, ORIGINS.edited(0.2), RESULTS)
        await owner.publish(*second)

        assert await owner.stands(*second) == [method, limits, origins, results]
        assert await owner.stands(*ARTICLE) == [origins, method, results, limits], "an old copy keeps its right answer"


async def test_a_deleted_section_is_an_earlier_discussion_with_its_heading_and_beginning() -> None:
    async with world() as here:
        owner = Owner(here)
        _, method, _, _ = await everywhere(owner)

        left = (ORIGINS, RESULTS, LIMITS)
        decided = await owner.publish(*left)

        told = await owner.read(*left)
        assert [(each.section, each.heading) for each in told.earlier] == [(method, "Method")]
        assert METHOD.text.startswith(told.earlier[0].excerpt)
        assert [(row.section_id, row.move) for row in decided] == [(method, Anchor.GONE)]
        assert (await owner.read(*ARTICLE)).earlier == [], "in the old copy it stands where it stood"


async def test_a_rollback_gives_every_thread_its_place_again() -> None:
    async with world() as here:
        owner = Owner(here)
        threads = await everywhere(owner)
        await owner.publish(ORIGINS, LIMITS)
        other = await owner.comment((ORIGINS, LIMITS), 1, "while it was short")

        decided = await owner.publish(*ARTICLE)

        assert await owner.stands(*ARTICLE) == threads
        assert other == threads[3]
        assert {row.move for row in decided} == {Anchor.BACK}


async def test_a_section_that_returns_in_a_new_version_gets_its_thread_back() -> None:
    async with world() as here:
        owner = Owner(here)
        _, method, _, _ = await everywhere(owner)
        await owner.publish(ORIGINS, RESULTS, LIMITS)

        again = (ORIGINS, RESULTS.edited(0.1), part("Coda"), METHOD)
        await owner.publish(*again)

        assert (await owner.stands(*again))[3] == method


async def test_a_split_section_keeps_its_thread_at_the_larger_part_and_the_other_points_to_it() -> None:
    async with world() as here:
        owner = Owner(here)
        origins, method, results, limits = await everywhere(owner)
        said = METHOD.text.split()
        large, small = Part("Method", " ".join(said[:38])), Part("Apparatus", " ".join(said[38:]))
        split = (ORIGINS, large, small, RESULTS, LIMITS)

        decided = await owner.publish(*split)

        told = await owner.read(*split)
        assert told.outline == [origins, method, None, results, limits]
        assert told.parts == {2: method}
        assert [(row.section_id, row.move) for row in decided] == [(method, Anchor.SPLIT)]
        await owner.publish(*split, part("Coda"))
        assert (await owner.read(*split, part("Coda"))).parts == {2: method}, "in later versions too"


async def test_merged_sections_bring_both_threads_under_the_new_one() -> None:
    async with world() as here:
        owner = Owner(here)
        origins, method, results, limits = await everywhere(owner)
        merged = (ORIGINS, Part("Method and results", f"{METHOD.text} {RESULTS.text}"), LIMITS)

        await owner.publish(*merged)

        told = await owner.read(*merged)
        assert told.outline is not None
        assert {told.outline[1], *told.joined[1]} == {method, results}
        assert [told.outline[0], told.outline[2]] == [origins, limits]
        headings = {section.id: section.heading for section in told.sections}
        assert headings[told.outline[1] or ""] == "Method and results"
        assert headings[told.joined[1][0]] in ("Method", "Results"), "labelled by what it was written under"


async def test_new_words_under_an_old_heading_do_not_get_the_thread_in_silence() -> None:
    async with world() as here:
        owner = Owner(here)
        _, method, _, _ = await everywhere(owner)
        replaced = (ORIGINS, part("Method", "something else altogether"), RESULTS, LIMITS)

        await owner.publish(*replaced)

        told = await owner.read(*replaced)
        assert told.outline is not None and told.outline[1] is None
        assert [each.section for each in told.earlier] == [method]


async def test_an_authors_key_holds_whatever_else_changes() -> None:
    async with world() as here:
        owner = Owner(here)
        keyed = Part("Method", METHOD.text, key="m1")
        await owner.publish(ORIGINS, keyed, RESULTS)
        method = await owner.comment((ORIGINS, keyed, RESULTS), 1)

        rewritten = Part("Procedure", words("nothing of it"), key="m1")
        await owner.publish(RESULTS, ORIGINS, rewritten)

        assert (await owner.stands(RESULTS, ORIGINS, rewritten))[2] == method


# What the owner is asked


async def unsure(owner: Owner) -> tuple[str, tuple[Part, ...]]:
    """A case that the matcher leaves to the owner: the thread, and the article that now stands."""
    _, method, _, _ = await everywhere(owner)
    replaced = (ORIGINS, METHOD.edited(0.93), RESULTS, LIMITS)
    await owner.publish(*replaced)
    return method, replaced


async def test_a_grey_case_is_asked_once_and_the_owners_answer_holds() -> None:
    async with world() as here:
        owner = Owner(here)
        method, now = await unsure(owner)
        await owner.publish(*now, part("Coda"))

        asked = [case for case in await owner.cases() if case.is_open]
        assert [(case.decision.section_id, case.old.heading, case.new.heading, case.comments) for case in asked] == [
            (method, "Method", "Method", 1)
        ]
        assert 0 < asked[0].decision.score < 1 and asked[0].decision.reason

        await owner.settle(asked[0], Anchor.SAME)
        told = await owner.read(*now, part("Coda"))
        assert told.outline is not None and told.outline[1] == method and told.earlier == []
        assert not any(case.is_open for case in await owner.cases())


async def test_merging_keeping_apart_and_undoing_are_each_written_down() -> None:
    async with world() as here:
        owner = Owner(here)
        method, now = await unsure(owner)
        results = (await owner.stands(*now))[2]
        (asked,) = [case for case in await owner.cases() if case.is_open]

        merged = await owner.settle(asked, Anchor.MERGE, results)
        assert (await owner.read(*now)).joined == {2: [method]}
        undone = await owner.undo(merged)
        assert [each.section for each in (await owner.read(*now)).earlier] == [method]
        (again,) = [case for case in await owner.cases() if case.is_open]
        assert again.decision.section_id == method, "what was asked before is asked again"
        with pytest.raises(StateConflict):
            await owner.undo(undone)
        await owner.settle(again, Anchor.MERGE, results)
        assert (await owner.read(*now)).joined == {2: [method]}

        moves = [case.decision.move for case in await owner.cases()]
        assert (moves.count(Anchor.MERGE), moves.count(Anchor.UNDO)) == (2, 1)
        with pytest.raises(StateConflict):
            await owner.undo(merged)


async def test_keeping_apart_closes_the_question_and_outlives_the_next_publication() -> None:
    async with world() as here:
        owner = Owner(here)
        method, _ = await unsure(owner)
        (asked,) = [case for case in await owner.cases() if case.is_open]
        apart = await owner.settle(asked, Anchor.APART)
        assert not any(case.is_open for case in await owner.cases())

        await owner.publish(ORIGINS, RESULTS, METHOD, LIMITS)
        assert method not in await owner.stands(ORIGINS, RESULTS, METHOD, LIMITS)
        await owner.undo(apart)
        assert any(case.is_open for case in await owner.cases())


async def test_what_was_decided_by_rule_can_be_undone_too() -> None:
    async with world() as here:
        owner = Owner(here)
        origins, *_ = await everywhere(owner)
        now = (ORIGINS.renamed("Beginnings"), METHOD, RESULTS, LIMITS)
        (kept,) = await owner.publish(*now)
        assert (kept.section_id, kept.move) == (origins, Anchor.KEPT)

        undone = await owner.undo(kept)
        assert (await owner.stands(*now))[0] is None
        await owner.undo(undone)
        assert (await owner.stands(*now))[0] == origins


async def test_readers_load_the_page_afresh_when_threads_have_moved() -> None:
    async with world() as here:
        owner = Owner(here)
        await everywhere(owner)
        since = parse_since((await owner.read(*ARTICLE)).since)

        await owner.publish(*ARTICLE)
        async with here.database.read() as snapshot:
            assert not (await reading.changes(snapshot, here.public, PAGE.key, since)).resync, "nothing has changed"
        await owner.publish(METHOD, ORIGINS)
        async with here.database.read() as snapshot:
            assert (await reading.changes(snapshot, here.public, PAGE.key, since)).resync
            assert (await reading.changes(snapshot, here.moderator, PAGE.key, since)).resync


async def test_a_comment_says_when_its_section_read_otherwise() -> None:
    async with world() as here:
        owner = Owner(here)
        method = (await everywhere(owner))[1]
        now = (ORIGINS, METHOD.edited(0.3), RESULTS, LIMITS)
        await owner.publish(*now)
        await owner.comment(now, 1, "A later thought.", "ben")

        async with here.database.read() as snapshot:
            window = await windows.open_window(snapshot, None, method, 50)
            comments = (await windows.read_threads(snapshot, window, Sort.OLDEST)).comments
            assert [comment.earlier for comment in comments] == [True, False]
            told = await reading.read_then(snapshot, None, comments[0].id)
        assert told.then is not None and told.now is not None
        assert METHOD.text.startswith(told.then.excerpt) and told.now.heading == "Method"


# A page that moved


async def test_a_page_keeps_its_threads_when_its_address_changes_and_takes_in_what_was_written_there() -> None:
    async with world() as here:
        owner = Owner(here)
        threads = await everywhere(owner)
        new = PageRef(key="https://blog.example/new", url="https://blog.example/new")
        await here.post("ben", "already here", index=1, page=new, outline=outline(ARTICLE))
        async with here.database.begin() as tx:
            page = await reading.find_page(tx, here.site.id, PAGE.key)
            assert page is not None
            await moving.move(tx, here.site.id, page, Address(new.key, new.url))

        for key in (PAGE.key, new.key):
            async with here.database.read() as snapshot:
                found = await reading.find_page(snapshot, here.site.id, key)
                assert found is not None and (found.key, found.url) == (new.key, new.url)
                places = await owner.outlines.places(snapshot, found, outline_hash(outline(ARTICLE)))
                told = await reading.read_page(snapshot, here.public, key, found, places)
                (counted,) = await reading.count_pages(snapshot, [(here.site.id, key, "asked")])
            assert told.outline == threads
            assert len(told.joined[1]) == 1 and told.comments == counted.comments == 5


async def test_a_new_address_with_the_same_outline_is_proposed_once_the_old_one_is_gone() -> None:
    async with world() as here:
        owner = Owner(here)
        await everywhere(owner)
        async with here.database.begin() as tx:
            await moving.notice(
                tx, here.site.id, Address("new", "https://blog.example/new"), await owner.reference() or ""
            )
            await moving.notice(tx, here.site.id, Address("other", "https://blog.example/other"), "0" * 32)
        asked: list[str] = []

        async def answers(url: str, site: str) -> str | None:
            asked.append(url)
            return "404" if len(asked) > 1 else None

        async def proposed() -> list[tuple[str, str | None]]:
            async with here.database.read() as snapshot:
                page = await reading.find_page(snapshot, here.site.id, PAGE.key)
                assert page is not None
                return [(move.url, move.found) for move in await moving.proposals(snapshot, page.id)]

        await moving.ask_old_addresses(here.database, answers)
        assert await proposed() == [], "the old address still answers"
        here.clock.now += 2 * DAY
        await moving.ask_old_addresses(here.database, answers)
        assert await proposed() == [("https://blog.example/new", "404")]
