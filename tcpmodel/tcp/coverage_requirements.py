"""What RFC 9293 says about the lifecycle outside section 3.10, in the form of `coverage_items`.

`LIFE` has the sections on opening and closing, `REQUIREMENTS` the numbered MUSTs, SHOULDs and MAYs
that concern the lifecycle; `ELSEWHERE` names all others, with the reason why they do not.
"""

from __future__ import annotations

LIFE = """
3.1 Header format
Figure 1 ¶1 | ports: with the addresses they name the connection that a segment is for
    ~ constants: what is for another 4-tuple never reaches this TCB; a flood is counted (`backlog`)
Figure 1 ¶2 | sequence and acknowledgment number; SYN, ACK, FIN, RST
    ~ fields of every segment
Figure 1 ¶3 | window
    ~ a field of every segment if `receiver=slow`; otherwise constant
Figure 1 ¶4 | PSH, URG, urgent pointer
    ~ @urgent
Figure 1 ¶5 | data offset, CWR, ECE, checksum, options
    - there are no options but those of `ts_paws` and `tfo`; a damaged segment is a lost one
3.3.2 Figure 5
¶1 | what each state waits for: FIN-WAIT-1 for the ACK of our FIN or the peer's, and so on
    + closes_late, receives_ack_of_late_fin, closes_again: misreadings; see 3.10.7 for the RFC's
Figure 5 Note 1 | a reset in SYN-RECEIVED leads to LISTEN only after a passive OPEN
    + syn_received_receives_reset
Figure 5 Note 2 | from FIN-WAIT-1 to TIME-WAIT, if the FIN brings the ACK of ours
    ~ an edge of the table of edges
Figure 5 Note 3 | a reset leads to LISTEN or CLOSED from everywhere; who sends one: TIME-WAIT
    + abort_enters_time_wait: `rst_sender_state=time_wait`; the former are in the table of edges
3.4.1 Initial sequence number selection
¶1 | successive incarnations of a connection must not be confused
    ~ a ghost numbers the incarnations; formulas ask whether they are confused
¶2 | each side sends its number and has it confirmed; two of the four messages can be one
    + four_way_receives_ack, four_way_receives_syn: `handshake`: two, three, four, or split
3.4.2 Knowing when to keep quiet
¶1 | after losing memory of sequence numbers, keep quiet for an MSL
    + crash: `quiet`; the ISN generator of `isn=distinct` begins anew
3.4.3 The quiet time concept
¶1 | a host that lost its memory sends nothing for an MSL
    + keeps_quiet, quiet_time_over: `quiet`; it listens to nothing either; see also `reuse_wait`
¶2 | numbers are in use until an MSL after they were sent
    ~ with `msl` each segment ages and is gone at that age
¶3 | where numbers wrap within an MSL, timestamps tell old from new
    ~ `ts_paws`: they tick once per connection; `width` decides how soon numbers wrap
3.5 Establishing a connection
¶1 | three messages: a SYN, its acknowledgment with a SYN, the acknowledgment of that
    + two_way_server_repeats, syn_received_resends_synack: other answers; else see 3.10.7
Figure 7 | both sides open at once
    + syn_sent_receives_syn: line 6 is out of the window; its ACK counts with `seq_check=a2`
3.5.1 Half-open connections
¶1 | one side has closed or aborted and the other does not know; sending makes it known
    ~ a run, not a step: ABORT with its reset lost (`abort=on`), or see ¶2; `left_half_open`
¶2 | likewise after a reboot with loss of memory (Figures 9 and 10)
    + crash: Figures 9 and 10 are runs with `crash=A`; it takes no time, but for `quiet`
3.5.2 Reset generation
¶1 | users may reset at any time; the side that does should enter TIME-WAIT
    + abort_enters_time_wait: `rst_sender_state=time_wait`; 3.10.5 contradicts and is the default
¶2 | a reset answers what is apparently not meant for this connection
    ~ the three groups that follow say when
group 1 | CLOSED: everything but a reset is answered by a reset
    + closed_answers_reset
group 2 | LISTEN, SYN-SENT, SYN-RECEIVED: an unacceptable ACK is answered by a reset
    + syn_received_refuses_ack: see also 3.10.7.2 second and 3.10.7.3 first
group 3 | synchronized: what is unacceptable is answered by an empty ACK
    + out_of_window: see also 3.10.7.4 fifth
3.5.3 Reset processing
¶1 | a reset is valid if it is in the window; in SYN-SENT if it acknowledges the SYN
    + receives_reset: with RFC 5961 only at RCV.NXT
¶2 | LISTEN ignores it; SYN-RECEIVED may return to LISTEN; all others abort and tell the user
    + receives_reset: see also 3.10.7.2 first and 3.10.7.4 second
3.6 Closing a connection
¶1 | CLOSE means that no more is sent, not that nothing more is received
    ~ text is taken in FIN-WAIT-1 and FIN-WAIT-2 too (`receives_text`)
case 1 | the local user closes first: FIN, repeated until it is acknowledged
    + close_first, retransmit_fin, leaves, fin_wait_2_timeout: the last two only with `fin_timeout`
case 2 | the peer closes first: its FIN is acknowledged, ours follows when the user closes
    + close_second: never given up but by a limit, see 3.8.3 and 3.10.8 user timeout
case 3 | both close at once (Figure 13)
    ~ a run, not a step: `close_first` on both sides, then `closing_receives_ack_of_fin`
"""
"""Sections 3.1 to 3.6."""

