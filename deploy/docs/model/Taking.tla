------------------------------- MODULE Taking -------------------------------
(* From the topic to its effect: batches, records before their aggregate,    *)
(* one write for state and `seen`, dead letters and their replays.           *)
EXTENDS Publishing

VARIABLES
    committed,  \* offset of the group: records taken
    owner,      \* the taker that Kafka has given the partition
    batch,      \* by taker: what it has in hand, or None; also one that owns no more
    case,       \* by key: the aggregate's document
    record,     \* by key and number: the notification made from the event
    letter,     \* by key and number: the dead letter: "none", "held", "replayed"
    repaired,   \* the handler fails no more
    gap         \* a consumer met a number after a missing one

taking == <<committed, owner, batch, case, record, letter, repaired, gap>>

TakingInit ==
    /\ committed = 0
    /\ owner \in Takers
    /\ batch = [c \in Takers |-> None]
    /\ case = [k \in Keys |-> [version |-> 0, seen |-> 0, aside |-> {}, effects |-> [n \in Numbers |-> 0]]]
    /\ record = [k \in Keys |-> [n \in Numbers |-> [state |-> "none", claim |-> None, handed |-> 0, excused |-> 0]]]
    /\ letter = [k \in Keys |-> [n \in Numbers |-> "none"]]
    /\ repaired = (Failing = {})
    /\ gap = FALSE

\* -- Pure: what a batch makes of one aggregate --------------------------------

Fails(n) == n \in Failing /\ ~repaired

IsTaken(a, r) ==
    IF r.replay
    THEN CASE Fault = "checks a replay by its sequence alone" -> r.number > a.seen
           [] Fault = "takes every replay" -> TRUE
           [] OTHER -> r.number \in a.aside
    ELSE IF Fault = "takes what has been seen" THEN TRUE ELSE r.number > a.seen

\* `a`: the aggregate so far, what it tells and sets aside, whether it changed or only
\* notes a place, whether something is missing.
Taken(a, r) ==
    LET n == r.number
        noted == [a EXCEPT !.seen = IF n > @ THEN n ELSE @, !.gap = @ \/ n > a.seen + 1]
    IN
    IF ~IsTaken(a, r) THEN a
    ELSE IF n \in Ignored THEN noted
    ELSE IF Fails(n) THEN [noted EXCEPT !.changed = TRUE, !.aside = @ \cup {n}, !.sets_aside = @ \cup {n}]
    ELSE [noted EXCEPT !.changed = TRUE, !.aside = @ \ {n}, !.effects[n] = @ + 1,
                       !.tells = IF n \in ToldOf THEN @ \cup {n} ELSE @]

RECURSIVE TakenFrom(_, _, _, _)
TakenFrom(a, k, from, to) ==
    IF from > to THEN a
    ELSE TakenFrom(IF topic[from].key = k THEN Taken(a, topic[from]) ELSE a, k, from + 1, to)

AsRead(k) ==
    [version |-> case[k].version, seen |-> case[k].seen, aside |-> case[k].aside, effects |-> case[k].effects,
     tells |-> {}, sets_aside |-> {}, changed |-> FALSE, gap |-> FALSE]

\* `seen` is raised, never set: others may have noted more without a new version.
Stored(k, a) ==
    [version |-> a.version + 1, seen |-> IF a.seen > case[k].seen THEN a.seen ELSE case[k].seen,
     aside |-> a.aside, effects |-> a.effects]

Concerned(from, to) == {topic[i].key : i \in from..to}

\* -- The consumer -------------------------------------------------------------

\* Documents are read, handlers called event by event. What changes is to be written.
Decide(c, from, to) ==
    LET after == [k \in Concerned(from, to) |-> TakenFrom(AsRead(k), k, from, to)]
        touched == {k \in Concerned(from, to) : after[k].changed \/ after[k].seen # case[k].seen}
    IN
    /\ batch' = [batch EXCEPT ![c] = [from |-> from, to |-> to, after |-> [k \in touched |-> after[k]], todo |-> touched]]
    /\ gap' = (gap \/ \E k \in touched : after[k].gap)

Fetch(c) ==
    /\ Taking
    /\ owner = c
    /\ batch[c] = None
    /\ committed < Len(topic)
    /\ \E to \in (committed + 1)..Len(topic) :
        /\ to <= committed + BatchSize
        /\ Decide(c, committed + 1, to)
    /\ UNCHANGED <<committed, owner, case, record, letter, repaired>>

RecordsStand(c) ==
    \A k \in DOMAIN batch[c].after :
        /\ \A n \in batch[c].after[k].tells : record[k][n].state # "none"
        /\ \A n \in batch[c].after[k].sets_aside : letter[k][n] # "none"

AllWritten(c) == batch[c].todo = {}

RecordsBeforeAggregate == Fault # "writes a record after its aggregate"

\* A notification whose id is made from the event: one that stands already stays.
Plan(c, k, n) ==
    /\ batch[c] # None
    /\ k \in DOMAIN batch[c].after /\ n \in batch[c].after[k].tells
    /\ RecordsBeforeAggregate \/ AllWritten(c)
    /\ record[k][n].state = "none"
    /\ record' = [record EXCEPT ![k][n].state = "planned"]
    /\ UNCHANGED <<committed, owner, batch, case, letter, repaired, gap>>

\* The dead letter, with an id made from the record's place.
Hold(c, k, n) ==
    /\ batch[c] # None
    /\ k \in DOMAIN batch[c].after /\ n \in batch[c].after[k].sets_aside
    /\ RecordsBeforeAggregate \/ AllWritten(c)
    /\ letter[k][n] = "none"
    /\ letter' = [letter EXCEPT ![k][n] = "held"]
    /\ UNCHANGED <<committed, owner, batch, case, record, repaired, gap>>

\* One document: its state, its `seen` and what it set aside, in one write under the
\* version that was read. Each document of a batch for itself: others may be left.
\* What is only noted needs no version: it raises `seen`.
Store(c, k) ==
    LET a == batch[c].after[k] IN
    /\ batch[c] # None
    /\ k \in batch[c].todo
    /\ RecordsStand(c) \/ ~RecordsBeforeAggregate
    /\ a.changed => case[k].version = a.version \/ Fault = "writes without looking at the version"
    /\ case' = [case EXCEPT ![k] =
        CASE ~a.changed ->
                [@ EXCEPT !.seen = IF a.seen > @ \/ Fault = "sets what was seen instead of raising it" THEN a.seen ELSE @]
          [] Fault = "notes what was seen in a write of its own" -> [Stored(k, a) EXCEPT !.seen = case[k].seen]
          [] Fault = "remembers replays in a write of their own" -> [Stored(k, a) EXCEPT !.aside = case[k].aside \cup a.sets_aside]
          [] Fault = "forgets which events were set aside" -> [Stored(k, a) EXCEPT !.aside = {}]
          [] OTHER -> Stored(k, a)]
    /\ batch' = [batch EXCEPT ![c].todo = @ \ {k}]
    /\ UNCHANGED <<committed, owner, record, letter, repaired, gap>>

