"""What rules take, what they say of a post, and what they would have said."""

from typing import Any

import pytest
from tests.world import OUTLINE, World, world

from postil import discussion, moderation, reading, rulebook
from postil.checks import NOTHING, Again, Facts, judge
from postil.db import Transaction
from postil.discussion import Draft, PageRef
from postil.errors import Blocked, Invalid
from postil.judging import Signs, kin_of
from postil.kinds import DEFAULTS, FORMS, effect_of, in_words, settings_of, whole
from postil.markup import render
from postil.models import Page
from postil.outline import outline_hash
from postil.places import Seen
from postil.policy import Action
from postil.rehearsal import rehearse
from postil.rules import Effect, Kind, RuleInForce, Verdict, Why, flagger_weight, flags_hide
from postil.shown import shown_in
from postil.states import SectionState, State

WEB = "https://spam.example"


def rule(kind: Kind, effect: Effect = Effect.HOLD, number: int = 4, **settings: Any) -> RuleInForce:
    return RuleInForce(number, 2, kind, FORMS[kind].title, effect, settings_of(kind, settings))


def says(each: RuleInForce, **facts: Any) -> str | None:
    verdict = judge([each], Facts(**facts))
    return verdict.whys[0].says if verdict.whys else None


def text(source: str) -> dict[str, Any]:
    return {"shown": shown_in(render(source).html)}


# Settings


def test_every_kind_that_is_a_rule_has_its_form() -> None:
    assert set(FORMS) == set(Kind) - {Kind.EDIT, Kind.APPEAL}


def test_settings_are_taken_from_forms_and_from_programs_alike() -> None:
    typed = settings_of(
        Kind.LINKS,
        {"most": "3", "hosts_refused": "Spam.Example\n*.casino.example \n\nspam.example", "newcomers_only": "yes"},
    )
    assert typed["most"] == 3 and typed["newcomers_only"] is True
    assert typed["hosts_refused"] == ["spam.example", "casino.example"]
    assert settings_of(Kind.LINKS, typed) == typed


REFUSED = [
    (Kind.LINKS, {"most": "many"}, "number"),
    (Kind.LINKS, {"most": -1}, "from 0 to 100"),
    (Kind.LINKS, {"most": "1.5"}, "whole"),
    (Kind.LINKS, {"hosts_refused": "not a host"}, "no host"),
    (Kind.REPEATS, {"times": "nan"}, "from 2"),
    (Kind.REVIEW, {"who": "everybody"}, "choose"),
    (Kind.WORDS, {"words": ""}, "at least one"),
    (Kind.WORDS, {"words": "a"}, "2 to 40"),
    (Kind.WORDS, {"words": "x" * 60}, "2 to 40"),
    (Kind.WORDS, {"words": "id*ot"}, "stars only"),
    (Kind.WORDS, {"words": [f"word{at}" for at in range(1001)]}, "1,000"),
    (Kind.SPAM, {"at": "1.5"}, "from 0.5 to 1"),
    (Kind.OUTSIDE, {"url": "ftp://x.example", "secret": "s"}, "address"),
    (Kind.OUTSIDE, {"url": "https://x.example", "secret": ""}, "missing"),
    (Kind.AKISMET, {"key": "", "site_url": "https://x.example"}, "missing"),
    (Kind.TRAP, {"words": "x"}, "no such setting"),
    (Kind.APPEAL, {}, "no such kind"),
]


