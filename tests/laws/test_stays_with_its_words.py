"""House, law 5: a thread stays with the words it is about, and no visitor's outline changes what others see."""

from collections.abc import Sequence

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col
from tests.articles import Part, excerpts, outline, part, words
from tests.world import PAGE, World, prepare, world

from postil import anchoring, moving, placing, promotion, reading, windows
from postil.answers import PageAnswer
from postil.cursors import Sort, parse_since
from postil.discussion import PageRef
from postil.errors import OutlineUnknown, StateConflict, TooMany
from postil.models import Anchoring, Comment, Outline, Sighting
from postil.moving import Address
from postil.outline import outline_hash
from postil.places import Outlines, Seen
from postil.publishing import Publication, publish
from postil.reference import Given
from postil.states import Anchor, OutlineSource
from postil.viewer import Viewer

prepare()

DAY = 86_400
ORIGINS, METHOD, RESULTS, LIMITS = (part(heading) for heading in ("Origins", "Method", "Results", "Limits"))
ARTICLE = (ORIGINS, METHOD, RESULTS, LIMITS)


class Owner:
    """The site's owner, and readers who are shown copies of his article."""

    def __init__(self, here: World) -> None:
        self.here, self.outlines = here, Outlines()

    async def publish(self, *parts: Part, source: OutlineSource = OutlineSource.PUBLISHED) -> list[Anchoring]:
        given = Given(outline(parts), source, excerpts(parts), "An essay")
        self.here.clock.now += 1
        async with self.here.database.begin() as tx:
            publication = Publication(PAGE, given, tx.now)
            return (await publish(tx, self.here.site.id, publication)).decided

    async def comment(self, parts: Sequence[Part], index: int, text: str = "A thought.", author: str = "ann") -> str:
        """Post under a copy of the article; the section's id."""
        written = await self.here.post(author, text, index=index, outline=outline(parts))
        return written.section.id

    async def read(self, *parts: Part, viewer: Viewer | None = None) -> PageAnswer:
        """What a reader of a copy is answered; he sends his outline where it is not known."""
        shown = outline(parts)
        async with self.here.database.read() as snapshot:
            page = await reading.find_page(snapshot, self.here.site.id, PAGE.key)
            self.outlines.remember(self.here.site.id, PAGE.key, Seen(outline_hash(shown), shown))
            places = await self.outlines.places(snapshot, page, outline_hash(shown)) if page else ()
            return await reading.read_page(snapshot, viewer or self.here.public, PAGE.key, page, places)

    async def stands(self, *parts: Part) -> list[str | None]:
        return (await self.read(*parts)).outline or []

    async def cases(self) -> list[anchoring.Case]:
        async with self.here.database.read() as snapshot:
            page = await reading.find_page(snapshot, self.here.site.id, PAGE.key)
            assert page is not None
            return await anchoring.cases(snapshot, page)

    async def settle(self, case: anchoring.Case, move: Anchor, into: str | None = None) -> Anchoring:
        async with self.here.database.begin() as tx:
            return await anchoring.settle(tx, self.here.site.id, case.decision.id, move, into=into)

    async def undo(self, decision: Anchoring) -> Anchoring:
        async with self.here.database.begin() as tx:
            return await anchoring.undo(tx, self.here.site.id, decision.id)

    async def show(self, parts: Sequence[Part], network: str) -> bool:
        """A reader in `network` looks at a copy. Whether that made it the reference."""
        await self.read(*parts)
        async with self.here.database.begin() as tx:
            page = await reading.find_page(tx, self.here.site.id, PAGE.key)
            assert page is not None
            return await promotion.sight(tx, page, outline_hash(outline(parts)), network, self.outlines)

    async def reference(self) -> str | None:
        async with self.here.database.read() as snapshot:
            page = await reading.find_page(snapshot, self.here.site.id, PAGE.key)
            return page.reference if page else None


async def everywhere(owner: Owner) -> list[str]:
    """A published article with a thread in each section: their ids in order."""
    await owner.publish(*ARTICLE)
    return [await owner.comment(ARTICLE, index) for index in range(len(ARTICLE))]


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


# What visitors' copies can and cannot do


async def test_a_view_counter_and_a_date_make_no_new_outline() -> None:
    async with world() as here:
        owner = Owner(here)
        threads = await everywhere(owner)

        counted = [
            Part(f"{each.heading}", f"{each.text} seen 4{at}7 times on 2026-11-{at}") for at, each in enumerate(ARTICLE)
        ]
        later = [Part(each.heading, each.text.replace("2026", "2027").replace("7", "9")) for each in counted]

        assert outline_hash(outline(counted)) == outline_hash(outline(later))
        assert await owner.stands(*counted) == threads


