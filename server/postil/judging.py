"""What a site's rules say of something that is about to be posted: the facts they need, and their verdict."""

from dataclasses import dataclass

from postil import rulebook
from postil.db import Transaction
from postil.models import Author, Comment, Section
from postil.rules import Facts, Verdict, Why, judge
from postil.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Signs:
    """What came with a post beside its text: whether the field that people do not see was filled in, the seconds it
    took to write where the widget said so, where it came from (postil.networks), and what asked outside has said.
    """

    trapped: bool = False
    took: int | None = None
    network: str | None = None
    outside: tuple[Why, ...] = ()


NO_SIGNS = Signs()


async def judge_post(
    tx: Transaction, viewer: Viewer, author: Author, section: Section, source: str, html: str, signs: Signs
) -> Verdict:
    """The verdict on a new comment of `author` in `section`."""
    return judge(await rulebook.in_force(tx, viewer.site), Facts(is_staff=viewer.is_staff))


async def judge_edit(
    tx: Transaction, viewer: Viewer, author: Author, comment: Comment, source: str, html: str
) -> Verdict:
    """The verdict on an edit of `comment` that is not written yet."""
    return judge(await rulebook.in_force(tx, viewer.site), Facts(is_staff=viewer.is_staff))


def kin_of(source: str, html: str) -> str | None:
    """A short word that is equal for what one flood posts; None for what says too little to tell."""
    return None
