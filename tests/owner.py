"""An owner who publishes an article of four sections, and the readers who are shown copies of it."""

from collections.abc import Sequence

from tests.articles import Part, excerpts, outline, part
from tests.world import PAGE, World

from postil import anchoring, promotion, reading
from postil.answers import PageAnswer
from postil.models import Anchoring
from postil.outline import outline_hash
from postil.places import Outlines, Seen
from postil.publishing import Publication, publish
from postil.reference import Given
from postil.states import Anchor, OutlineSource
from postil.viewer import Viewer

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
