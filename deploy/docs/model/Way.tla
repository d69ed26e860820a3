--------------------------------- MODULE Way ---------------------------------
(* A submission's whole way: published, taken, told of by mail. See README.md. *)
EXTENDS Mails

vars == <<publishing, topic, taking, mails, left>>

Init == PublishingInit /\ TakingInit /\ MailsInit /\ left = BudgetAtFirst

\* What the system does by itself.
Progress ==
    \/ PublishingProgress /\ UNCHANGED <<taking, mails>>
    \/ /\ \/ \E c \in Takers : Fetch(c) \/ TakeAgain(c) \/ Commit(c)
          \/ \E c \in Takers, k \in Keys : Store(c, k)
          \/ \E c \in Takers, k \in Keys, n \in Numbers : Plan(c, k, n) \/ Hold(c, k, n)
       /\ UNCHANGED <<publishing, topic, mails, left>>
    \/ /\ Repair \/ \E k \in Keys, n \in Numbers : Replay(k, n)
       /\ UNCHANGED <<publishing, mails>>
    \/ /\ \/ \E c \in Takers, k \in Keys, n \in Numbers : Claim(c, k, n)
          \/ \E k \in Keys, n \in Numbers : ClaimEnds(k, n)
          \/ \E c \in Takers : HandOver(c) \/ Tell(c) \/ LetGo(c)
       /\ UNCHANGED <<publishing, topic, committed, owner, batch, case, letter, repaired, gap>>

\* What people do, and what goes wrong.
Disturbed ==
    \/ PublishingDisturbed /\ UNCHANGED <<taking, mails>>
    \/ /\ \/ \E c \in Takers : Rebalance(c)
          \/ \E to \in 0..committed : Rewind(to)
          \/ \E k \in Keys : Change(k)
       /\ UNCHANGED <<publishing, topic, mails>>
    \/ /\ \E k \in Keys, n \in Numbers : ReplayAgain(k, n)
       /\ UNCHANGED <<publishing, mails>>
    \/ /\ \E k \in Keys, n \in Numbers : Outlive(k, n)
       /\ UNCHANGED <<publishing, topic, committed, owner, batch, case, letter, repaired, gap>>
    \/ /\ \E c \in Takers : CrashTaker(c)
       /\ UNCHANGED <<publishing, topic>>

Next == Progress \/ Disturbed

Spec == Init /\ [][Next]_vars /\ WF_vars(Progress)

\* -- Nothing lost --------------------------------------------------------------

Emitted == {<<k, n>> \in Keys \X Numbers : n <= document[k].emitted}

Complete ==
    \A e \in Emitted :
        LET k == e[1]
            n == e[2]
        IN
        /\ Publishing => IsPublished(k, n) /\ document[k].outbox = {}
        /\ Taking /\ n \notin Ignored => case[k].effects[n] = 1
        /\ Taking /\ n \in ToldOf => record[k][n].state # "none"
        /\ Mailing /\ n \in ToldOf => record[k][n].handed > 0 /\ told[k][n] = 1

\* Wherever the system has nothing left to do, everything has been done.
NothingLost == Complete \/ ENABLED Progress

\* The same said of time: what goes wrong ends, and then everything is done for good.
DoneAtLast == <>[]Complete

Alike == Permutations(Writers) \cup Permutations(Takers) \cup Permutations(Keys)
=============================================================================