IsMissed(c, k) == batch[c].after[k].changed /\ case[k].version # batch[c].after[k].version

\* Another version: the whole batch comes again, and what is stored of it shows as such.
TakeAgain(c) ==
    /\ batch[c] # None
    /\ RecordsStand(c) \/ ~RecordsBeforeAggregate
    /\ Fault # "writes without looking at the version"
    /\ \E k \in batch[c].todo : IsMissed(c, k)
    /\ IF Fault = "takes a version miss for a repetition"
       THEN /\ batch' = [batch EXCEPT ![c].todo = {k \in @ : ~IsMissed(c, k)}]
            /\ UNCHANGED gap
       ELSE Decide(c, batch[c].from, batch[c].to)
    /\ UNCHANGED <<committed, owner, case, record, letter, repaired>>

\* Whoever owns the partition no more is refused, and lets go.
Commit(c) ==
    /\ batch[c] # None
    /\ \/ AllWritten(c) /\ RecordsStand(c)
       \/ Fault = "commits the offset before the write" /\ committed < batch[c].to
    /\ committed' = IF owner = c THEN batch[c].to ELSE committed
    /\ case' = [k \in Keys |->
        IF k \notin DOMAIN batch[c].after THEN case[k]
        ELSE CASE Fault = "notes what was seen in a write of its own" -> [case[k] EXCEPT !.seen = batch[c].after[k].seen]
               [] Fault = "remembers replays in a write of their own" -> [case[k] EXCEPT !.aside = batch[c].after[k].aside]
               [] OTHER -> case[k]]
    /\ batch' = IF AllWritten(c) /\ RecordsStand(c) THEN [batch EXCEPT ![c] = None] ELSE batch
    /\ UNCHANGED <<owner, record, letter, repaired, gap>>

\* -- Dead letters -------------------------------------------------------------

\* A release whose handler does not fail; what was decided before may still be written.
Repair ==
    /\ ~repaired
    /\ repaired' = TRUE
    /\ UNCHANGED <<topic, left, committed, owner, batch, case, record, letter, gap>>

Replay(k, n) ==
    /\ repaired
    /\ letter[k][n] = "held"
    /\ letter' = [letter EXCEPT ![k][n] = "replayed"]
    /\ topic' = Append(topic, [Record(k, n) EXCEPT !.replay = TRUE])
    /\ UNCHANGED <<left, committed, owner, batch, case, record, repaired, gap>>

ReplayAgain(k, n) ==
    /\ letter[k][n] = "replayed"
    /\ May("repeat") /\ Spent("repeat")
    /\ topic' = Append(topic, [Record(k, n) EXCEPT !.replay = TRUE])
    /\ UNCHANGED <<committed, owner, batch, case, record, letter, repaired, gap>>

\* -- What goes wrong ----------------------------------------------------------

\* The partition goes to another, who begins where the group has committed. The one
\* that had it goes on with what it has in hand.
Rebalance(c) ==
    /\ Taking
    /\ owner # c
    /\ May("rebalance") /\ Spent("rebalance")
    /\ owner' = c
    /\ UNCHANGED <<committed, batch, case, record, letter, repaired, gap>>

Rewind(to) ==
    /\ to < committed
    /\ May("rewind") /\ Spent("rewind")
    /\ committed' = to
    /\ UNCHANGED <<owner, batch, case, record, letter, repaired, gap>>

\* A command changes what a consumer has read.
Change(k) ==
    /\ case[k].version > 0
    /\ \E c \in Takers : batch[c] # None /\ k \in batch[c].todo
    /\ May("command") /\ Spent("command")
    /\ case' = [case EXCEPT ![k].version = @ + 1]
    /\ UNCHANGED <<committed, owner, batch, record, letter, repaired, gap>>

\* -- What must hold -----------------------------------------------------------

EachEffectOnce == \A k \in Keys, n \in Numbers : case[k].effects[n] <= 1

\* `seen` is a complete test: nobody meets a number after a missing one.
NoGap == ~gap

\* `seen` says the truth: what it covers has its effect, or is a dead letter.
SeenIsDone ==
    \A k \in Keys : \A n \in 1..case[k].seen \ Ignored :
        case[k].effects[n] > 0 \/ (letter[k][n] # "none" /\ n \in case[k].aside)
=============================================================================
