"""Who follows somebody else's submission hears what became of it, and nothing that was written to its author."""

from shared.events.submissions import FollowerAdded, FollowerRemoved, PersonErased, SubmissionHidden

from tests.support.notifier import A_SUBMISSION, a_fact, brief, received, told


def followed(subject: str, language: str = "en") -> FollowerAdded:
    return FollowerAdded(submission_id=A_SUBMISSION, to_state="received", follower=subject, language=language)


def test_who_follows_it_hears_in_the_inbox_that_it_is_answered_and_nothing_of_what_was_answered() -> None:
    case, _ = told(received(), followed("citizen.yusuf"), followed("citizen.layla", "ar"))
    _, planned = told(a_fact("SubmissionAnswered"), case=case)
    followers = [document for document in planned if document["audience"] == "follower"]
    assert brief(followers) == {
        ("citizen.yusuf", "inbox", "followed-answered"),
        ("citizen.layla", "inbox", "followed-answered"),
    }
    assert {document["language"] for document in followers} == {"en", "ar"}
    assert all("text" not in document["params"] for document in followers)
    assert any("text" in document["params"] for document in planned if document["audience"] == "author")


def by_mail(contact_id: str = "follower-1") -> FollowerAdded:
    return FollowerAdded(
        submission_id=A_SUBMISSION, to_state="received", follower=contact_id, contact_id=contact_id, language="en"
    )


def test_who_follows_by_mail_is_asked_once_and_hears_by_mail_that_it_is_answered() -> None:
    case, _ = told(received(), followed("citizen.layla", "ar"), by_mail("follower-1"))
    case, asked = told(by_mail("follower-2"), case=case)
    assert brief(asked) == {(f"{A_SUBMISSION}/follower-2", "mail", "following")}, (
        "those who follow already hear nothing"
    )
    _, planned = told(a_fact("SubmissionAnswered"), case=case)
    followers = [document for document in planned if document["audience"] == "follower"]
    assert brief(followers) == {
        (f"{A_SUBMISSION}/follower-1", "mail", "followed-answered"),
        (f"{A_SUBMISSION}/follower-2", "mail", "followed-answered"),
        ("citizen.layla", "inbox", "followed-answered"),
    }
    assert all("text" not in document["params"] for document in followers)


def test_who_stopped_following_and_who_followed_what_was_hidden_hear_nothing() -> None:
    left = FollowerRemoved(submission_id=A_SUBMISSION, to_state="received", follower="citizen.yusuf")
    hidden = SubmissionHidden(submission_id=A_SUBMISSION, to_state="received", reason="names a person")
    for last in (left, hidden, PersonErased(submission_id=A_SUBMISSION)):
        case, _ = told(received(), followed("citizen.yusuf"), last)
        assert case.followers == ()
        _, planned = told(a_fact("SubmissionDeclined"), case=case)
        assert "follower" not in {document["audience"] for document in planned}
