----------------------------- MODULE Publishing -----------------------------
(* From a command to the topic: documents with their outbox, publishing from *)
(* the writer's memory, the sweep under a lease, clearing what was           *)
(* acknowledged.                                                             *)
EXTENDS Bounds

VARIABLES
    document,   \* by key: version, emitted, outbox (numbers), pending (0: absent)
    draft,      \* by writer: the document as it was read for a command, or None
    unsent,     \* by writer and key: what it is to send, whole, from its memory
    known,      \* by writer and key: acknowledged by Kafka and not yet cleared
    requests,   \* produce requests under way, also those of a process that died
    topic,      \* the partition: a sequence of records
    elsewhere,  \* <<key, number>> of what is on another topic
    lease,      \* the writer that the database names as the sweeper
    believers   \* writers that believe in their lease

publishing == <<document, draft, unsent, known, requests, elsewhere, lease, believers>>

NothingByKey == [k \in Keys |-> {}]

Record(k, n) == [key |-> k, number |-> n, replay |-> FALSE]
Records(k, numbers) == [i \in 1..Cardinality(numbers) |-> Record(k, Ascending(numbers)[i])]

Before(n) == {m \in 1..(n - 1) : m \notin Elsewhere}

IsInOrder(log) ==
    \A i \in DOMAIN log : Before(log[i].number) # {} =>
        \E j \in 1..(i - 1) : log[j].key = log[i].key /\ log[j].number = Newest(Before(log[i].number))

\* What is shown of publishing, where only consuming is looked at: every event, in
\* order, and some of them again.
Full ==
    {log \in [1..(Cardinality(Keys) * MostEvents + Repeats) -> {Record(k, n) : k \in Keys, n \in Numbers}] :
        /\ IsInOrder(log)
        /\ \A k \in Keys : \E i \in DOMAIN log : log[i] = Record(k, MostEvents)}

PublishingInit ==
    /\ document = [k \in Keys |->
        [version |-> 0, emitted |-> IF Publishing THEN 0 ELSE MostEvents, outbox |-> {}, pending |-> 0]]
    /\ draft = [p \in Writers |-> None]
    /\ unsent = [p \in Writers |-> NothingByKey]
    /\ known = [p \in Writers |-> NothingByKey]
    /\ requests = {}
    /\ elsewhere = {}
    /\ topic \in (IF Publishing THEN {<<>>} ELSE Full)
    /\ lease \in Writers
    /\ believers = {lease}

UnderWay(p, k) == \E r \in requests : r.by = p /\ r.key = k /\ ~r.orphan

\* -- Commands ---------------------------------------------------------------

\* Aggregates.change: the document is read, the use case decides.
Read(p, k) ==
    /\ Publishing
    /\ draft[p] = None
    /\ document[k].emitted < MostEvents
    /\ draft' = [draft EXCEPT ![p] =
        [key |-> k, version |-> document[k].version, emitted |-> document[k].emitted,
         outbox |-> document[k].outbox]]
    /\ UNCHANGED <<document, unsent, known, requests, topic, elsewhere, lease, believers, left>>

\* One write under the version that was read: the state, the new event, and out of
\* the outbox what this process knows to be acknowledged. The caller has the answer.
\* What stands in the outbox then is sent from memory. Another was quicker: again.
Write(p) ==
    LET d == draft[p]
        k == d.key
        new == d.emitted + 1
        kept == d.outbox \ known[p][k]
    IN
    /\ d # None
    /\ draft' = [draft EXCEPT ![p] = None]
    /\ IF document[k].version = d.version
       THEN /\ document' = [document EXCEPT ![k] =
                    [version |-> d.version + 1, emitted |-> new, outbox |-> kept \cup {new}, pending |-> new]]
            /\ unsent' = [unsent EXCEPT ![p][k] =
                    IF Fault = "sends from the middle of an outbox" THEN {new} ELSE kept \cup {new}]
            /\ known' = [known EXCEPT ![p][k] = {}]
       ELSE UNCHANGED <<document, unsent, known>>
    /\ UNCHANGED <<requests, topic, elsewhere, lease, believers, left>>

\* A write that adds no event takes known ones out as well, `pending` with the last.
\* What it leaves it may bring back, cleared since it was read: with its `pending`.
WriteWithoutEvent(p) ==
    LET d == draft[p]
        k == d.key
        kept == d.outbox \ known[p][k]
    IN
    /\ d # None
    /\ May("command") /\ Spent("command")
    /\ document[k].version = d.version
    /\ draft' = [draft EXCEPT ![p] = None]
    /\ document' = [document EXCEPT ![k] =
            [@ EXCEPT !.version = @ + 1, !.outbox = kept, !.pending =
                IF kept = {} THEN 0
                ELSE IF Fault = "brings an outbox back without its pending" THEN @ ELSE d.emitted]]
    /\ unsent' = [unsent EXCEPT ![p][k] = kept]
    /\ known' = [known EXCEPT ![p][k] = {}]
    /\ UNCHANGED <<requests, topic, elsewhere, lease, believers>>

