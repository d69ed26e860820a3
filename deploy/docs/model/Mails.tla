-------------------------------- MODULE Mails --------------------------------
(* From a planned notification to the mail server: planned, claimed, handed    *)
(* over, told. Told is one write: state, history, the event to publish.        *)
EXTENDS Taking

VARIABLES
    hand,   \* by taker: <<key, number>> of the mail it has in hand and whether it is handed over, or None
    told    \* by key and number: events stored that say it was sent

mails == <<hand, told>>

MailsInit ==
    /\ hand = [c \in Takers |-> None]
    /\ told = [k \in Keys |-> [n \in Numbers |-> 0]]

Holds(c, k, n) == hand[c] # None /\ hand[c].key = k /\ hand[c].number = n

\* Found as due, or claimed by the write that plans it.
Claim(c, k, n) ==
    /\ Mailing
    /\ hand[c] = None
    /\ record[k][n].state = "planned"
    /\ record[k][n].claim = None \/ Fault = "hands over without a claim"
    /\ record' = [record EXCEPT ![k][n].claim = c]
    /\ hand' = [hand EXCEPT ![c] = [key |-> k, number |-> n, handed |-> FALSE]]
    /\ UNCHANGED <<told, left>>

\* The claim of a process that died ends.
ClaimEnds(k, n) ==
    /\ record[k][n].claim # None
    /\ ~Holds(record[k][n].claim, k, n)
    /\ record' = [record EXCEPT ![k][n].claim = None]
    /\ UNCHANGED <<hand, told, left>>

\* A process is stopped for longer than its claim, which ends under it. Where that
\* happens after it last looked at its clock, it has handed over or is going to.
Outlive(k, n) ==
    /\ record[k][n].claim # None
    /\ Holds(record[k][n].claim, k, n)
    /\ May("stall") /\ Spent("stall")
    /\ record' = [record EXCEPT ![k][n].claim = None,
                                ![k][n].excused = @ + (IF hand[record[k][n].claim].handed THEN 1 ELSE 0)]
    /\ UNCHANGED <<hand, told>>

HandOver(c) ==
    LET k == hand[c].key
        n == hand[c].number
    IN
    /\ hand[c] # None
    /\ ~hand[c].handed
    /\ record[k][n].claim = c \/ Fault = "hands over without a claim"
    /\ record[k][n].state = "planned" \/ Fault = "tells before it hands over"
    /\ Fault = "tells before it hands over" => record[k][n].state = "told"
    /\ record' = [record EXCEPT ![k][n].handed = @ + 1]
    /\ hand' = [hand EXCEPT ![c].handed = TRUE]
    /\ UNCHANGED <<told, left>>

\* The claim is over: whoever holds it next decides.
LetGo(c) ==
    LET k == hand[c].key
        n == hand[c].number
    IN
    /\ hand[c] # None
    /\ IF Fault = "tells before it hands over" THEN hand[c].handed
       ELSE ~hand[c].handed /\ record[k][n].claim # c
    /\ hand' = [hand EXCEPT ![c] = None]
    /\ UNCHANGED <<record, told, left>>

\* Whoever holds the claim now: what was sent is noted, once.
Tell(c) ==
    LET k == hand[c].key
        n == hand[c].number
        fresh == record[k][n].state = "planned" \/ Fault = "tells whatever the state is"
    IN
    /\ hand[c] # None
    /\ IF Fault = "tells before it hands over" THEN record[k][n].state = "planned" ELSE hand[c].handed
    /\ record' = IF fresh THEN [record EXCEPT ![k][n].state = "told", ![k][n].claim = IF Fault = "tells before it hands over" THEN @ ELSE None] ELSE record
    /\ told' = IF fresh THEN [told EXCEPT ![k][n] = @ + 1] ELSE told
    /\ hand' = IF Fault = "tells before it hands over" THEN hand ELSE [hand EXCEPT ![c] = None]
    /\ UNCHANGED left

\* -- A taker dies: its batch and its mail ------------------------------------

CrashTaker(c) ==
    /\ batch[c] # None \/ hand[c] # None
    /\ May("crash") /\ Spent("crash")
    /\ batch' = [batch EXCEPT ![c] = None]
    /\ hand' = [hand EXCEPT ![c] = None]
    /\ record' = IF hand[c] # None /\ hand[c].handed /\ record[hand[c].key][hand[c].number].state = "planned"
                 THEN [record EXCEPT ![hand[c].key][hand[c].number].excused = @ + 1] ELSE record
    /\ UNCHANGED <<told, committed, owner, case, letter, repaired, gap>>

\* -- What must hold -----------------------------------------------------------

\* A mail is repeated only where a process died, or stood still for longer than its
\* claim, between handing over and telling.
RepeatedOnlyByACrash == \A k \in Keys, n \in Numbers : record[k][n].handed <= 1 + record[k][n].excused

ToldIsHandedOver == \A k \in Keys, n \in Numbers : record[k][n].state = "told" => record[k][n].handed > 0

ToldOnce == \A k \in Keys, n \in Numbers : told[k][n] <= 1
=============================================================================
