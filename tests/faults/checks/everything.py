"""All checks, in the order in which their differences explain each other."""

from collections.abc import Sequence

from tests.faults.checks import Check, Difference, agreement, commands, effects, sequences, uploads, webhooks
from tests.faults.checks.notifications import Expectation, NotificationChecks
from tests.faults.observed import World


def all_checks(expectation: Expectation) -> Sequence[Check]:
    told = NotificationChecks(expectation)
    return (
        effects.nothing_died_by_itself,
        effects.members_took_back_what_no_majority_had,
        effects.no_dead_letters,
        sequences.sequences_are_whole,
        sequences.owners_sent_all,
        sequences.consumers_saw_all,
        commands.answers_are_true,
        commands.effects_are_there_once,
        commands.acknowledgements_are_counted,
        commands.questions_keep_their_ids,
        commands.nothing_came_from_nowhere,
        uploads.enough_files_were_taken,
        uploads.files_are_attached_once,
        uploads.files_are_told_once,
        uploads.files_are_whole,
        uploads.nothing_is_left_behind,
        effects.inboxes_are_whole,
        effects.timelines_are_whole,
        effects.histories_are_whole,
        effects.clocks_have_their_facts,
        agreement.everything_acknowledged_is_assigned,
        agreement.deadlines_are_set_once,
        agreement.all_are_of_one_mind,
        told.everyone_is_told_once,
        told.notifications_are_final,
        told.mails_are_one_each,
        webhooks.webhooks_are_told_in_order,
    )


def differences(world: World, expectation: Expectation) -> list[Difference]:
    return [difference for check in all_checks(expectation) for difference in check(world)]
