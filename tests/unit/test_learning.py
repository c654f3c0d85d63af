"""The spam filter: what it learns, forgets, and how well it tells, on decisions that it has not seen.

The corpus is made, not collected: readers' sentences about articles against the kinds of spam that comment sections
get, each put together at random from parts, with words in common. It shows that the filter works as meant and that it
does not get worse; how well it does on a site is for that site's own decisions to show
(docs/decisions/0006-spam-filter.md).
"""

import random
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import func, select
from tests.world import World, world

from postil import learning
from postil.db import Snapshot, Transaction
from postil.learning import MOST_TOKENS, learn, learned, likeness, probability, tokens
from postil.markup import render
from postil.models import Comment, SpamWord

OPENINGS = (
    "I think|We found that|In my town|Honestly|As a doctor I would say|The author forgets that|Nobody mentions that|"
    "It seems to me|Great point, but|My neighbour says|Last year|I disagree:|Thank you for this;|When I was young"
).split("|")
SUBJECTS = (
    "the bakery|the ring road|rent|the tram|cycling in winter|the second chart|the sample|parking|the council|"
    "free parking|the market square|the new bridge|a small shop|the cost of it|money for the school|online shopping|"
    "delivery|the vote"
).split("|")
VERBS = (
    "never recovered|was worth it|took eleven months|costs more than it earns|is better now|got worse|"
    "needs another look|was counted twice|works in other cities|is what people want|pays for itself|is hard to measure|"
    "came back"
).split("|")
ENDINGS = (
    "and I would like to see the numbers.|which the article says too.|at least on Saturdays.|so what is the source?|"
    "as you can read at https://en.wiki.example/wiki/Street.|and that is a shame.|but who pays for it?|"
    "if the weather is good.|in my opinion.|and my family agrees.|see https://data.example/report for more."
).split("|")
PITCHES = (
    "earn money online from home|buy cheap replica watches|best casino bonus today|hot singles in your town|"
    "get rid of debt fast|invest in crypto and double your money|free followers for your page|"
    "cheap pills without receipt|write your essay for you|win a free phone now|work from home and earn a week|"
    "top quality backlinks for your site"
).split("|")
CALLS = (
    "click here|visit my site|contact us today|limited offer|sign up free|write to my telegram|check my profile|"
    "whatsapp me now|order today|do not miss it|100 % guaranteed|read more at"
).split("|")
FLATTERY = (
    "Great article!|Very nice post, thank you for sharing.|I really like your writing.|Amazing blog, keep it up.|"
    "This helped me a lot.|Wow, what a site.|"
).split("|")
HOSTS = ("win-big.example", "cheap-rx.example", "coinz.example", "best-essay.example", "seo4u.example")


def wanted(chance: random.Random) -> str:
    return " ".join(
        f"{chance.choice(OPENINGS)} {chance.choice(SUBJECTS)} {chance.choice(VERBS)} {chance.choice(ENDINGS)}"
        for _ in range(chance.randint(1, 3))
    )


def unwanted(chance: random.Random) -> str:
    words = f"{chance.choice(FLATTERY)} {chance.choice(PITCHES)}, {chance.choice(CALLS)}"
    if chance.random() < 0.3:  # hides among sentences of the article's readers
        words = f"{wanted(chance)} {words}"
    if chance.random() < 0.7:
        words += f" https://{chance.choice(HOSTS)}/{chance.randint(1, 9999)}"
    return words.replace("o", "0") if chance.random() < 0.1 else words


def corpus(seed: int, size: int) -> Iterator[tuple[str, bool]]:
    chance = random.Random(seed)
    for _ in range(size):
        is_spam = chance.random() < 0.4
        yield (unwanted if is_spam else wanted)(chance), is_spam


def at_once(texts: Iterator[tuple[str, bool]]) -> Iterator[list[tuple[str, bool]]]:
    """A few: on PostgreSQL what has not ended after 20 seconds is cut off, and on a busy machine hundreds have not."""
    while some := list(islice(texts, 40)):
        yield some


async def teach(tx: Transaction, here: World, source: str, is_spam: bool, **how: Any) -> None:
    comment = SimpleNamespace(site_id=here.site.id, source=source, html=render(source).html)
    await learn(tx, cast(Comment, comment), is_spam=is_spam, **how)


