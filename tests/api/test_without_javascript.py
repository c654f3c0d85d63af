"""Discussions as pages: read, linked to, found, and written in, without JavaScript and with one cookie."""

import json
import re
from typing import Any

import pytest
from tests.guest import Guest, Page
from tests.service import ORIGIN, URL, Moderator, Reader, Service, text_of

from postil import rulebook
from postil.db import Transaction
from postil.kinds import settings_of
from postil.rendered import MAX_SOURCE
from postil.rules import Effect, Kind
from postil.web import threads
from postil.web.guests import SEAL_SECONDS


@pytest.fixture
def guest(service: Service) -> Guest:
    return Guest(service)


def data(page: Page) -> Any:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.html, re.DOTALL)
    return json.loads(found[1]) if found else None


def section_of(guest: Guest) -> tuple[str, str]:
    """The paths of a page's discussion, and of its first section."""
    page = guest.here()
    return page.url, next(to for to, _ in page.links if to.count("/") == 3 and to.startswith("/t/") and "/c/" not in to)


# Reading


def test_a_discussion_is_indexable_and_says_what_it_is(service: Service, reader: Reader, guest: Guest) -> None:
    service.clock.now = 1_700_000_000
    root = reader.post("Words & <b>more</b> </script><script>alert(1)</script>", name="</script> & Co", index=1)
    reader.support(reader.reply(root, "An **answer**."))

    page = guest.here()

    assert page.rels["canonical"] == f"{service.url}{page.url}"
    assert "robots" not in page.metas and "2 comments" in page.metas["description"]
    said = data(page)
    assert (said["@type"], said["url"], said["discussionUrl"]) == ("Article", URL, f"{service.url}{page.url}")
    first = said["comment"][0]
    assert (first["author"]["name"], first["datePublished"]) == ("</script> & Co", "2023-11-14T22:13:20Z")
    assert "</script><script>alert(1)</script>" in first["text"]
    assert (first["comment"][0]["text"], first["comment"][0]["upvoteCount"]) == ("An answer.", 1)
    assert page.html.count("<script") == 1 and "alert(1)</script" not in page.html