async def test_an_unpublished_version_shares_what_it_surely_has_in_common_and_keeps_the_rest_to_itself() -> None:
    async with world() as here:
        owner = Owner(here)
        threads = await everywhere(owner)
        variant = (*ARTICLE, part("Only in the variant"))
        mine = await owner.comment(variant, 4, "Who else sees this?", "ben")

        assert await owner.stands(*variant) == [*threads, mine]
        told = await owner.read(*ARTICLE)
        assert told.outline == threads and told.earlier == [] and told.comments == len(threads)
        assert mine not in {section.id for section in told.sections}
        assert not any(section.heading == "Only in the variant" for section in (await owner.read(*variant)).sections)

        await owner.publish(*variant)
        assert (await owner.read(*variant)).outline == [*threads, mine], "published, it is everybody's"


async def test_what_goes_on_where_only_a_variant_shows_it_is_told_to_nobody_else() -> None:
    async with world() as here:
        owner = Owner(here)
        await everywhere(owner)
        variant = (*ARTICLE, part("Only in the variant"))
        since = parse_since((await owner.read(*ARTICLE)).since)
        mine = await owner.comment(variant, 4, "hidden words", "ben")

        async with here.database.read() as snapshot:
            told = await reading.changes(snapshot, here.public, PAGE.key, since)
            theirs = reading.for_reader(told.model_copy(deep=True), frozenset())
            his = reading.for_reader(told.model_copy(deep=True), frozenset({mine}))
        assert (theirs.sections, theirs.comments, theirs.total) == ([], [], 4)
        assert ([section.id for section in his.sections], his.total) == ([mine], 5)


async def test_before_anything_is_published_threads_are_shared_where_the_words_are_surely_the_same() -> None:
    async with world() as here:
        owner = Owner(here)
        method = await owner.comment(ARTICLE, 1)

        other = (part("Another beginning"), METHOD.edited(0.1), part("Another end"))
        assert await owner.stands(*other) == [None, method, None]
        assert await owner.stands(part("Method", "about something else"), LIMITS) == [None, None]
        assert (await owner.read(part("Nothing"), part("of this"))).earlier == []


async def test_forged_outlines_change_nobody_elses_answer_and_are_read_by_nobody() -> None:
    async with world() as here:
        owner = Owner(here)
        await everywhere(owner)
        await owner.comment(ARTICLE, 2, "a reply in the real one", "ben")
        real = (await owner.read(*ARTICLE), await owner.read(*ARTICLE[:2]), await owner.read(part("Nothing known")))

        for number in range(12):
            forged = [
                Part("BUY PILLS", METHOD.text if number % 2 else words(f"forged {number}")),
                Part(ORIGINS.heading, RESULTS.text),
                ORIGINS.edited(0.05 * number),
                part(f"Forged {number}"),
            ]
            try:
                await owner.comment(forged, number % 4, "spam", f"spammer {number}")
            except TooMany:
                pytest.fail("nobody named a network")
            await owner.read(*forged)

        now = (await owner.read(*ARTICLE), await owner.read(*ARTICLE[:2]), await owner.read(part("Nothing known")))
        for before, after in zip(real, now, strict=True):
            assert (after.outline, after.joined, after.parts, after.earlier) == (
                before.outline,
                before.joined,
                before.parts,
                before.earlier,
            )
            assert "PILLS" not in after.encode().decode() and "Forged" not in after.encode().decode()
        staff = await owner.read(*ARTICLE, viewer=here.moderator)
        assert "PILLS" not in staff.encode().decode()


async def test_one_network_brings_few_outlines_and_those_nobody_uses_are_collected() -> None:
    async with world() as here:
        owner = Owner(here)
        await everywhere(owner)
        flood = [[part(f"Forged {number}")] for number in range(placing.MOST_OUTLINES_OF_NETWORK + 1)]
        for parts in flood[:-1]:
            await here.post("spammer", outline=outline(parts), network="one")
        with pytest.raises(TooMany):
            await here.post("spammer", outline=outline(flood[-1]), network="one")
        await here.post("reader", outline=outline(flood[-1]), network="another")

        async with here.database.begin() as tx:
            await tx.execute(update(Comment).where(col(Comment.author_name) == "spammer").values(outline_hash=None))
        here.clock.now += DAY
        async with here.database.begin() as tx:
            await placing.collect(tx)
            seen = select(func.count()).select_from(Outline).where(col(Outline.source) == OutlineSource.SEEN)
            assert await tx.scalar(seen) == 1
            assert await tx.scalar(select(col(Outline.network)).where(col(Outline.network).is_not(None))) == "another"
        here.clock.now += 30 * DAY
        async with here.database.begin() as tx:
            await placing.collect(tx)
            known = select(func.count()).select_from(Outline).where(col(Outline.network).is_not(None))
            assert await tx.scalar(known) == 0, "which network it came from is forgotten"


