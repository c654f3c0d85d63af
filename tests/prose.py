"""Sections to match: short texts of our own, no two about the same thing, and edits of them."""

import random

from postil.fingerprint import fingerprint
from postil.outline import OutlineSection

BREAD = """Weigh the flour and the water, stir them until no dry patch is left, and let the bowl rest under a cloth for
half an hour. Salt goes in afterwards, dissolved in a spoonful of warm water, because it slows the yeast down. Fold the
dough over itself four times in the first two hours."""
OVEN = """Heat the stone for at least forty minutes before the loaf goes in. A pan of boiling water on the lower rack
makes the steam that keeps the crust soft while it swells. Take the pan out after a quarter of an hour, open the door
for a moment, and bake on until the bottom sounds hollow when knocked."""
TIDES = """The harbour empties twice a day. Boats with a keel lie against the wall and wait, flat ones simply sit down
in the mud. Fishermen know the hours by heart, visitors read them off a board beside the lifeboat shed, and everybody
looks at the moon when the equinox comes near."""
BELLS = """Eight bells hang in the tower, cast from two broken ones after the fire. Ringers learn to feel the rope
before they learn to pull it. On practice evenings the louvres are closed for the neighbours' sake, but on New Year's
Eve the whole valley hears the changes until long past midnight."""
BEES = """A swarm that has just left its hive is gentle, since there is no brood to defend and every bee has filled
herself with honey. Hold a box under the branch, shake it once, firmly, and leave the box in the shade until dusk: the
stragglers find the queen by her scent and march in like soldiers."""
TRAINS = """The narrow line climbs four hundred metres in nine kilometres. Until the sixties a second engine pushed from
behind; today one railcar does it alone, empty seats and all. Whoever sits on the left sees the viaduct twice, first
from below and then, after the spiral tunnel, from above."""
ALL = [BREAD, OVEN, TIDES, BELLS, BEES, TRAINS]

STRANGE = "quartz pixel vermouth jigsaw ballast cobalt trellis mammoth puddle yonder gazette lantern".split()


def section(heading: str, text: str = "", level: int = 2, **more: str) -> OutlineSection:
    """A section as a browser would send it; `more`: id, key."""
    return OutlineSection(heading, level, more.get("id"), more.get("key"), *fingerprint(text))


def page(*texts: str, heading: str = "Part {}") -> list[OutlineSection]:
    """An outline with one section per text, headings numbered."""
    return [section(heading.format(chr(ord("A") + at)), text) for at, text in enumerate(texts)]


def edited(text: str, share: float, seed: int = 1) -> str:
    """The text with that share of its words replaced by words that occur in no other text."""
    chance = random.Random(seed)
    return " ".join(chance.choice(STRANGE) if chance.random() < share else word for word in text.split())
