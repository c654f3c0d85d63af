"""What a site's own moderators call spam: a naive Bayes filter that learns from their decisions."""

from postil.db import Transaction
from postil.models import Comment


async def learn(tx: Transaction, comment: Comment, *, is_spam: bool, forget: bool = False) -> None:
    """Count the words of a comment as spam or as none; `forget` takes back what was learned."""
