"""House, law 5: no visitor's outline changes what others see, except by a rule that one network cannot satisfy."""

from collections.abc import Sequence

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col
from tests.articles import Part, outline, part, words
from tests.owner import ARTICLE, LIMITS, METHOD, ORIGINS, RESULTS, Owner, everywhere
from tests.world import PAGE, world

from postil import placing, promotion, reading
from postil.cursors import parse_since
from postil.errors import OutlineUnknown, TooMany
from postil.models import Comment, Outline, Sighting
from postil.outline import outline_hash
from postil.places import Seen
from postil.states import OutlineSource

DAY = 86_400


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
