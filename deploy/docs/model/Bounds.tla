------------------------------- MODULE Bounds -------------------------------
(* What an instance is made of: how much there is to do, how often what goes *)
(* wrong, and which fault is planted, if any.                                *)
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS
    Keys,       \* submissions, all in one partition: batches hold several
    Writers,    \* processes of the service that takes commands and publishes
    Takers,     \* processes of the service that consumes, and tells by mail
    MostEvents, \* of each submission: its events are numbered 1, 2, ...
    Elsewhere,  \* numbers of the events that go to another topic, which nobody here reads
    ToldOf,     \* numbers of the events that somebody is told of by mail
    Ignored,    \* numbers of the events that the consumer does not handle: only their place is noted
    Failing,    \* numbers of the events that the handler fails on until it is repaired
    BatchSize,  \* records a consumer takes at once
    Publishing, \* FALSE: the topic is full from the beginning, in order and with repetitions
    Taking,     \* FALSE: nobody consumes
    Mailing,    \* FALSE: nobody hands mails over
    Crashes,    \* how often any process loses its memory, at any moment
    Losses,     \* sends that fail, or whose acknowledgement is lost
    Repeats,    \* records Kafka gets twice, resends without need
    Stalls,     \* leases and claims that end while their holder believes in them
    Rebalances, \* partitions given to another while the first still works
    Rewinds,    \* offsets that go back: lost commits, a rebuild
    Commands,   \* writes of others to a document that a consumer has read
    Fault       \* "none", or the planted fault

VARIABLE left   \* how often each of these may still happen

None == [nothing |-> TRUE]

Numbers == 1..MostEvents

BudgetAtFirst ==
    [crash |-> Crashes, loss |-> Losses, repeat |-> Repeats, stall |-> Stalls,
     rebalance |-> Rebalances, rewind |-> Rewinds, command |-> Commands]

May(what) == left[what] > 0
Spent(what) == left' = [left EXCEPT ![what] = @ - 1]

Newest(numbers) == CHOOSE n \in numbers : \A m \in numbers : m <= n

\* The sequence of some numbers, the lowest first.
Ascending(numbers) ==
    CHOOSE s \in [1..Cardinality(numbers) -> numbers] :
        \A i, j \in DOMAIN s : i < j => s[i] < s[j]
=============================================================================