def test_pages_revalidate_and_what_a_cookie_adds_is_kept_by_nobody(
    reader: Reader, moderator: Moderator, guest: Guest
) -> None:
    comment = reader.post("Seen, and gone.")
    reader.post("Stays.")
    whole, section = section_of(guest)
    for path in (whole, section):
        first = guest.ask("GET", path)
        assert first.headers["cache-control"] == "no-cache" and "Cookie" in first.headers["vary"]
        again = guest.ask("GET", path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    reader.post("Another.")
    assert guest.ask("GET", whole, headers={"If-None-Match": first.headers["etag"]}).status_code == 200
    assert "Seen, and gone." in guest.go(whole).html
    moderator.hide(comment)
    assert all("Seen, and gone." not in guest.go(path).html for path in (whole, section))

    guest.write(guest.go(f"{section}/write"), "Mine.")
    told = guest.ask("GET", whole)
    assert (told.headers["cache-control"], "etag" in told.headers) == ("no-store", False)


def test_a_long_section_goes_on_page_by_page_and_back(
    service: Service, reader: Reader, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "COMMENTS_SHOWN", 10)
    first = reader.post("Nr 0")
    posted = [first["id"], *(reader.post(f"Nr {at}", section=first["section"])["id"] for at in range(1, 25))]
    for at in range(6):
        reader.support({"id": posted[at * 3]})
    _, path = section_of(guest)
    for query, expected in (("", posted), ("?sort=newest", posted[::-1])):
        page, seen = guest.go(path + query), []
        while True:
            seen.append(page.ids())
            if "next" not in page.rels:
                break
            page = guest.go(page.rels["next"])
            assert (page.metas.get("robots") == "noindex") is bool(query)
            if not query:
                assert page.rels["canonical"] == service.url + page.url
        assert [id for ids in seen for id in ids] == expected
        assert [len(each) for each in seen] == [10, 10, 5]
        for before in (seen[1], seen[0]):
            page = guest.go(page.rels["prev"])
            assert page.ids() == before
    supported = guest.go(f"{path}?sort=supported")
    assert supported.ids()[:6] == [posted[at * 3] for at in range(6)]
    assert not set(supported.ids()) & set(guest.go(supported.rels["next"]).ids())

    led = guest.ask("GET", f"/t/c/{posted[20]}").headers["location"]
    assert led == f"{path}?around={posted[20]}#postil-{posted[20]}"
    assert posted[20] in guest.go(led.partition("#")[0]).ids()
    assert guest.ask("GET", f"/t/c/{posted[2]}").headers["location"] == f"{path}#postil-{posted[2]}"


def test_of_many_sections_each_shows_a_few_and_leads_on(
    reader: Reader, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "MOST_SHOWN", 10)
    for index in range(3):
        for number in range(7):
            reader.post(f"Nr {number}", index=index)
    page = guest.here()
    assert len(page.ids()) == 3 * threads.FEWEST_SHOWN
    assert "Nr 5 " in guest.go(page.link("7 comments in all")).words


def test_a_thread_that_is_cut_goes_on_by_a_link(reader: Reader, guest: Guest) -> None:
    root = reader.post("The root.", index=0)
    last = [reader.reply(root, f"Reply {at}") for at in range(30)][-1]
    page = guest.here()
    assert last["id"] not in page.ids()

    assert last["id"] in guest.go(page.link("Show more replies")).ids()
    assert last["id"] in guest.go(f"/t/c/{last['id']}").ids()


def test_states_of_a_section_are_told_and_kept(reader: Reader, moderator: Moderator, guest: Guest) -> None:
    comment = reader.post()
    _, path = section_of(guest)
    moderator.set_section(comment["section"], "slow", minutes=5)
    assert "One comment every 5 minutes" in guest.go(path).words
    guest.write(guest.go(f"{path}/write"), "Once.")
    refused = guest.write(guest.go(f"{path}/write"), "And again.", 429)
    assert "And again." in refused.html and refused.answer.headers["retry-after"]

    moderator.set_section(comment["section"], "closed")
    page = guest.go(path)
    assert "no new threads" in page.words and not [to for to, _ in page.links if to.endswith("/write")]
    assert guest.go(f"{path}/write", 423).metas["robots"] == "noindex"
    guest.write(guest.go(f"/t/c/{comment['id']}/reply"), "An answer is fine.")

    moderator.set_section(comment["section"], "locked")
    page = guest.go(path)
    assert "Locked" in page.words and not [to for to, _ in page.links if to.endswith("/reply")]
    guest.go(f"/t/c/{comment['id']}/reply", 423)


def test_a_tombstone_keeps_its_place_and_is_not_answered(reader: Reader, moderator: Moderator, guest: Guest) -> None:
    root = reader.post("Gone soon.")
    reader.reply(root, "It said something.")
    moderator.hide(root, reason="off topic")

    page = guest.here()
    assert "Hidden by a moderator: off topic" in page.words and "Gone soon." not in page.html
    assert [each["text"] for each in data(page)["comment"]] == ["It said something."]
    for verb in ("reply", "flag", "support"):
        guest.go(f"/t/c/{root['id']}/{verb}", 409)


# Writing


def test_a_guest_posts_replies_and_is_known_again_by_a_cookie_of_the_first_write(
    service: Service, reader: Reader, guest: Guest
) -> None:
    root = reader.post("First!")
    whole, section = section_of(guest)
    form = guest.go(f"{section}/write")
    assert guest.token == "", "no page sets a cookie before something is written"

    page = guest.write(form, "A *thought* of mine.")
    assert "A thought of mine." in " ".join(page.words.split())
    token = guest.token
    assert len(token) == 43
    page = guest.write(guest.go(f"/t/c/{root['id']}/reply"), "An answer.")
    assert guest.token == token
    assert 'value="Nora"' in guest.go(f"{section}/write").html, "the name is kept"

    window = reader.thread(root["section"], nested=True)["comments"]
    assert [text_of(each) for each in window[0]["replies"]] == ["An answer."]
    assert [each["author"] for each in window] == ["Rosa", "Nora"]
    hashes = service.rows("SELECT token_hash FROM author WHERE name = 'Nora'")
    assert len(hashes) == 1 and token not in str(hashes)
    assert whole == page.url.rpartition("/")[0]


def test_a_form_that_is_sent_twice_posts_once(service: Service, reader: Reader, guest: Guest) -> None:
    reader.post()
    _, section = section_of(guest)
    form = guest.go(f"{section}/write")
    guest.write(form, "Said once.")
    first = guest.token

    nobody = Guest(service)  # the browser that lost the first answer, and its cookie with it
    nobody.write(form, "Said once.")
    assert nobody.token == first
    assert service.rows("SELECT count(*) FROM comment WHERE source = 'Said once.'") == [(1,)]
    guest.write(form, "Said once.")  # who goes back, and presses once more, with his cookie by now
    assert service.rows("SELECT count(*) FROM comment WHERE source = 'Said once.'") == [(1,)]
    again = Guest(service).write(form, "Something else.", 409)
    assert "Something else." in again.html
    assert service.rows("SELECT count(*) FROM author WHERE name = 'Nora'") == [(1,)]


def test_a_preview_shows_the_servers_render_and_changes_nothing(service: Service, reader: Reader, guest: Guest) -> None:
    reader.post()
    _, section = section_of(guest)
    form = guest.go(f"{section}/write")
    before = service.rows("SELECT count(*) FROM comment, author")

    page = guest.write(form, "Some **bold** <b>words</b>", do="preview")

    assert "<strong>bold</strong> &lt;b&gt;words" in page.html
    assert page.forms[0][1]["source"] == "Some **bold** <b>words</b>"
    assert page.forms[0][1]["seal"] == form.forms[0][1]["seal"], "the time since it was opened goes on"
    assert (service.rows("SELECT count(*) FROM comment, author"), guest.token) == (before, "")
    assert "Some bold" in guest.submit(page, 200, do="post", name="Nora").words.replace("  ", " ")


@pytest.mark.parametrize(
    ("filled", "status", "says"),
    [
        ({"source": "  \n "}, 422, "Write something first."),
        ({"source": "x" * (MAX_SOURCE + 1)}, 422, "Shorten this one by 1."),
        ({"source": "Kept.", "name": " "}, 422, "A name needs"),
        ({"source": "Kept.", "name": "Ada Moderates"}, 422, "Choose another"),
        ({"source": "Kept.", "name": "n" * 61}, 422, "at most 60"),
        ({"source": "Kept.", "seal": "forged"}, 403, "send it again"),
    ],
)
def test_what_is_refused_comes_back_with_its_words_and_says_what_to_do(
    service: Service, reader: Reader, guest: Guest, filled: dict[str, str], status: int, says: str
) -> None:
    service.moderator("Ada Moderates")
    reader.post()
    _, section = section_of(guest)

    page = guest.submit(guest.go(f"{section}/write"), status, **({"do": "post", "name": "Nora"} | filled))

    assert says in page.words
    assert page.forms[0][1]["source"] == filled["source"]
    assert (guest.token, service.rows("SELECT count(*) FROM comment")) == ("", [(1,)])
    if filled["source"] == "Kept.":
        assert "Kept." in guest.submit(page, 200, do="post", name="Nora").words


def test_the_longest_comment_fits_in_any_script(reader: Reader, guest: Guest) -> None:
    reader.post()
    _, section = section_of(guest)
    assert "🦉" in guest.write(guest.go(f"{section}/write"), "🦉" * MAX_SOURCE).words


def test_what_waits_is_its_authors_alone(premoderated: Service) -> None:
    guest, other = Guest(premoderated), Guest(premoderated)
    page = guest.write(guest.here(), "A secret hope.")

    assert "waits for a moderator" in page.words and "A secret hope." in page.words
    comment = re.search(r'id="postil-([-\w]{11})"', page.html)[1]  # type: ignore[index]
    whole = page.url.rpartition("/")[0]
    guest.go(whole)
    for path in (page.url, whole, f"/t/c/{comment}", *(f"/t/c/{comment}/{verb}" for verb in ("reply", "flag", "edit"))):
        never = re.sub(r"[-\w]{11}(?=/|$)", "-----------", path)
        told, said = other.ask("GET", path.partition("#")[0]), other.ask("GET", never)
        assert (told.status_code, told.content) == (404, said.content), path
        same = {name: value for name, value in told.headers.items() if name != "date"}
        assert same == {name: value for name, value in said.headers.items() if name != "date"}
    assert "hope" not in other.here().html, "nor does the door tell that anybody was there"

    assert "A better hope." in guest.write(guest.go(f"/t/c/{comment}/edit"), "A better hope.").words
    guest.submit(guest.submit(guest.go(f"/t/c/{comment}/edit"), 200, do="remove"), 404, do="remove for good")
    assert premoderated.rows("SELECT state, source FROM comment") == [("removed", "")]


def test_a_hidden_comment_is_told_to_its_author_with_the_reason(service: Service, guest: Guest) -> None:
    moderator = service.moderator()
    guest.write(guest.here(), "Noise.")
    comment = {"id": service.rows("SELECT id FROM comment")[0][0]}
    moderator.hide(comment, reason="rude")

    page = guest.go(f"/t/c/{comment['id']}")
    assert "Hidden by a moderator: rude" in page.words and "Noise." in page.words
    Guest(service).go(f"/t/c/{comment['id']}", 404)


def test_one_edits_and_removes_ones_own_within_the_time(service: Service, reader: Reader, guest: Guest) -> None:
    theirs = reader.post("Not yours.")
    page = guest.write(guest.go(f"{section_of(guest)[1]}/write"), "Wrng.")
    edit = page.link("Edit")
    guest.go(f"/t/c/{theirs['id']}/edit", 404)
    Guest(service).go(edit, 404)

    form = guest.go(edit)
    assert form.forms[0][1]["source"] == "Wrng."
    assert "Right." in guest.write(form, "Right.").words
    service.clock.now += 901
    late = guest.go(edit)
    assert "is over" in late.words and "<textarea" not in late.html
    assert "is over" in guest.write(late, "Too late.", 403).words
    sure = guest.submit(guest.go(edit), 200, do="remove")
    assert service.rows("SELECT count(*) FROM comment WHERE state = 'published'") == [(2,)]
    assert "Right." not in guest.submit(sure, 200, do="remove for good").words


def test_a_reader_reports_and_supports(service: Service, reader: Reader, guest: Guest) -> None:
    comment = reader.post("Buy my pills.")
    page = guest.go(guest.here().link("Report"))
    assert "Buy my pills." in page.words
    guest.submit(page, 422, note="no reason")

    told = guest.submit(page, 200, reason="spam", note="<i>pills</i>")
    assert "A moderator will look" in told.words
    assert service.rows("SELECT reason, note FROM flag") == [("spam", "<i>pills</i>")]
    guest.submit(page, 200, reason="spam")
    assert service.rows("SELECT count(*) FROM flag") == [(1,)]

    guest.submit(guest.go(f"/t/c/{comment['id']}/support"), 200, do="give")
    assert reader.comment(comment["id"])["comment"]["support"] == 1
    taken = guest.submit(guest.go(f"/t/c/{comment['id']}/support"), 200, do="take back")
    assert "support" not in reader.comment(comment["id"])["comment"] and "Support" in taken.words


def test_rules_hear_of_the_trap_and_of_the_time_by_our_clock(service: Service, reader: Reader, guest: Guest) -> None:
    async def write_rules(tx: Transaction) -> None:
        (site,) = service.rows("SELECT site_id FROM origin WHERE origin = ?", ORIGIN)[0]
        for kind, settings in ((Kind.TRAP, {}), (Kind.SPEED, {"seconds": 5})):
            await rulebook.write_rule(
                tx, site, kind, name=str(kind), effect=Effect.HOLD, settings=settings_of(kind, settings)
            )

    reader.post()
    service.change(write_rules)
    _, section = section_of(guest)

    trapped, quick, person = guest.go(f"{section}/write"), guest.go(f"{section}/write"), guest.go(f"{section}/write")
    assert "waits" in guest.write(quick, "At once.", took="600").words
    service.clock.now += 7
    assert "waits" in Guest(service).write(trapped, "A program.", website="https://pills.example").words
    assert "waits" not in Guest(service).write(person, "A person.").words


# Attacks


def test_a_form_counts_from_our_own_page_only(service: Service, reader: Reader, guest: Guest) -> None:
    root = reader.post()
    _, section = section_of(guest)
    guest.write(guest.go(f"{section}/write"), "Hello.")
    form = guest.go(f"{section}/write")
    fields = form.forms[0][1] | {"do": "post", "name": "Nora", "source": "Forged."}
    before = service.rows("SELECT id, html, state FROM comment")
    elsewhere: tuple[dict[str, str], ...] = (
        {"Origin": "https://evil.example"},
        {"Origin": "https://blog.example"},  # a page of the site is not ours either
        {"Origin": "null"},
        {"Origin": f"{service.url}.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {},
    )
    paths = [f"{section}/write", *(f"/t/c/{root['id']}/{verb}" for verb in ("reply", "flag", "support", "edit"))]
    for path in (*paths, f"/here?url={URL}/new"):
        for headers in elsewhere:
            answer = guest.ask("POST", path, data=fields | {"reason": "spam"}, headers=headers)
            assert answer.status_code == 403, (path, headers)
    assert service.rows("SELECT id, html, state FROM comment") == before
    assert service.rows("SELECT * FROM flag") == service.rows("SELECT * FROM reaction") == []
    assert guest.send_form(f"{section}/write", fields).status_code == 303, "the control"


def test_a_seal_is_good_for_its_form_its_guest_and_its_time(service: Service, reader: Reader, guest: Guest) -> None:
    root = reader.post()
    _, section = section_of(guest)
    nobodys = guest.go(f"{section}/write").forms[0][1]["seal"]
    guest.write(guest.go(f"{section}/write"), "Hello.")
    own = guest.go(f"{section}/write").forms[0][1]["seal"]
    other = Guest(service)
    other.write(other.go(f"{section}/write"), "Hello too.")
    issued, nonce, mac = own.split(".")
    said = {"do": "post", "name": "Nora", "source": "Stolen."}

    def send(by: Guest, path: str, seal: str) -> int:
        return by.send_form(path, said | {"seal": seal}).status_code

    assert send(other, f"{section}/write", own) == 403, "another guest's"
    assert send(Guest(service), f"{section}/write", own) == 403, "a guest's, by nobody"
    assert send(guest, f"{section}/write", nobodys) == 403, "nobody's, by a guest"
    assert send(guest, f"/t/c/{root['id']}/reply", own) == 403, "another form's"
    for forged in (
        f"{int(issued) - 60}.{nonce}.{mac}",
        f"{issued}.{nonce[::-1]}.{mac}",
        f"{issued}.{nonce}.{'0' * 64}",
    ):
        assert send(guest, f"{section}/write", forged) == 403
    service.clock.now += SEAL_SECONDS + 1
    assert send(guest, f"{section}/write", own) == 403, "too old"
    assert service.rows("SELECT count(*) FROM comment WHERE source = 'Stolen.'") == [(0,)]
    service.clock.now -= SEAL_SECONDS + 1
    assert send(guest, f"{section}/write", own) == 303, "the control"


def test_the_cookie_is_of_no_use_elsewhere_nor_is_any_other_here(
    service: Service, reader: Reader, guest: Guest, moderator: Moderator
) -> None:
    page = guest.write(guest.here(), "Mine.")
    comment = page.ids()[0]
    for headers in ({}, {"Origin": "https://blog.example"}, {"Origin": service.url, "Sec-Fetch-Site": "same-origin"}):
        for method, path, body in (
            ("PATCH", f"/v1/comments/{comment}", {"source": "Changed."}),
            ("DELETE", f"/v1/comments/{comment}", None),
            ("PUT", f"/v1/comments/{comment}/reaction", None),
        ):
            assert guest.ask(method, path, json=body, headers=headers).status_code in (401, 403), (path, headers)
        own = guest.ask("GET", "/v1/page/own", params={"url": URL}, headers=headers).json()
        assert own == {"comments": [], "reacted": [], "flagged": []}
    for token in ("x" * 43, "short", "é" * 3, reader.token, f"{guest.token}x"):
        Guest(service, token=token).go(f"/t/c/{comment}/edit", 404) if token.isascii() else None
    assert service.rows("SELECT source FROM comment") == [("Mine.",)]
    assert "access-control-allow-origin" not in guest.ask("GET", page.url).headers


def test_a_banned_guest_is_told_so_and_his_words_are_kept(service: Service, guest: Guest, owner: Moderator) -> None:
    page = guest.write(guest.here(), "Once.")
    owner.ban({"id": page.ids()[0]}, reason="rude")
    told = guest.write(guest.go(f"{page.url}/write"), "Twice.", 403)
    assert "rude" in told.words and "Twice." in told.html
    assert service.rows("SELECT source FROM comment") == [("Once.",)]


def test_floods_are_turned_away(limited: Service) -> None:
    guest = Guest(limited)
    limited.reader().post()
    _, section = section_of(guest)
    seen = []
    for at in range(8):
        form = guest.go(f"{section}/write")
        fields = form.forms[0][1] | {"do": "post", "name": "Nora", "source": f"Nr {at}"}
        answer = guest.send_form(f"{section}/write", fields)
        guest._keep(answer)
        seen.append(answer.status_code)
    assert seen == [303] * 6 + [429] * 2
    assert "Nr 7" in answer.text and int(answer.headers["retry-after"]) > 0


HTML = "<svg onload=alert(1)>\"'><script>alert(2)</script>{{ 7*7 }}\u2028</title>"


def test_no_field_is_ever_markup(service: Service, guest: Guest) -> None:
    title = {"page": {"url": URL, "title": HTML}}
    reader = service.reader()
    comment = reader.post(HTML, name=HTML[:50], **title)
    reader.reply(comment, HTML)
    form = guest.go(f"/t/c/{comment['id']}/reply")
    pages = [
        guest.here(),
        guest.go(section_of(guest)[1]),
        form,
        guest.write(form, HTML, do="preview", name=HTML[:50]),
        guest.write(form, HTML, 422, name=HTML),
        guest.submit(guest.go(f"/t/c/{comment['id']}/flag"), 422, reason=HTML, note=HTML),
        guest.go(f"/here?url={URL}%22%3E%3Cscript%3Ealert(1)", 200),
    ]
    for page in pages:
        assert "<svg onload" not in page.html and "<script>" not in page.html and "49" not in page.words
        assert page.html.count("</title>") == 1
        policy = page.answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert page.answer.headers["x-frame-options"] == "DENY"
        assert page.answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_another_sites_sections_and_comments_stand_on_no_page_but_their_own(service: Service, guest: Guest) -> None:
    mine = service.reader().post()
    theirs = service.reader("Olaf", "https://other.example").post(url="https://other.example/essay")
    page, section = section_of(guest)
    elsewhere = guest.here("https://other.example/essay").url
    for path in (f"{page}/{theirs['section']}", f"{elsewhere}/{mine['section']}", f"{section}?around={theirs['id']}"):
        guest.go(path, 404)
    guest.go(f"{page}/{theirs['section']}/write", 404)
    assert guest.go(f"{section}?after={theirs['id']}").status == 200
    form = guest.go(f"/t/c/{theirs['id']}/reply")
    assert (
        guest.send_form(f"/t/c/{mine['id']}/reply", form.forms[0][1] | {"source": "x", "name": "N"}).status_code == 403
    )


ODD_IDS = ("x", "%00", "..%2f..", "-----------%0d%0aX: y", "'OR'1'='1", "%F0%9F%A6%89" * 11, "<svg onload>")


@pytest.mark.parametrize("odd", ODD_IDS)
def test_what_is_no_id_is_nowhere(reader: Reader, guest: Guest, odd: str) -> None:
    comment = reader.post()
    page, section = section_of(guest)
    never = guest.ask("GET", "/t/-----------").content
    paths = (
        f"/t/{odd}",
        f"{page}/{odd}",
        f"{page}/{odd}/write",
        f"/t/c/{odd}",
        f"/t/c/{odd}/reply",
        f"/t/c/{odd}/edit",
    )
    for path in (*paths, f"{section}?around={odd}"):
        answer = guest.ask("GET", path)
        assert answer.status_code == 404 and answer.headers.get("x") is None, path
        assert answer.content == never or answer.headers["content-type"] == "application/problem+json", path
    assert comment["id"] in guest.go(section).ids()


def test_stale_and_strange_cursors_lead_to_the_beginning(reader: Reader, guest: Guest) -> None:
    reader.post()
    _, section = section_of(guest)
    for after in ("x", "oldest.99999.0.-----------", "supported.1.1.-----------", "replies.-----------.-----------"):
        assert guest.ask("GET", section, params={"after": after}).headers["location"] == section
    assert guest.ask("GET", section, params={"sort": "odd"}).status_code == 200
    assert guest.ask("GET", f"{section}/").status_code == 404
