"""What a moderator and the author may do with a publication, in every state of it."""

from datetime import datetime
from typing import Any

import pytest
from intake.domain.publication import STEPS, Moderation, Publication, Shown, searchable
from intake.domain.refusals import DecidedTooOften, EnoughFollowers, NotToBePublished
from intake.domain.submission import Follower, Submission
from intake.use_cases import followers, moderate
from intake.use_cases.moderate import ForThePublic
from shared.aggregates import Decision

from tests.support.intake import NOON, a_submission

ID = "62bd9044-4c57-46c7-a52b-a3af391c6db0"
STATES = (None, *Shown)


def in_state(shown: Shown | None, **changed: Any) -> Submission:
    return a_submission(publication=Publication(state=shown, **changed) if shown else None)


def does(action: str, submission: Submission, now: datetime = NOON) -> Decision[Submission] | None:
    match action:
        case "publish":
            return moderate.publish(ID, submission, "mod", ForThePublic("A lamp is out.", True, "capital"), None, now)
        case "edit":
            return moderate.edit(
                ID, submission, "mod", ForThePublic("The lamp is out.", False, "capital"), "a name", now
            )
        case "hide":
            return moderate.hide(ID, submission, "mod", "names a person", now)
    return moderate.agree(ID, submission, action == "agree", now)


@pytest.mark.parametrize("action", STEPS)
@pytest.mark.parametrize("shown", STATES)
def test_every_step_is_in_the_table_or_does_nothing(action: str, shown: Shown | None) -> None:
    after = STEPS[action].get(shown)
    if after is not None:
        decision = does(action, in_state(shown))
        assert decision is not None
        assert decision.state.publication is not None
        assert decision.state.publication.state == after
        assert [done.action for done in decision.state.publication.history] == [action]
    elif action in ("agree", "revoke"):
        assert does(action, in_state(shown)) is None
    else:
        with pytest.raises(NotToBePublished):
            does(action, in_state(shown))


@pytest.mark.parametrize(
    ("action", "shown", "said"),
    [
        ("publish", Shown.AWAITING, ["SubmissionPublished"]),
        ("publish", Shown.HIDDEN, ["SubmissionPublished"]),
        ("edit", Shown.PUBLISHED, []),
        ("hide", Shown.AWAITING, ["SubmissionHidden"]),
        ("hide", Shown.PUBLISHED, ["SubmissionHidden"]),
        ("revoke", Shown.PUBLISHED, ["SubmissionHidden"]),
        ("revoke", Shown.AWAITING, []),
        ("agree", Shown.REVOKED, []),
    ],
)
def test_others_hear_what_became_public_and_what_did_not(action: str, shown: Shown, said: list[str]) -> None:
    decision = does(action, in_state(shown))
    assert decision is not None
    assert [draft.data.type for draft in decision.events] == said
    assert [entry.type for entry in decision.state.timeline] == said


def test_the_original_stays_beside_what_is_published() -> None:
    published = does("publish", in_state(Shown.AWAITING))
    assert published is not None
    edited = does("edit", published.state)
    assert edited is not None
    assert edited.state.text == "the lamp is out"
    publication = edited.state.publication
    assert publication is not None
    assert (publication.text, publication.shows_place, publication.published_at) == ("The lamp is out.", False, NOON)
    assert [(done.by, done.text) for done in publication.history] == [
        ("mod", "A lamp is out."),
        ("mod", "The lamp is out."),
    ]


def test_a_history_has_an_end_but_an_author_may_always_take_it_back() -> None:
    history = [Moderation(at=NOON, action="edit", by="mod")] * moderate.MOST_DECISIONS
    submission = in_state(Shown.PUBLISHED, history=history)
    with pytest.raises(DecidedTooOften):
        does("edit", submission)
    assert does("revoke", submission) is not None


def test_the_public_sees_a_place_only_roughly_and_only_where_it_may() -> None:
    location = {"lat": 26.223571, "lon": 50.586392, "block": "428", "address": "House 12"}
    submission = a_submission(publication=Publication(), location=location)
    published = does("publish", submission)
    assert published is not None
    publication = published.state.publication
    assert publication is not None
    assert publication.point is not None
    assert (publication.area, publication.point.lat, publication.point.lon) == ("capital", 26.224, 50.586)
    edited = does("edit", published.state)
    assert edited is not None
    assert edited.state.publication is not None
    assert (edited.state.publication.area, edited.state.publication.point) == (None, None)


def test_a_word_is_found_however_it_is_written() -> None:
    words = searchable("الإنارةُ معطّلة بالشارع، LAMP-12")
    assert {"اناره", "الاناره", "معطله", "شارع", "lamp", "12"} <= set(words)


def test_what_is_published_is_followed_once_by_each_and_what_is_hidden_by_nobody() -> None:
    first = followers.follow(ID, in_state(Shown.PUBLISHED), "citizen.yusuf", "en", NOON)
    assert first is not None
    assert [draft.data.type for draft in first.events] == ["FollowerAdded"]
    assert followers.follow(ID, first.state, "citizen.yusuf", "ar", NOON) is None
    left = followers.unfollow(ID, first.state, "citizen.yusuf")
    assert left is not None
    assert ([draft.data.type for draft in left.events], left.state.followers) == (["FollowerRemoved"], None)
    assert followers.unfollow(ID, left.state, "citizen.yusuf") is None
    for action in ("hide", "revoke"):
        ended = does(action, first.state)
        assert ended is not None
        assert ended.state.followers is None
    edited = does("edit", first.state)
    assert edited is not None
    assert edited.state.followers == first.state.followers


def test_what_is_not_published_is_not_followed_and_followers_have_an_end() -> None:
    for shown in (None, Shown.AWAITING, Shown.HIDDEN, Shown.REVOKED):
        with pytest.raises(NotToBePublished):
            followers.follow(ID, in_state(shown), "citizen.yusuf", "en", NOON)
    many = [Follower(subject=str(n), language="en", at=NOON) for n in range(followers.MOST_FOLLOWERS)]
    with pytest.raises(EnoughFollowers):
        followers.follow(
            ID, in_state(Shown.PUBLISHED).model_copy(update={"followers": many}), "citizen.yusuf", "en", NOON
        )