@pytest.mark.parametrize(("kind", "raw", "said"), REFUSED)
def test_settings_that_cannot_be_used_are_refused_with_a_sentence(kind: Kind, raw: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        settings_of(kind, raw)
    assert said in refusal.value.detail
    assert refusal.value.detail.endswith(".")


def test_what_is_only_likely_is_never_refused() -> None:
    assert effect_of(Kind.WORDS, "block") is Effect.BLOCK
    for kind in (Kind.REVIEW, Kind.FLAGS, Kind.SPEED, Kind.SPAM, Kind.AKISMET, Kind.OUTSIDE):
        with pytest.raises(Invalid):
            effect_of(kind, "block")


@pytest.mark.parametrize("kind", FORMS)
def test_every_rule_can_be_said_in_words(kind: Kind) -> None:
    line = in_words(kind, {"words": ["one"], "url": "https://x.example"} if kind in (Kind.WORDS, Kind.OUTSIDE) else {})
    assert line and "{" not in line
    assert whole(kind, {}).keys() == {field.name for field in FORMS[kind].settings}


# Verdicts


def test_without_rules_everything_passes() -> None:
    assert judge([], Facts(trapped=True)) == Verdict()


def test_staff_are_never_held() -> None:
    every = [rule(Kind.REVIEW, who="everyone"), rule(Kind.TRAP), rule(Kind.WORDS, Effect.BLOCK, words=["idiot"])]
    facts = Facts(is_staff=True, trapped=True, outside=(Why(Kind.OUTSIDE, "x"),), **text("idiot"))
    assert judge(every, facts) == Verdict()


@pytest.mark.parametrize(
    ("who", "approved", "said"),
    [
        ("nobody", 0, None),
        ("everyone", 50, "every comment is looked at first"),
        ("guests", 50, "guests are looked at first"),
        ("newcomers", 0, "first comment here"),
        ("newcomers", 2, "new here: 2 published"),
        ("newcomers", 3, None),
    ],
)
def test_who_is_held_for_review(who: str, approved: int, said: str | None) -> None:
    assert says(rule(Kind.REVIEW, who=who, approved=3), approved=approved) == said


def test_a_word_is_named_with_its_rule_and_marked_as_it_stands() -> None:
    verdict = judge([rule(Kind.WORDS, words=["idiot", "fool"])], Facts(**text("An *1d*10t, a fool.")))
    assert verdict.effect is Effect.HOLD
    assert verdict.whys == (Why(Kind.WORDS, "words “idiot”, “fool”", 4, 2, ("1d10t", "fool")),)


LINKS = [
    (f"[a]({WEB}/1) [b]({WEB}/2) [c]({WEB}/3)", {}, "3 links"),
    (f"[a]({WEB}/1) [b]({WEB}/1) [c]({WEB}/1)", {}, None),
    (f"{WEB}/1 and {WEB}/2", {}, None),
    (f"{WEB}/1", {"most": 0}, "a link"),
    (f"{WEB}/1", {"most": 0, "hosts_allowed": "spam.example"}, None),
    ("https://a.spam.example/1", {"hosts_refused": "spam.example"}, "link to a.spam.example"),
    ("https://aspam.example/1", {"hosts_refused": "spam.example"}, None),
    ("https://blog.example/other", {"most": 0}, None),
    (f"{WEB}/1", {"most": 0, "newcomers_only": True}, "new author with a link"),
    ("a@b.example is not a link", {"most": 0}, None),
]


@pytest.mark.parametrize(("source", "settings", "said"), LINKS)
def test_links_are_counted(source: str, settings: dict[str, Any], said: str | None) -> None:
    assert says(rule(Kind.LINKS, **settings), own_hosts=frozenset({"blog.example"}), **text(source)) == said


def test_only_newcomers_links_are_counted_where_the_site_says_so() -> None:
    newcomers = rule(Kind.LINKS, most=0, newcomers_only=True, approved=2)
    assert says(newcomers, approved=1, **text(WEB)) == "new author with a link"
    assert says(newcomers, approved=2, **text(WEB)) is None


def test_what_was_posted_before_is_held() -> None:
    assert says(rule(Kind.REPEATS), again={24: Again(6, 6)}) == "same text on 6 pages"
    assert says(rule(Kind.REPEATS), again={24: Again(3, 1)}) == "same text 3 times"
    assert says(rule(Kind.REPEATS), again={24: Again(2, 2)}) is None
    assert says(rule(Kind.REPEATS, hours=1), again={24: Again(6, 6)}) is None


@pytest.mark.parametrize(
    ("took", "length", "held"), [(None, 10, False), (2, 10, True), (3, 10, False), (3, 1000, True), (30, 9999, False)]
)
def test_what_was_sent_sooner_than_anybody_writes_is_held(took: int | None, length: int, held: bool) -> None:
    said = says(rule(Kind.SPEED), took=took, **text("x" * length))
    assert said == (f"written in {took} seconds" if held else None)


def test_the_spam_filter_speaks_only_after_it_has_learned() -> None:
    assert says(rule(Kind.SPAM), spam=0.97, learned=(20, 20)) == "97 % like what was hidden as spam"
    assert says(rule(Kind.SPAM), spam=0.97, learned=(19, 400)) is None
    assert says(rule(Kind.SPAM), spam=0.8, learned=(20, 20)) is None


def test_who_is_asked_outside_can_hold_and_nothing_more() -> None:
    verdict = judge([], Facts(outside=(Why(Kind.AKISMET, "Akismet calls it spam", 3, 1),)))
    assert verdict.effect is Effect.HOLD and verdict.whys[0].rule == 3


def test_a_refusal_tells_the_word_that_was_written_and_no_other() -> None:
    verdict = judge([rule(Kind.WORDS, Effect.BLOCK, words=["idiot*", "secretword"])], Facts(**text("You 1d10t!")))
    assert verdict.effect is Effect.BLOCK
    assert "“1d10t”" in verdict.sentence and "secretword" not in verdict.sentence and "idiot" not in verdict.sentence


@pytest.mark.parametrize(
    ("each", "facts", "said"),
    [
        (rule(Kind.TRAP, Effect.BLOCK), {"trapped": True}, "field"),
        (rule(Kind.REPEATS, Effect.BLOCK), {"again": {24: Again(3, 1)}}, "several times"),
        (rule(Kind.LINKS, Effect.BLOCK, most=0), text(WEB), "more links"),
        (rule(Kind.LINKS, Effect.BLOCK, hosts_refused="spam.example"), text(WEB), "spam.example"),
    ],
)
def test_a_refusal_says_what_to_do(each: RuleInForce, facts: dict[str, Any], said: str) -> None:
    assert said in judge([each], Facts(**facts)).sentence


def test_the_hardest_effect_counts_and_every_reason_is_told() -> None:
    rules = [rule(Kind.TRAP, number=1), rule(Kind.WORDS, Effect.BLOCK, number=2, words=["idiot"])]
    verdict = judge(rules, Facts(trapped=True, **text("idiot")))
    assert verdict.effect is Effect.BLOCK
    assert [why.rule for why in verdict.whys] == [1, 2]


def test_nothing_is_something_to_judge() -> None:
    assert judge([rule(Kind.WORDS, words=["idiot"]), rule(Kind.LINKS, most=0)], Facts(shown=NOTHING)) == Verdict()


# Flags


def test_fresh_accounts_weigh_nothing_together() -> None:
    assert not flags_hide([flagger_weight(0, 0)] * 200, 2.0)
    assert flags_hide([flagger_weight(4, 1)] * 50, 2.0)


def test_a_flag_weighs_more_the_oftener_it_was_right() -> None:
    weights = [flagger_weight(right, 1) for right in range(30)]
    assert weights == sorted(weights) and 0 <= weights[0] < weights[-1] < 1
    assert flagger_weight(0, 50) < 0.01


# Kin

LONG = "I earn four thousand dollars a week from home, and my cousin showed me how, so look at my profile today"


def test_a_flood_is_of_one_kin() -> None:
    def kin(source: str) -> str | None:
        return kin_of(source, render(source).html)

    assert kin(LONG) == kin(LONG.upper() + "!!!") == kin(LONG.replace("o", "0").replace("0", "о"))
    assert kin(LONG) != kin("The bakery on the corner has been there since my grandmother was a girl.")
    assert kin("Me too.") is None
    assert kin(f"Great {WEB}/win/1?x=2") == kin(f"Look here {WEB}/win/77") != kin("https://other.example/win")


def test_texts_that_differ_a_little_mostly_share_their_kin() -> None:
    words = LONG.split()
    changed = [" ".join([*words[:at], "really", *words[at + 1 :]]) for at in range(len(words))]
    whole = kin_of(LONG, render(LONG).html)
    assert sum(kin_of(each, render(each).html) == whole for each in changed) >= len(words) // 2


# Kept, and asked


async def add(tx: Transaction, here: World, kind: Kind, effect: Effect = Effect.HOLD, **settings: Any) -> None:
    await rulebook.write_rule(
        tx, here.site.id, kind, name=FORMS[kind].title, effect=effect, settings=settings_of(kind, settings)
    )


async def say(here: World, who: str, source: str, *, page: str = "essay", signs: Signs = Signs()) -> State:  # noqa: B008
    here.posts += 1
    ref = PageRef(f"blog.example/{page}", f"https://blog.example/{page}", page)
    draft = Draft(
        ref, who, source, f"nonce-{here.posts:06}", outline=Seen(outline_hash(OUTLINE), tuple(OUTLINE)), signs=signs
    )
    async with here.database.begin() as tx:
        written = await discussion.post(tx, here.reader(who), draft, render(source))
    return written.comment.state


async def test_a_rule_has_versions_and_the_latest_is_in_force() -> None:
    async with world() as here, here.database.begin() as tx:
        await add(tx, here, Kind.WORDS, words=["one"])
        await rulebook.write_rule(
            tx, here.site.id, Kind.WORDS, name="Words", effect=Effect.BLOCK, settings={"words": ["two"]}, number=1
        )
        (latest,) = await rulebook.in_force(tx, here.site.id)
        assert (latest.number, latest.version, latest.effect, latest.settings) == (
            1,
            2,
            Effect.BLOCK,
            {"words": ["two"]},
        )
        assert [each.version for each in await rulebook.history(tx, here.site.id, 1)] == [2, 1]


async def test_a_site_has_not_more_rules_than_can_be_asked() -> None:
    async with world() as here, here.database.begin() as tx:
        for _ in range(rulebook.MOST_RULES):
            await add(tx, here, Kind.TRAP)
        with pytest.raises(Invalid):
            await add(tx, here, Kind.TRAP)


async def test_what_a_new_site_begins_with_holds_only_what_nobody_means() -> None:
    async with world() as here:
        async with here.database.begin() as tx:
            await rulebook.begin_with(tx, here.site.id, DEFAULTS)
        assert await say(here, "Rosa", "A first thought, with one link: https://spam.example") is State.PUBLISHED
        assert await say(here, "Rosa", "https://a.example https://b.example https://c.example") is State.PENDING
        assert await say(here, "Bot", "Cheap pills for everyone here.", signs=Signs(trapped=True)) is State.PENDING
        assert await say(here, "Bot", "Cheap watches for everyone here.", signs=Signs(took=1)) is State.PENDING
        states = [await say(here, f"Bot {at}", LONG, page=f"page-{at}") for at in range(4)]
        assert states == [State.PUBLISHED, State.PUBLISHED, State.PENDING, State.PENDING]
        caught = await _caught(here)
        assert caught == {2: 1, 3: 1, 4: 2, 5: 1}


async def _caught(here: World) -> dict[int, int]:
    async with here.database.read() as snapshot:
        return await rulebook.catches(snapshot, here.site.id)


async def test_links_that_stayed_before_are_no_flood() -> None:
    async with world() as here:
        async with here.database.begin() as tx:
            await add(tx, here, Kind.REPEATS, times=3, hours=1)
        assert await say(here, "Rosa", "See https://en.wiki.example/wiki/Bees") is State.PUBLISHED
        here.clock.now += 2 * 3600
        states = [await say(here, f"Reader {at}", f"https://en.wiki.example/wiki/{at}") for at in range(5)]
        assert set(states) == {State.PUBLISHED}
        flood = [await say(here, f"Bot {at}", f"https://spam.example/win/{at}") for at in range(5)]
        assert flood == [State.PUBLISHED] * 2 + [State.PENDING] * 3


async def test_a_newcomer_is_one_until_enough_of_his_stayed() -> None:
    async with world() as here:
        async with here.database.begin() as tx:
            await add(tx, here, Kind.REVIEW, who="newcomers", approved=2)
        assert await say(here, "Rosa", "One.") is State.PENDING
        for _ in range(2):
            await _approve_all(here)
            state = await say(here, "Rosa", "Another.")
        assert state is State.PUBLISHED
        assert await say(here, "Sam", "One.") is State.PENDING


async def _approve_all(here: World) -> None:
    async with here.database.begin() as tx:
        caught = await rehearse(tx, here.site.id, rule(Kind.REVIEW, who="everyone"))
        for each in caught.caught:
            if each.state is State.PENDING:
                await moderation.decide(tx, here.moderator, each.comment, Action.APPROVE)


async def test_a_blocked_text_is_refused_with_the_rules_sentence() -> None:
    async with world() as here:
        async with here.database.begin() as tx:
            await add(tx, here, Kind.WORDS, Effect.BLOCK, words=["idiot", "hidden"])
        with pytest.raises(Blocked) as refusal:
            await say(here, "Rosa", "You i d i o t")
        assert "“i d i o t”" in refusal.value.detail and "hidden" not in refusal.value.detail


async def test_a_rehearsal_tells_what_would_have_been_caught_and_changes_nothing() -> None:
    async with world() as here:
        for at in range(20):
            await say(here, "Rosa" if at % 2 else "Sam", f"Thought {at}{' of an idiot' if at % 5 == 0 else ''}.")
        async with here.database.read() as snapshot:
            told = await rehearse(snapshot, here.site.id, rule(Kind.WORDS, words=["idiot"]))
            assert (told.of, len(told.caught), told.published, told.hidden) == (20, 4, 4, 0)
            assert told.caught[0].text == "Thought 15 of an idiot."
            assert told.caught[0].why.marks == ("idiot",)
            few = await rehearse(snapshot, here.site.id, rule(Kind.WORDS, words=["idiot"]), last=3)
            assert (few.of, len(few.caught)) == (3, 0)
            new = await rehearse(snapshot, here.site.id, rule(Kind.REVIEW, who="newcomers", approved=3))
            assert len(new.caught) >= 6, "the first three of each"
            assert not await rulebook.rules_of(snapshot, here.site.id)


async def test_a_rehearsal_counts_repeats_as_they_came() -> None:
    async with world() as here:
        for at in range(5):
            await say(here, f"Bot {at}", LONG, page=f"page-{at}")
            here.clock.now += 1800
        async with here.database.read() as snapshot:
            told = await rehearse(snapshot, here.site.id, rule(Kind.REPEATS, times=3, hours=24))
            assert [each.why.says for each in told.caught] == [f"same text on {at} pages" for at in (5, 4, 3)]
            told = await rehearse(snapshot, here.site.id, rule(Kind.REPEATS, times=4, hours=1))
            assert not told.caught


async def test_a_rehearsal_weighs_flags() -> None:
    async with world() as here:
        await say(here, "Rosa", "Flagged by many.")
        async with here.database.begin() as tx:
            every = await rehearse(tx, here.site.id, rule(Kind.REVIEW, who="everyone"))
            for at in range(8):
                viewer = here.reader(f"Flagger {at}")
                await discussion.flag(tx, viewer, every.caught[0].comment, "spam", "")
                author = await reading.find_author(tx, viewer)
                assert author is not None
                author.flags_right = 10 if at < 4 else 0
        async with here.database.read() as snapshot:
            assert len((await rehearse(snapshot, here.site.id, rule(Kind.FLAGS, weight=2.0))).caught) == 1
            assert not (await rehearse(snapshot, here.site.id, rule(Kind.FLAGS, weight=4.0))).caught


@pytest.mark.parametrize("kind", [kind for kind, form in FORMS.items() if not form.can_rehearse])
async def test_what_cannot_be_known_afterwards_is_said(kind: Kind) -> None:
    async with world() as here, here.database.read() as snapshot:
        assert (await rehearse(snapshot, here.site.id, RuleInForce(1, 1, kind, "", Effect.HOLD))).unknown.endswith(".")


async def test_old_sections_are_due_until_a_moderator_says_otherwise() -> None:
    async with world() as here:
        await say(here, "Rosa", "Long ago.", page="old")
        async with here.database.begin() as tx:
            await add(tx, here, Kind.AGE, days=30)
            assert await rulebook.sections_due(tx, here.site.id) == []
            assert rulebook.close_after(await rulebook.in_force(tx, here.site.id)) == 30
        here.clock.now += 31 * 86_400
        await say(here, "Rosa", "Just now.", page="new")
        async with here.database.begin() as tx:
            (due,) = await rulebook.sections_due(tx, here.site.id)
            await moderation.set_section_state(tx, here.moderator, due, SectionState.OPEN)
        async with here.database.read() as snapshot:
            assert await rulebook.sections_due(snapshot, here.site.id) == []
            assert (await snapshot.get_one(Page, (await reading.find_section(snapshot, due))[1].id)).title == "old"
