"""What is posted again and again, in nearly the same words or for the same links: its kin. Pure."""

from functools import lru_cache
from hashlib import blake2b

from postil.shown import Shown, shown_in
from postil.words import plain_words

FEWEST_WORDS = 5  # “I agree with you.” is nobody's flood
_SHINGLE = 4  # words in a row: fewer are shared by chance, more by too few of those that were changed a little
_MOST_LINKS = 20

OF_LINKS, OF_WORDS = "l", "w"


@lru_cache(maxsize=16)  # of a long text it is made beside the event loop, and asked for on it
def kin_of(source: str, html: str) -> str | None:
    """A short word that is equal for what one flood posts; None for what says too little to tell.

    With links: by where they lead, whatever is written around them. Without: by the smallest hash among those of every
    four words in a row, so that texts that share most of these mostly share it.
    """
    shown = shown_in(html)
    return _of_links(shown) if shown.links else _of_words(shown.text)


def _of_links(shown: Shown) -> str:
    places = {f"{link.host}/{link.path.strip('/').partition('/')[0].lower()}" for link in shown.links}
    return OF_LINKS + _hash(" ".join(sorted(places)[:_MOST_LINKS]))


def _of_words(text: str) -> str | None:
    words = plain_words(text)
    if len(words) < FEWEST_WORDS:
        return None
    rows = range(len(words) - _SHINGLE + 1)
    return OF_WORDS + min(_hash(" ".join(words[at : at + _SHINGLE])) for at in rows)


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, person=b"postil kin").hexdigest()
