"""A comment that is posted the short way (postil.posting) leaves the very rows that discussion.post leaves.

Two worlds live through the same history. In one every post goes the plain way; in the other the short way is tried
first. At the end every table holds the same, and so did every answer.
"""

import asyncio
import json
import random

import pytest
from sqlmodel import SQLModel
from tests.databases import columns, rows
from tests.world import ORIGIN, PAGE, World, world

from postil import bans, discussion, moderation, posting
from postil.answers import PostedAnswer
from postil.db import Brief
from postil.discussion import Draft
from postil.errors import PostilError
from postil.ids import hash_token
from postil.judging import Signs
from postil.kinds import DEFAULTS
from postil.markup import render
from postil.models import NetworkKey
from postil.places import Seen
from postil.policy import Action
from postil.rulebook import begin_with
from postil.states import SectionState
from postil.viewer import Viewer
from postil.web.comments import posted

SOURCES = [
    "A thought about libraries and their opening hours.",
    "See https://example.org/report for *more*.",
    "Buy at https://spam.example/a and https://spam.example/b and https://more.example/c now",
    "I agree with all of this, and would add only that it was tried before in another town.",
    "Ä text with <b>markup</b> & `code` \u2014 «quotes» and 漢字.",
]
HASHED = {"body_hash", "word"}  # together with ids, which differ
UNTOLD = {"lineage", "networkkey", "staffsession", "onetimecode"}
# Ids are in the order of time, but for those of the clock that stands still.
BY_TIME = ("site", "page", "section", "comment", "queueitem", "decision", "moderator", "ban")
IN_ORDER = {"author": "token_hash", **dict.fromkeys(BY_TIME, "id")}


class Two:
    """The same history in two worlds; what has an id is known by its number."""

    def __init__(self, plain: World, short: World) -> None:
        self.worlds = (plain, short)
        self.comments: list[tuple[str, str]] = []
        self.sections: list[tuple[str, str]] = []
        self.short, self.told = 0, 0

    async def begin(self, defaults: bool) -> None:
        for here in self.worlds:
            async with here.database.begin() as tx:
                tx.add(NetworkKey(starts_at=tx.now, secret="5" * 64))
                if defaults:
                    await begin_with(tx, here.site.id, DEFAULTS)
        for index in range(2):
            made = [await here.post("First", index=index) for here in self.worlds]
            self.sections.append((made[0].section.id, made[1].section.id))
            self.comments.append((made[0].comment.id, made[1].comment.id))

    async def post(self, chance: random.Random) -> None:
        section, parent = chance.choice(self.sections), chance.choice([None, *self.comments[-6:]])
        name, author = chance.choice([*3 * ["Ines", "Jo"], " Ada  Moderates", "Zoë"]), f"author {chance.randrange(3)}"
        source, nonce = chance.choice(SOURCES), f"nonce-{chance.randrange(200):04}"
        network = chance.choice([*4 * ["one", "two"], None])
        signs = Signs(trapped=chance.random() < 0.05, took=chance.choice([None, 1, 60]))
        hash = chance.choice([*4 * [None], await self._hash(), "0" * 32])
        results = []
        for at, here in enumerate(self.worlds):
            draft = Draft(
                page=PAGE,
                name=name,
                source=source,
                nonce=nonce,
                parent=parent[at] if parent else None,
                section=section[at],
                outline=Seen(hash) if hash else None,
                network=network,
                signs=signs,
            )
            results.append(await self._try(here, author, draft, short=at == 1))
        assert self._same(results[0]) == self._same(results[1])
        ids = [json.loads(each)["comment"]["id"] for each in results if each.startswith("{")]
        if ids and (ids[0], ids[1]) not in self.comments:
            self.comments.append((ids[0], ids[1]))

    async def _hash(self) -> str:
        return str((await asyncio.to_thread(rows, _url(self.worlds[0]), "SELECT hash FROM outline LIMIT 1"))[0][0])

    async def _try(self, here: World, author: str, draft: Draft, *, short: bool) -> str:
        rendered, key = render(draft.source), hash_token(author)
        try:
            if short:

                def write(brief: Brief) -> PostedAnswer | None:
                    assert posting.site_at(brief, ORIGIN) == here.site.id
                    way = posting.find(brief, here.site.id, key, draft, rendered)
                    return posting.write(brief, way) if way else None

                if told := await here.database.briefly(write):
                    self.short += 1
                    return told.encode().decode()
            async with here.database.begin() as tx:
                viewer = Viewer(here.site.id, author_key=key)
                return posted(await discussion.post(tx, viewer, draft, rendered), tx.epoch, viewer).encode().decode()
        except PostilError as error:
            return f"{type(error).__name__}: {error}"

    def _same(self, answer: str) -> str:
        if not answer.startswith("{"):
            return answer
        told = json.loads(answer)
        place = [pair for pair in self.comments if told["comment"]["id"] in pair]
        told["comment"]["id"] = self.comments.index(place[0]) if place else "new"
        for pairs, of, name in ((self.comments, "comment", "parent"), (self.sections, "comment", "section")):
            if name in told[of]:
                told[of][name] = next(at for at, pair in enumerate(pairs) if told[of][name] in pair)
        told["section"]["id"] = next(at for at, pair in enumerate(self.sections) if told["section"]["id"] in pair)
        told["since"] = told["since"].partition(".")[2]
        return json.dumps(told)

    async def decide(self, chance: random.Random) -> None:
        pair, what = chance.choice(self.comments), chance.randrange(5)
        for at, here in enumerate(self.worlds):
            try:
                async with here.database.begin() as tx:
                    if what == 0:
                        await moderation.decide(tx, here.moderator, pair[at], Action.HIDE, "noise")
                    elif what == 1:
                        await moderation.decide(tx, here.moderator, pair[at], Action.APPROVE)
                    elif what == 2:
                        await bans.ban(tx, here.moderator, pair[at], until=tx.now + 60)
                    elif what == 3:
                        state = [*3 * [SectionState.OPEN], SectionState.LOCKED, SectionState.CLOSED][
                            len(self.comments) % 5
                        ]
                        await moderation.set_section_state(tx, here.moderator, self.sections[1][at], state)
                    else:
                        here.clock.now += 45
            except PostilError:
                pass


