"""Sample readers and what they say, so that a newcomer sees a discussion and not an empty box."""

from typing import NamedTuple


class Sample(NamedTuple):
    """A comment: in which of the article's sections (0 is the introduction), by whom, under which earlier one."""

    section: int
    name: str
    source: str
    under: int | None = None
    supporters: int = 0
    flags: int = 0


SAMPLES = (
    Sample(
        1,
        "Marguerite",
        "I am one of those who come after nine. With two small children there is *no other hour*.",
        None,
        4,
    ),
    Sample(
        1,
        "Pavel",
        "> success\n\nCounted in visits, yes. I would like to see how many of them are people who did not come before.",
        None,
        2,
    ),
    Sample(1, "Clara", "The council publishes it by card number, so somebody could count exactly that.", 1),
    Sample(1, "Pavel", "Thank you, I did not know. I will ask for it.", 2, 1),
    Sample(
        2,
        "Noor",
        "I was a librarian for thirty years. *Nothing happens* is what it looks like when somebody is there.",
        None,
        6,
    ),
    Sample(2, "Piet", "That sentence belongs in the article.", 4, 2),
    Sample(3, "Clara", "My father does not go in when nobody is at the desk. He would never say why.", None, 3),
    Sample(5, "Piet", "Spring is a good time to try it: `18:00`–`21:00` with one person, and then compare.", None, 1),
    # These two wait at /moderate: one is flagged, one is held by the rule about newcomers' links.
    Sample(4, "Viktor", "Only an idiot would write that, and you know it. Show me one town where it worked.", flags=3),
    Sample(
        4,
        "newreader_88",
        "great post!! my cousin earns 4000 a week from home https://earn.example/a https://earn.example/b"
        " https://earn.example/c",
    ),
)