REQUIREMENTS = """
Requirements with a number
3.4.1 MUST-8 | initial sequence numbers come from a clock
    ~ `isn=distinct`: those of successive incarnations are far apart, without a clock
3.4.1 SHLD-1 | add a pseudorandom function of the addresses and a secret to it
    ~ `isn=free`: any value
3.4.1 MUST-9 | that function cannot be computed from outside
    - there is no attacker who would compute it
3.5 MUST-10 | simultaneous open
    + syn_sent_receives_syn, syn_sent_ignores_syn: `simultaneous_open`
3.5 MUST-11 | SYN-RECEIVED remembers whether the OPEN was passive or active
    + listen_receives_syn, syn_received_receives_reset, split_server_is_refused: `origin_memory`
3.5.3 SHLD-2 | allow a reset with text
    ~ the rules that process resets do not look at text; nobody sends such a reset
3.6 MUST-12 | tell the application whether the peer closed normally or aborted
    ~ the ghost `outcome`: closed, refused, reset, aborted, timeout, crashed
3.6.1 MAY-1 | half-duplex close: after CLOSE nothing more is read
    + text_after_close, close_after_shutdown: `half_close`; by default CLOSE is simplex
3.6.1 SHLD-3 | then reset the connection if data is lost that way
    + text_after_close: nothing is ever pending when CLOSE is called, see 3.10.3
3.6.1 MUST-13 | linger in TIME-WAIT for 2 MSL
    + time_wait_timeout, time_wait_receives_fin: `time_wait`, in ticks, and `msl`
3.6.1 MAY-2 | a new SYN may reopen the connection from TIME-WAIT
    + time_wait_receives_syn: `tw_reopen`; its conditions (1) and (2) can be dropped one by one
3.6.1 SHLD-4 | use timestamps to shorten TIME-WAIT
    - @timestamps
3.8.1 MUST-18 | compute the retransmission timeout (RFC 6298, Karn)
    ~ retransmission at any time covers every timer; `rto` bounds it, `rto_policy` makes it exact
3.8.2 MUST-19 | exponential backoff (and congestion control)
    ~ `rto_policy=exponential`; there is no congestion control
3.8.3 MUST-20 | give up on data after threshold R2
    + gives_up: `retries`; no reset is sent
3.8.3 MUST-21 | the application can set R2
    ~ `retries`, per scenario
3.8.3 MUST-22 | treat SYNs likewise
    + gives_up, half_open_expires: `syn_retries`, `synack_retries`
3.8.3 MUST-23 | R2 of a SYN is at least 3 minutes
    ~ a choice of `syn_retries` and `rto`; formulas: `gave_up_before`
3.8.3 SHLD-9 | tell the application at R1
    ~ observation, like STATUS: formulas ask `sent_again`; that takes no step
3.8.3 SHLD-10 | R1 is at least 3 retransmissions
    ~ a number in that formula
3.8.3 SHLD-11 | R2 is at least 100 seconds
    ~ a choice of `retries` and `rto`, like MUST-23
3.8.4 MAY-5 | keep-alives
    + keep_alive: `keepalive=on`
3.8.4 MUST-24 | the application can turn them on and off
    ~ `keepalive`, per scenario
3.8.4 MUST-25 | they are off unless asked for
    ~ so they are: `keepalive=off`
3.8.4 MUST-26 | only when idle
    + keep_alive: nothing is outstanding, and (`keepalive` in ticks) nothing has arrived
3.8.4 MUST-27 | the interval is configurable
    + keep_alive: `keepalive` in ticks, `keepalive_interval`; with `keepalive=on` at any time
3.8.4 MUST-28 | and two hours or more by default
    ~ a choice of `keepalive` and of what a tick is
3.8.4 MUST-29 | no answer to one probe does not mean that the connection is dead
    + keep_alive_gives_up: after `keepalive_probes` of them; with `keepalive=on` never
3.8.4 SHLD-12 | probe without data
    + keep_alive: SEG.SEQ is SND.NXT-1
3.8.4 MAY-6 | or with one octet of garbage
    - probes have no text
3.8.6 SHLD-17 | do not give up because of data beyond a shrunk window
    ~ windows close but do not shrink: the right edge never moves to the left
3.8.6 MUST-35 | probe a window that has shrunk to zero
    + probes_zero_window: `receiver=slow`; it closes without shrinking
3.8.6.1 MUST-36 | probe a zero window
    + probes_zero_window: `receiver=slow`, unless `persist=off`
3.8.6.1 MAY-8 | a window may be zero for ever
    ~ a slow user may never call RECEIVE
3.8.6.1 MUST-37 | and the connection stays open as long as probes are acknowledged
    ~ probes have no limit; those of `retries` do not count them
3.8.6.1 SHLD-29 | first probe after the retransmission timeout
    ~ at any time, like a retransmission
3.8.6.1 SHLD-30 | exponential intervals between probes
    ~ at any time, like a retransmission
3.4 MUST-66 | process RST and URG even with a zero window
    ~ a reset at RCV.NXT is processed; URG is inert
3.9.1.1 MUST-41 | a passive OPEN does not affect existing connections
    ~ an endpoint is one connection; a passive OPEN is possible only where there is none
3.9.1.1 MUST-42 | LISTEN on a port that has a connection in SYN-SENT or SYN-RECEIVED
    - an endpoint is one connection
3.9.2.2 MUST-54 | act on ICMP errors
    - @icmp
3.9.2.2 MUST-55 | discard Source Quench
    - @icmp
3.9.2.2 MUST-56 | do not abort on soft errors
    - @icmp
3.9.2.2 SHLD-25 | tell the application of soft errors
    - @icmp
3.9.2.2 SHLD-26 | abort on hard errors
    - @icmp
3.10.7.4 first MUST-58 | aggregate acknowledgments
    ~ every segment is acknowledged by itself; the network may lose all but the last one
3.10.7.4 first MUST-59 | process all that is queued before acknowledging
    ~ nothing is queued: a segment is processed when it arrives
3.10.7.4 first SHLD-31 | hold segments back that begin beyond RCV.NXT
    + holds_back: `reassembly=hold`; otherwise dropped and acknowledged (`out_of_order`)
3.10.7.4 fifth MAY-12 | RFC 5961: refuse an ACK that is too old or of what was not sent
    + acks_unsent: `rfc5961`; in SYN-RECEIVED see `synrcvd_bad_ack`
3.10.7.4 seventh MAY-13 | acknowledge what is in the window but not at its edge
    + out_of_order
"""
"""The MUSTs, SHOULDs and MAYs that decide over the life of a connection."""

