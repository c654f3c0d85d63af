"""What a site's own moderators call spam: a Bayes filter that learns from their decisions.

Each word of a decided comment is counted once, for spam or for none; what is kept is a keyed hash of the word and two
numbers, so that a purged text cannot be read in it. How likely a text is spam is told from its most telling words,
each by Robinson's estimate (a word that was seen once says little), together by Fisher's method, as SpamBayes did.
Why it is our own: docs/decisions/0006-spam-filter.md.
"""

import math
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import pairwise

from sqlalchemy import case, delete, func, select, update
from sqlmodel import col

from postil.db import Snapshot, Transaction
from postil.models import Comment, SpamWord
from postil.shown import shown_in
from postil.upsert import insert
from postil.words import plain_words

MOST_TOKENS = 150  # distinct ones of a comment: a longer text says no more, and costs the writer's time
MOST_WORDS = 100_000  # kept for a site; beyond, those that were seen once go
_TELLING = 50  # words that decide, of those that lean to one side
_LEANS = 0.1
_BEFORE = 0.5  # how likely a word of which nothing is known belongs to spam,
_WEIGHT = 0.45  # and how many sightings that belief is worth
_EVERY = 200  # decisions between two looks at how many words are kept

_ALL = ""  # the row that counts comments


async def learn(tx: Transaction, comment: Comment, *, is_spam: bool, forget: bool = False) -> None:
    """Count the words of a comment as spam or as none; `forget` takes back what was learned."""
    # In one order for all, so that two who learn at once do not wait for each other's words.
    words = [_ALL, *sorted(_hashed(comment.site_id, tokens(comment.html)))]
    if forget:
        await _take_back(tx, comment.site_id, words, is_spam)
        return
    one = {"spam": int(is_spam), "ham": int(not is_spam)}
    new = insert(tx, SpamWord).values([{"site_id": comment.site_id, "word": word, **one} for word in words])
    kept = {"spam": SpamWord.spam + new.excluded.spam, "ham": SpamWord.ham + new.excluded.ham}
    await tx.execute(
        new.on_conflict_do_update(index_elements=["site_id", "word"], set_=kept),
        execution_options={"synchronize_session": False},
    )
    if sum(await learned(tx, comment.site_id)) % _EVERY == 0:
        await _bound(tx, comment.site_id)


async def _take_back(tx: Transaction, site: str, words: Sequence[str], is_spam: bool) -> None:
    column = col(SpamWord.spam) if is_spam else col(SpamWord.ham)
    theirs = (col(SpamWord.site_id) == site) & col(SpamWord.word).in_(words)
    quietly = {"synchronize_session": False}
    less = update(SpamWord).where(theirs).values({column: case((column > 0, column - 1), else_=0)})
    await tx.execute(less, execution_options=quietly)
    empty = theirs & (col(SpamWord.spam) == 0) & (col(SpamWord.ham) == 0)
    await tx.execute(delete(SpamWord).where(empty), execution_options=quietly)


async def _bound(tx: Transaction, site: str) -> None:
    of_site = col(SpamWord.site_id) == site
    if (await tx.scalar(select(func.count()).select_from(SpamWord).where(of_site)) or 0) <= MOST_WORDS:
        return
    rare = delete(SpamWord).where(of_site, col(SpamWord.spam) + col(SpamWord.ham) <= 1, col(SpamWord.word) != _ALL)
    await tx.execute(rare, execution_options={"synchronize_session": False})


async def learned(snapshot: Snapshot, site: str) -> tuple[int, int]:
    """Of how many comments that were spam, and how many that were none, the site's filter knows."""
    query = select(col(SpamWord.spam), col(SpamWord.ham)).where(
        col(SpamWord.site_id) == site, col(SpamWord.word) == _ALL
    )
    row = (await snapshot.execute(query)).first()
    return (row[0], row[1]) if row else (0, 0)


async def probability(
    snapshot: Snapshot, site: str, source: str, html: str, *, without: str | None = None
) -> float | None:
    """How likely a text is spam, from 0 to 1; None until the site's moderators decided about some of each. `without`:
    as if this very text had not been learned, as "spam" or as "ham".
    """
    words = [_ALL, *_hashed(site, tokens(html))]
    query = select(col(SpamWord.word), col(SpamWord.spam), col(SpamWord.ham)).where(
        col(SpamWord.site_id) == site, col(SpamWord.word).in_(words)
    )
    less = (int(without == "spam"), int(without == "ham"))
    rows = await snapshot.execute(query)
    counts = {word: (max(spam - less[0], 0), max(ham - less[1], 0)) for word, spam, ham in rows}
    spam, ham = counts.pop(_ALL, (0, 0))
    return likeness(counts.values(), spam, ham) if min(spam, ham) else None


def tokens(html: str) -> list[str]:
    """What a filter looks at: words and pairs of words from the beginning, hosts of links and how many there are."""
    shown = shown_in(html)
    words = plain_words(shown.text)
    links = [f"host:{link.host}" for link in shown.links]
    links.append(f"links:{min(len(links), 4)}")
    pairs = [f"{one} {two}" for one, two in pairwise(words)]
    return list(dict.fromkeys([*links, *words[:100], *pairs[:100]]))[:MOST_TOKENS]


def likeness(counts: Iterable[tuple[int, int]], spam: int, ham: int) -> float:
    """How likely a text is spam whose words were in so many of `spam` and of `ham` comments (both over 0)."""
    leaning = [_lean(*count, spam, ham) for count in counts]
    telling = sorted((each for each in leaning if abs(each - 0.5) >= _LEANS), key=lambda each: -abs(each - 0.5))
    telling = telling[:_TELLING]
    if not telling:
        return 0.5
    for_spam = _chi2(-2 * sum(math.log(1 - each) for each in telling), 2 * len(telling))
    for_ham = _chi2(-2 * sum(math.log(each) for each in telling), 2 * len(telling))
    return (1 + for_ham - for_spam) / 2


def _lean(in_spam: int, in_ham: int, spam: int, ham: int) -> float:
    """How likely a comment with this word is spam, were there as many of both."""
    bad, good = min(1.0, in_spam / spam), min(1.0, in_ham / ham)
    seen = in_spam + in_ham
    share = bad / (bad + good) if seen else _BEFORE
    return (_WEIGHT * _BEFORE + seen * share) / (_WEIGHT + seen)


def _chi2(value: float, freedom: int) -> float:
    """How likely chance alone gives `value` or more (`freedom` is even)."""
    half = value / 2
    term = total = math.exp(-half)
    for at in range(1, freedom // 2):
        term *= half / at
        total += term
    return min(total, 1.0)


def _hashed(site: str, words: Iterable[str]) -> list[str]:
    return [
        blake2b(
            word.encode("utf-8", "surrogatepass"), digest_size=9, key=site.encode(), person=b"postil spam"
        ).hexdigest()
        for word in words
    ]
