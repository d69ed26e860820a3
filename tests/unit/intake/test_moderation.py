"""Commands of moderators and authors on a publication, in every state."""

from datetime import datetime
from typing import Any

import pytest
from intake.followers import commands as followers
from intake.publication import commands as moderate
from intake.publication.commands import ForThePublic
from intake.publication.model import (
    STEPS,
    Moderation,
    Publication,
    PublicationState,
    PublicPhoto,
    Rectangle,
    searchable,
)
from intake.submissions.errors import DecidedTooOften, EnoughFollowers, NotToBePublished, PhotosNotAgreedTo
from intake.submissions.model import Attachment, Follower, Submission
from shared.storage.aggregates import Decision

from tests.support.intake import NOON, a_submission

ID = "62bd9044-4c57-46c7-a52b-a3af391c6db0"
STATES = (None, *PublicationState)


def a_copy(of: str, id: str = "", *rectangles: Rectangle) -> PublicPhoto:
    return PublicPhoto(id=id or f"copy-of-{of}", of=of, width=9, height=9, rectangles=list(rectangles))


def in_state(shown: PublicationState | None, **changed: Any) -> Submission:
    """With two photos, of which the second was chosen for the public."""
    known = {"covers_photos": True, "photos": [a_copy("b")]} | changed
    photos = [Attachment(id=id, media_type="image/png", size=1, name=f"{id}.png", at=NOON) for id in "ab"]
    return a_submission(attachments=photos, publication=Publication(state=shown, **known) if shown else None)


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
        case "publish_photo":
            return moderate.publish_photo(submission, "mod", a_copy("a"), "a face is covered", now)
        case "hide_photo":
            return moderate.hide_photo(submission, "mod", "b", "a face was left", now)
    return moderate.agree(ID, submission, action == "agree", now)


@pytest.mark.parametrize("action", STEPS)
@pytest.mark.parametrize("shown", STATES)
def test_every_step_is_in_the_table_or_does_nothing(action: str, shown: PublicationState | None) -> None:
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
        ("publish", PublicationState.AWAITING, ["SubmissionPublished"]),
        ("publish", PublicationState.HIDDEN, ["SubmissionPublished"]),
        ("hide", PublicationState.AWAITING, ["SubmissionHidden"]),
        ("hide", PublicationState.PUBLISHED, ["SubmissionHidden"]),
        ("revoke", PublicationState.PUBLISHED, ["SubmissionHidden"]),
        ("revoke", PublicationState.AWAITING, []),
        ("agree", PublicationState.REVOKED, []),
        ("publish_photo", PublicationState.PUBLISHED, []),
        ("hide_photo", PublicationState.PUBLISHED, []),
    ],
)
def test_others_hear_what_became_public_and_what_did_not(action: str, shown: PublicationState, said: list[str]) -> None:
    decision = does(action, in_state(shown))
    assert decision is not None
    assert [draft.data.type for draft in decision.events] == said
    assert [entry.type for entry in decision.state.timeline] == said


def test_an_edited_text_is_told_to_nobody_and_a_place_that_is_shown_no_more_is() -> None:
    published = does("publish", in_state(PublicationState.AWAITING))
    assert published is not None
    assert [getattr(draft.data, "shows_place", None) for draft in published.events] == [True]
    hidden = does("edit", published.state)
    assert hidden is not None
    assert [getattr(draft.data, "shows_place", None) for draft in hidden.events] == [False]
    assert len(hidden.state.timeline) == len(published.state.timeline), "its author reads of one publication"
    again = does("edit", hidden.state)
    assert again is not None
    assert list(again.events) == []


def test_the_original_stays_beside_what_is_published() -> None:
    published = does("publish", in_state(PublicationState.AWAITING))
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


def photos_of(decision: Decision[Submission] | None) -> list[str]:
    assert decision is not None
    assert decision.state.publication is not None
    return [photo.id for photo in decision.state.publication.photos]


def test_a_photo_is_shown_in_one_copy_and_in_the_order_in_which_it_was_sent() -> None:
    first = does("publish_photo", in_state(PublicationState.PUBLISHED))
    assert first is not None
    assert photos_of(first) == ["copy-of-a", "copy-of-b"]
    again = moderate.publish_photo(first.state, "mod", a_copy("a", "another"), "a plate was left", NOON)
    assert photos_of(again) == ["another", "copy-of-b"]
    assert photos_of(does("hide_photo", again.state)) == ["another"]
    assert [attachment.id for attachment in again.state.attachments] == ["a", "b"]
    assert again.state.file_ids == {"a", "b", "another", "copy-of-b"}


def test_the_history_says_which_photo_and_what_of_it_was_painted_over_by_whom_and_why() -> None:
    face = Rectangle(left=10, top=20, width=5, height=5)
    submission = in_state(PublicationState.PUBLISHED)
    shown = moderate.publish_photo(submission, "mod", a_copy("a", "c", face), "a face is covered", NOON)
    hidden = moderate.hide_photo(shown.state, "other", "a", "it shows a house", NOON)
    assert hidden is not None
    assert hidden.state.publication is not None
    assert [
        (done.action, done.by, done.reason, done.photo, done.rectangles) for done in hidden.state.publication.history
    ] == [
        ("publish_photo", "mod", "a face is covered", "a", [face]),
        ("hide_photo", "other", "it shows a house", "a", None),
    ]


def test_what_is_not_shown_is_hidden_without_a_word_in_the_history() -> None:
    assert moderate.hide_photo(in_state(PublicationState.PUBLISHED), "mod", "a", "a face", NOON) is None


def test_an_authors_word_of_before_photos_does_not_count_for_them_until_it_is_given_again() -> None:
    before = in_state(PublicationState.PUBLISHED, covers_photos=False, photos=[])
    with pytest.raises(PhotosNotAgreedTo):
        does("publish_photo", before)
    revoked = does("revoke", before)
    assert revoked is not None
    agreed = does("agree", revoked.state)
    assert agreed is not None
    assert photos_of(does("publish_photo", agreed.state)) == ["copy-of-a"]


def test_a_history_has_an_end_but_an_author_may_always_take_it_back() -> None:
    history = [Moderation(at=NOON, action="edit", by="mod")] * moderate.MOST_DECISIONS
    submission = in_state(PublicationState.PUBLISHED, history=history)
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
    first = followers.follow(ID, in_state(PublicationState.PUBLISHED), "citizen.yusuf", "en", NOON)
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
    for shown in (None, PublicationState.AWAITING, PublicationState.HIDDEN, PublicationState.REVOKED):
        with pytest.raises(NotToBePublished):
            followers.follow(ID, in_state(shown), "citizen.yusuf", "en", NOON)
    many = [Follower(subject=str(n), language="en", at=NOON) for n in range(followers.MOST_FOLLOWERS)]
    with pytest.raises(EnoughFollowers):
        followers.follow(
            ID, in_state(PublicationState.PUBLISHED).model_copy(update={"followers": many}), "citizen.yusuf", "en", NOON
        )
