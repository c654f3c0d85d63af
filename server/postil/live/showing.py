"""What one socket shows: the sections whose bodies it gets, and those that its reader's outline has."""

from postil.answers import ChangesAnswer
from postil.live.hub import Hub, Room
from postil.live.wire import EVERYTHING, Frames, PlaceIn, SectionRef
from postil.places import Places, standing
from postil.viewer import Audience


class Showing:
    """The sections whose bodies a reader gets, and those that his outline shows him.

    A section named by its place in an outline may have no id yet. `mine` is None where he showed no outline.
    """

    def __init__(self, hub: Hub, room: Room, audience: Audience, named: list[SectionRef], outline: str | None) -> None:
        self.hub, self.room, self.audience, self.named, self.outline = hub, room, audience, named, outline
        self.ids: frozenset[str] = frozenset()
        self.placed: frozenset[str] = frozenset()
        self.mine: frozenset[str] | None = None
        self.is_complete = True
        self.is_unknown = False

    def has(self, section: str) -> bool:
        return section in self.ids or EVERYTHING in self.ids

    def gets(self, section: str, told: ChangesAnswer) -> bool:
        """Whether its bodies are for him: it was named, or he wants all and `told` has it for such as him."""
        return self.has(section) and (section in self.ids or told.is_for(section, self.mine))

    def shows_readers(self, section: str) -> bool:
        """Whether he shows a section in which every reader of it sees a comment: of others no sign is given."""
        told = self.room.told.get(self.audience)
        return told is not None and told.tallies.get(section, 0) > 0 and self.gets(section, told)

    async def show(self, named: list[SectionRef]) -> None:
        self.named = named
        await self.resolve()
        await self.look()

    async def look(self) -> None:
        """See which threads stand in the reader's outline."""
        if self.outline is not None:
            places = await self.hub.places(self.room, self.outline)
            self.is_unknown = places is None
            self.mine = frozenset(standing(places or ()))

    async def look_again(self, frames: Frames) -> None:
        """A section that came into being may be one that was named by its place, or stand in the reader's outline."""
        sections = {section.id for section in frames.changes.sections}
        if not self.is_complete and not sections <= self.ids | self.placed:
            await self.resolve()
        if self.mine is not None and not sections <= self.mine | frames.changes.shared:
            await self.look()

    async def resolve(self) -> None:
        named = self.named
        places = [name for name in named if isinstance(name, PlaceIn)]
        outlines = {place.outline for place in places}
        found = {outline: await self.hub.places(self.room, outline) or () for outline in outlines}
        if named is not self.named:
            return  # the reader has changed his mind meanwhile
        here = [_at(found[place.outline], place.index) for place in places]
        self.ids = frozenset(name for name in [*named, *here] if isinstance(name, str))
        self.placed = frozenset(id for each in found.values() for id in standing(each))
        self.is_complete = None not in here


def _at(places: Places, index: int) -> str | None:
    return places[index].id if index < len(places) else None