async def test_an_outline_that_is_not_known_must_be_sent_whole() -> None:
    async with world() as here:
        owner = Owner(here)
        threads = await everywhere(owner)
        shown = outline([part("New"), part("Newer")])
        with pytest.raises(OutlineUnknown):
            await here.post("ann", section=threads[0], seen=Seen(outline_hash(shown)))


# Promotion


async def seen_by(owner: Owner, parts: Sequence[Part], networks: int, hours: int) -> bool:
    """So many networks look at a copy, and again after so many hours."""
    promoted = [await owner.show(parts, f"network {n}") for n in range(networks)]
    owner.here.clock.now += hours * 3600
    return any([*promoted, *[await owner.show(parts, f"network {n}") for n in range(networks)]])


NEXT = (METHOD, ORIGINS, RESULTS, part("Coda"))


@pytest.mark.parametrize(
    ("networks", "hours", "becomes"),
    [
        (promotion.NETWORKS, promotion.SECONDS // 3600, True),
        (promotion.NETWORKS - 1, promotion.SECONDS // 3600, False),
        (promotion.NETWORKS, promotion.SECONDS // 3600 - 1, False),
        (1, 1000, False),
    ],
)
async def test_what_many_networks_were_shown_for_long_becomes_the_reference(
    networks: int, hours: int, becomes: bool
) -> None:
    async with world() as here:
        owner = Owner(here)
        await everywhere(owner)
        here.clock.now += 30 * DAY

        assert await seen_by(owner, NEXT, networks, hours) is becomes

        assert (await owner.reference() == outline_hash(outline(NEXT))) is becomes


async def test_no_number_of_networks_promotes_anything_while_the_reference_is_still_seen() -> None:
    async with world() as here:
        owner = Owner(here)
        await everywhere(owner)
        before = await owner.read(*ARTICLE)
        for _day in range(5):
            assert not await seen_by(owner, NEXT, 60, 23)
            await owner.show(ARTICLE, "a single reader")
            here.clock.now += 3600

        assert (await owner.read(*ARTICLE)).outline == before.outline
        assert await owner.reference() == outline_hash(outline(ARTICLE))


async def test_without_a_reference_one_rival_that_two_networks_see_keeps_everything_as_it_is() -> None:
    async with world() as here:
        owner = Owner(here)
        await owner.comment(ARTICLE, 0)
        for network in ("north", "south"):
            await owner.show(ARTICLE, network)
        here.clock.now += promotion.SECONDS - 3600
        for network in ("north", "south"):
            await owner.show(ARTICLE, network)
        assert not await seen_by(owner, NEXT, 60, promotion.SECONDS // 3600 - 2)
        assert await owner.reference() is None
        assert await seen_by(owner, NEXT, 60, 2 * promotion.SECONDS // 3600), "once the rival is not seen any more"


async def test_readers_headings_are_not_told_even_of_what_they_promoted() -> None:
    async with world() as here:
        owner = Owner(here)
        await owner.comment(ARTICLE, 0)
        assert await seen_by(owner, ARTICLE, promotion.NETWORKS, promotion.SECONDS // 3600)
        assert await seen_by(owner, NEXT[1:2], promotion.NETWORKS, 3 * promotion.SECONDS // 3600) is True

        assert all(not section.heading for section in (await owner.read(*ARTICLE)).sections)


async def test_sightings_of_one_network_and_of_one_page_are_bounded() -> None:
    async with world() as here:
        owner = Owner(here)
        await everywhere(owner)
        for number in range(promotion.MOST_OF_NETWORK + 4):
            await owner.show([part(f"Forged {number}")], "one")
        async with here.database.begin() as tx:
            assert await tx.scalar(select(func.count()).select_from(Sighting)) == promotion.MOST_OF_NETWORK
            here.clock.now += 30 * DAY
        async with here.database.begin() as tx:
            await promotion.forget(tx)
            assert await tx.scalar(select(func.count()).select_from(Sighting)) == 0


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
            assert told.outline == threads
            assert len(told.joined[1]) == 1 and told.comments == 5


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