ELSEWHERE = """
window arithmetic | MUST-1 REC-1 | windows are never scaled or negative here
checksum | MUST-2 MUST-3 | a damaged segment is a lost one
options | MUST-4 MUST-5 MUST-6 MUST-7 MUST-64 MUST-68 MUST-69 | segments have no options
segment size | MUST-14 MUST-15 MUST-16 MUST-65 MUST-67 SHLD-5 SHLD-6 MAY-3 | one octet per segment
coalescing of small segments | SHLD-7 MUST-17 MUST-38 MUST-39 SHLD-28 | performance only
delayed acknowledgment | SHLD-18 SHLD-19 MUST-40 | the network delays acknowledgments anyway
congestion | SHLD-8 MAY-18 | performance only
shrinking windows | MUST-34 SHLD-14 SHLD-15 SHLD-16 MAY-7 | windows close but do not shrink
urgent data | MUST-30 MUST-31 MUST-32 MUST-33 MUST-62 SHLD-13 | carried but inert
push | MAY-15 MAY-16 MAY-17 MUST-60 MUST-61 SHLD-27 | carried but inert
addresses | MUST-43 MUST-44 MUST-45 MUST-46 MUST-57 MUST-63 | one fixed 4-tuple, ports included
the IP layer | MAY-4 MAY-10 MAY-11 MUST-49 MUST-50 MUST-51 MUST-52 MUST-53 SHLD-24 | below TCP
Diffserv | MUST-48 SHLD-21 SHLD-22 SHLD-23 MAY-9 | it changes no state
interface to the application | MUST-47 SHLD-20 MAY-14 | reports and FLUSH change no state
"""
"""The other requirements: what they are about, their numbers, why they are not in the table."""