async def ask(snapshot: Snapshot, here: World, source: str) -> float | None:
    return await probability(snapshot, here.site.id, source, render(source).html)


@pytest.mark.parametrize(("taught", "precision", "recall"), [(60, 0.9, 0.5), (400, 0.95, 0.7)])
async def test_it_tells_spam_it_has_not_seen(taught: int, precision: float, recall: float) -> None:
    async with world() as here:
        for some in at_once(corpus(1, taught)):
            async with here.database.begin() as tx:
                for source, is_spam in some:
                    await teach(tx, here, source, is_spam)
        asked = []
        for some in at_once(corpus(2, 400)):
            async with here.database.read() as snapshot:
                asked += [(await ask(snapshot, here, source), is_spam) for source, is_spam in some]
        right = wrong = missed = 0
        for said, is_spam in asked:
            assert said is not None and 0 <= said <= 1
            caught = said >= 0.9
            right, wrong, missed = (
                right + (caught and is_spam),
                wrong + (caught and not is_spam),
                missed + (is_spam > caught),
            )
        print(f"\nafter {taught} decisions: {right} caught, {wrong} wrongly, {missed} missed;", end=" ")
        print(f"precision {right / (right + wrong):.3f}, recall {right / (right + missed):.3f}")
        assert right / (right + wrong) >= precision
        assert right / (right + missed) >= recall


async def test_it_says_nothing_before_it_has_learned_some_of_each() -> None:
    async with world() as here, here.database.begin() as tx:
        assert await ask(tx, here, "Buy cheap watches.") is None
        await teach(tx, here, "Buy cheap watches.", True)
        assert await ask(tx, here, "Buy cheap watches.") is None
        await teach(tx, here, "A thought about trams.", False)
        spam, ham = await ask(tx, here, "Buy cheap watches."), await ask(tx, here, "A thought about trams.")
        assert spam is not None and ham is not None and spam > 0.6 > 0.4 > ham


async def test_what_was_learned_is_forgotten_without_a_trace() -> None:
    async with world() as here, here.database.begin() as tx:
        for source, is_spam in corpus(3, 10):
            await teach(tx, here, source, is_spam)
        for source, is_spam in corpus(3, 10):
            await teach(tx, here, source, is_spam, forget=True)
        assert await tx.scalar(select(func.count()).select_from(SpamWord)) == 0
        await teach(tx, here, "Never learned.", True, forget=True)
        assert await learned(tx, here.site.id) == (0, 0)


async def test_a_comment_counts_a_bounded_number_of_words_and_keeps_none_of_them() -> None:
    letters = "abcdefghij"
    long = " ".join(f"canary{one}{two}{three}" for one in letters for two in letters for three in letters)
    async with world() as here, here.database.begin() as tx:
        await teach(tx, here, long, True)
        words = [row.word for row in await tx.scalars(select(SpamWord))]
        assert len(words) == MOST_TOKENS + 1
        assert not any("canary" in word for word in words)
        assert len({len(word) for word in words if word}) == 1


async def test_rare_words_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MOST_WORDS", 100)
    monkeypatch.setattr(learning, "_EVERY", 10)
    async with world() as here, here.database.begin() as tx:
        for at in range(10):
            await teach(tx, here, f"often seen {' '.join(f'rare{at}x{each}' for each in 'abcdefghijklm')}", at % 2 == 0)
        kept = await tx.scalar(select(func.count()).select_from(SpamWord)) or 0
        assert 3 <= kept < 100
        assert await learned(tx, here.site.id) == (5, 5)


async def test_each_site_learns_for_itself() -> None:
    async with world() as here, here.database.begin() as tx:
        await teach(tx, here, "Buy cheap watches.", True)
        await teach(tx, here, "A thought.", False)
        assert await probability(tx, "other", "x", render("Buy cheap watches.").html) is None


def test_look_alikes_are_the_same_word() -> None:
    assert set(tokens(render("buy cheap watches").html)) == set(tokens(render("BUY chеар wаtсhеs!").html))


def test_nothing_that_is_known_is_even() -> None:
    assert likeness([], 10, 10) == 0.5
    assert likeness([(5, 5)] * 50, 10, 10) == 0.5
    assert likeness([(10, 0)] * 300, 10, 10) > 0.99
    assert likeness([(0, 10)] * 300, 10, 10) < 0.01