\* A fault only: what a command decided is sent before it is known to be stored.
SendUnstored(p) ==
    /\ Fault = "sends before the write is confirmed"
    /\ draft[p] # None
    /\ unsent[p][draft[p].key] = {}
    /\ unsent' = [unsent EXCEPT ![p][draft[p].key] = draft[p].outbox \cup {draft[p].emitted + 1}]
    /\ UNCHANGED <<document, draft, known, requests, topic, elsewhere, lease, believers, left>>

\* -- The relay --------------------------------------------------------------

\* All that is unsent of one document is one request, which Kafka takes whole or not
\* at all. One of them is under way at a time; what comes meanwhile follows it.
Send(p, k) ==
    /\ unsent[p][k] # {}
    /\ ~UnderWay(p, k)
    /\ requests' = requests \cup
        {[by |-> p, key |-> k, numbers |-> unsent[p][k], landed |-> {}, orphan |-> FALSE]}
    /\ known' = IF Fault = "clears before the acknowledgement"
                THEN [known EXCEPT ![p][k] = @ \cup unsent[p][k]] ELSE known
    /\ UNCHANGED <<document, draft, unsent, topic, elsewhere, lease, believers, left>>

\* The broker appends what goes to one topic. A request of a process that died may
\* still arrive.
Land(r, part) ==
    /\ part # {} /\ part \cap r.landed = {}
    /\ IF Fault = "splits the events of a document over requests"
       THEN \E some \in SUBSET part \ {{}} : topic' = topic \o Records(r.key, some \ Elsewhere)
       ELSE topic' = topic \o Records(r.key, part \ Elsewhere)
    /\ elsewhere' = elsewhere \cup ({r.key} \X (part \cap Elsewhere))
    /\ LET landed == r.landed \cup part IN
       requests' = (requests \ {r})
            \cup (IF r.orphan /\ landed = r.numbers THEN {} ELSE {[r EXCEPT !.landed = landed]})
    /\ UNCHANGED <<document, draft, unsent, known, lease, believers, left>>

Parts(r) == {r.numbers \ Elsewhere, r.numbers \cap Elsewhere}

\* A retry of the producer that Kafka does not recognise.
LandAgain(r) ==
    /\ r.landed # {}
    /\ May("repeat") /\ Spent("repeat")
    /\ topic' = topic \o Records(r.key, r.landed \ Elsewhere)
    /\ UNCHANGED <<document, draft, unsent, known, requests, elsewhere, lease, believers>>

\* Known is what was acknowledged by every topic it went to.
Acknowledge(r) ==
    /\ ~r.orphan
    /\ r.landed = r.numbers \/ (Fault = "knows a send by a part of it" /\ r.landed # {})
    /\ requests' = requests \ {r}
    /\ known' = [known EXCEPT ![r.by][r.key] = @ \cup r.numbers]
    /\ unsent' = [unsent EXCEPT ![r.by][r.key] = @ \ r.numbers]
    /\ UNCHANGED <<document, draft, topic, elsewhere, lease, believers, left>>

\* The send fails, or landed and its acknowledgement is lost: the process does not
\* know which. It forgets what it was to send; the sweep finds it in the document.
Fail(r) ==
    /\ ~r.orphan
    /\ May("loss") /\ Spent("loss")
    /\ requests' = requests \ {r}
    /\ unsent' = [unsent EXCEPT ![r.by][r.key] = {}]
    /\ UNCHANGED <<document, draft, known, topic, elsewhere, lease, believers>>

Vanish(r) ==
    /\ r.orphan
    /\ requests' = requests \ {r}
    /\ UNCHANGED <<document, draft, unsent, known, topic, elsewhere, lease, believers, left>>

\* The lazy batch: exactly what was acknowledged goes, whoever wrote meanwhile, and
\* `pending` only where it is still the newest that was acknowledged.
Clear(p, k) ==
    LET d == document[k] IN
    /\ known[p][k] # {}
    /\ document' = [document EXCEPT ![k] =
        IF Fault = "clears the outbox unconditionally" \/ d.pending = Newest(known[p][k])
        THEN [d EXCEPT !.outbox = {}, !.pending = 0]
        ELSE IF Fault = "takes a document off the sweep's list unconditionally"
        THEN [d EXCEPT !.outbox = @ \ known[p][k], !.pending = 0]
        ELSE [d EXCEPT !.outbox = @ \ known[p][k]]]
    /\ known' = [known EXCEPT ![p][k] = {}]
    /\ UNCHANGED <<draft, unsent, requests, topic, elsewhere, lease, believers, left>>