def _url(here: World) -> str:
    return here.database.url.render_as_string(hide_password=False)


def everything(here: World) -> list[str]:
    """Every row of every table, with ids and networks as numbers, in the order in which they were made."""
    url, lines = _url(here), []
    for table in sorted(set(SQLModel.metadata.tables) - UNTOLD):
        names = columns(url, table)
        for row in rows(url, f"SELECT * FROM {table}"):
            told = dict(zip(names, row, strict=True)) | dict.fromkeys(HASHED & set(names), "")
            lines.append(json.dumps([table, told]))
    known: dict[str, str] = {}
    for table, in_order in IN_ORDER.items():
        for (id,) in rows(url, f"SELECT id FROM {table} ORDER BY {in_order}"):
            known[id] = f"{table}-{len(known)}"
    for (network,) in rows(url, "SELECT network FROM comment WHERE network IS NOT NULL ORDER BY id"):
        known.setdefault(network, f"network-{len(known)}")
    text = "\n".join(lines)
    for id, name in known.items():
        text = text.replace(id, name)
    return sorted(text.split("\n"))


@pytest.mark.parametrize("seed", range(4))
async def test_both_ways_leave_the_same(seed: int) -> None:
    chance = random.Random(seed)
    async with world(premoderate=seed == 3) as plain, world(premoderate=seed == 3) as short:
        two = Two(plain, short)
        await two.begin(defaults=seed % 2 == 1)
        for _ in range(60):
            if chance.random() < 0.8:
                await two.post(chance)
            else:
                await two.decide(chance)
        for one, other in zip(everything(plain), everything(short), strict=True):
            assert json.loads(one) == json.loads(other)
        hints = [
            [(type(hint).__name__, str(hint).partition("public")[2]) for hint in here.hints] for here in (plain, short)
        ]
        assert hints[0] == hints[1]
        assert two.short >= (0 if seed == 3 else 3), "the short way was never taken"