\* -- The sweep --------------------------------------------------------------

\* Whoever holds the lease and died leaves it; a stall ends it under a holder that
\* goes on believing.
TakeLease(p) ==
    /\ p \notin believers
    /\ lease \notin believers
    /\ lease' = p
    /\ believers' = believers \cup {p}
    /\ UNCHANGED <<document, draft, unsent, known, requests, topic, elsewhere, left>>

StealLease(p) ==
    /\ p \notin believers
    /\ lease \in believers
    /\ May("stall") /\ Spent("stall")
    /\ lease' = p
    /\ believers' = believers \cup {p}
    /\ UNCHANGED <<document, draft, unsent, known, requests, topic, elsewhere>>

NoticeLease(p) ==
    /\ p \in believers /\ lease # p
    /\ believers' = believers \ {p}
    /\ UNCHANGED <<document, draft, unsent, known, requests, topic, elsewhere, lease, left>>

HasInHand(p, k) == unsent[p][k] # {} \/ known[p][k] # {} \/ UnderWay(p, k)

\* Whole from its lowest unsent event. A document that another process has in hand is
\* left alone for a while; when that was too short it is sent twice.
Sweep(p, k) ==
    /\ p \in believers
    /\ document[k].pending # 0
    /\ ~HasInHand(p, k)
    /\ document[k].outbox # {}
    /\ Fault # "sweeps nothing that an earlier life left"
    /\ IF \E q \in Writers : HasInHand(q, k) THEN May("repeat") /\ Spent("repeat") ELSE UNCHANGED left
    /\ unsent' = [unsent EXCEPT ![p][k] = document[k].outbox]
    /\ UNCHANGED <<document, draft, known, requests, topic, elsewhere, lease, believers>>

\* -- Crashes ----------------------------------------------------------------

\* The memory is gone; requests under way arrive or vanish. The process is back.
CrashWriter(p) ==
    /\ Publishing
    /\ draft[p] # None \/ p \in believers \/ \E k \in Keys : HasInHand(p, k)
    /\ May("crash") /\ Spent("crash")
    /\ draft' = [draft EXCEPT ![p] = None]
    /\ unsent' = [unsent EXCEPT ![p] = NothingByKey]
    /\ known' = [known EXCEPT ![p] = NothingByKey]
    /\ requests' = {r \in requests : r.by # p \/ r.orphan}
                   \cup {[r EXCEPT !.orphan = TRUE] : r \in {q \in requests : q.by = p /\ ~q.orphan /\ q.landed # q.numbers}}
    /\ believers' = believers \ {p}
    /\ UNCHANGED <<document, topic, elsewhere, lease>>

PublishingProgress ==
    \/ \E p \in Writers : Write(p) \/ TakeLease(p) \/ NoticeLease(p)
    \/ \E p \in Writers, k \in Keys : Send(p, k) \/ Clear(p, k) \/ Sweep(p, k)
    \/ \E r \in requests : Acknowledge(r) \/ Vanish(r) \/ \E part \in Parts(r) : Land(r, part)

\* What people do, and what goes wrong.
PublishingDisturbed ==
    \/ \E p \in Writers, k \in Keys : Read(p, k)
    \/ \E p \in Writers : CrashWriter(p) \/ StealLease(p) \/ WriteWithoutEvent(p) \/ SendUnstored(p)
    \/ \E r \in requests : LandAgain(r) \/ Fail(r)

\* -- What must hold ---------------------------------------------------------

IsPublished(k, n) ==
    IF n \in Elsewhere THEN <<k, n>> \in elsewhere
    ELSE \E i \in DOMAIN topic : topic[i].key = k /\ topic[i].number = n

\* First occurrences on the topic are 1, 2, 3, ... for each key.
InOrder == IsInOrder(topic)

\* Nothing is on the topic that no document has.
NothingUnstoredIsPublished == \A i \in DOMAIN topic : topic[i].number <= document[topic[i].key].emitted

\* What is not in the outbox any more is on the topic.
ClearedIsPublished ==
    Publishing => \A k \in Keys : \A n \in 1..document[k].emitted : n \in document[k].outbox \/ IsPublished(k, n)

\* The sweep looks for nothing else.
UnsentIsPending == \A k \in Keys : document[k].outbox # {} => document[k].pending # 0
=============================================================================
