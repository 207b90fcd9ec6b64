"""What RFC 9293 says about the lifecycle, paragraph by paragraph, and what the model has of it.

`EVENTS` is section 3.10, complete: its lists are numbered here (¶1, ¶2, …), every item of a list
being a paragraph, but for what only introduces another list.  `coverage` reads the table;
`coverage_requirements` has those of the other sections, in the same form.

A line that begins with a section's number opens it.  An entry is `place | what the RFC says`, in
our words, and below it one of

    + rules: remark     modelled by these rules, which cite the place
    ~ how               abstracted
    - why               omitted

`A..C` are the states from A to C, in the order of Figure 5; `each A..C` makes an entry for each of
them, with its name for `{state}`.  `@word` stands for a phrase of `PHRASES`.
"""

from __future__ import annotations

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    "@error": "a call that is an error changes nothing, so it is not a step; no error is returned",
    "@process": "there are no access rights: an endpoint has one user, whose endpoint it is",
    "@security": "there are no security compartments; every segment would match",
    "@urgent": "URG and PSH are carried but inert: no rule reads them, so they are no state"
    " of the model; no urgent pointer; the user is told nothing",
    "@receiving": "a RECEIVE is always outstanding: text is delivered when it is taken, unless "
    "`receiver=slow`",
    "@timestamps": "timestamps (`ts_paws`) only reject what is older",
    "@window": "the window is constant and both sides know it, unless `receiver=slow`",
    "@icmp": "there are no ICMP messages",
    "@status": "observation: formulas and runs read the TCB (`w.A.state`); that takes no step",
}

EVENTS = """
3.10 Event processing
¶1 | the processing is an example; implementations may differ in detail, not in substance
    ~ a rule is one atomic step: all checks of a segment, its effects and the answer
¶2 | endpoints respond to events: user calls, arriving segments, timeouts
    ~ every rule is of one of these kinds; besides them the network loses, copies and delays
¶3 | a call returns at once; what happens later is signalled
    ~ no return values; how a connection ended is remembered for formulas (ghost `outcome`)
¶4 | errors are named by strings
    - @error
¶5 | numbers are compared modulo 2^32
    ~ modulo 2^`width`; 32 bits are possible, a few suffice for most questions
¶6 | segments are checked against the window, then queued and processed in order
    ~ checked as they arrive; what is not next is dropped, or queued with `reassembly=hold`
¶7 | of an overlapping segment only the new part is processed
    ~ SYN, FIN and each octet of text travel alone, so that no segment is partly new
¶8 | if no change of state is mentioned there is none
    ~ by construction: a variable that a rule does not mention keeps its value
3.10.1 OPEN call
CLOSED ¶1 | create a TCB; passive: LISTEN; active: select ISS, send SYN, enter SYN-SENT
    + closed_passive_open, closed_active_open: without sockets, Diffserv, compartment, user timeout
CLOSED ¶2 | errors: no access to the local socket, no room for a connection
    - @process; endpoints have room for one connection, and `incarnations` of them in turn
LISTEN ¶1 | if active: change from passive to active, select ISS, send SYN, enter SYN-SENT
    + listen_active_open: the remote socket is always known; text goes with the SYN if `syn_data=on`
SYN-SENT..TIME-WAIT ¶1 | error: the connection already exists
    ~ @error
3.10.2 SEND call
CLOSED ¶1 | error: no access to the connection
    - @process
CLOSED ¶2 | error: the connection does not exist
    ~ @error
LISTEN ¶1 | change from passive to active, select ISS, send SYN, enter SYN-SENT
    + listen_send: text goes with the SYN if `syn_data=on`, else it is sent once ESTABLISHED
SYN-SENT SYN-RECEIVED ¶1 | queue the data until ESTABLISHED
    ~ users send once ESTABLISHED, which looks the same from outside
ESTABLISHED CLOSE-WAIT ¶1 | send the buffer in segments with a piggybacked acknowledgment
    + send: an octet per segment, as far as the send window allows
ESTABLISHED CLOSE-WAIT ¶2 | if URGENT, set the urgent pointer
    ~ @urgent
FIN-WAIT-1 FIN-WAIT-2 CLOSING LAST-ACK TIME-WAIT ¶1 | error: closing; the request is not served
    ~ @error
3.10.3 RECEIVE call
CLOSED ¶1 | error: no access to the connection
    - @process
CLOSED ¶2 | error: the connection does not exist
    ~ @error
LISTEN..SYN-RECEIVED ¶1 | queue the request until ESTABLISHED
    ~ @receiving
ESTABLISHED..FIN-WAIT-2 ¶1 | queue the request if too little has arrived
    ~ @receiving
ESTABLISHED..FIN-WAIT-2 ¶2 | reassemble what has arrived and give it to the user
    + receive: `receiver=slow`; otherwise text is delivered when it is taken; PUSH is inert
ESTABLISHED..FIN-WAIT-2 ¶3 | tell the user of urgent data
    ~ @urgent
ESTABLISHED..FIN-WAIT-2 ¶4 | acknowledge data for which responsibility is taken
    ~ acknowledged when it is taken, by `receives_text`
CLOSE-WAIT ¶1 | give the user what is on hand; when nothing is left: error, closing
    + receive: without error; @receiving
CLOSING LAST-ACK TIME-WAIT ¶1 | error: connection closing
    ~ @error; so what is on hand by then is lost to the user
3.10.4 CLOSE call
CLOSED ¶1 | error: no access to the connection
    - @process
CLOSED ¶2 | error: the connection does not exist
    ~ @error
LISTEN ¶1 | return outstanding RECEIVEs, delete the TCB, enter CLOSED
    + close_unopened
SYN-SENT ¶1 | delete the TCB, return queued SENDs and RECEIVEs
    + close_unopened
SYN-RECEIVED ¶1 | if nothing is to be sent: send FIN, enter FIN-WAIT-1; otherwise wait
    + close_first: nothing is ever to be sent in this state, see 3.10.2
ESTABLISHED ¶1 | send what is queued, then FIN; enter FIN-WAIT-1
    + close_first: SENDs are sent at once, nothing is queued
FIN-WAIT-1 FIN-WAIT-2 ¶1 | an error, or ok, but never a second FIN
    ~ @error
CLOSE-WAIT ¶1 | send what is queued, then FIN; enter LAST-ACK
    + close_second: SENDs are sent at once; `second_close=never` has users who never close
CLOSING LAST-ACK TIME-WAIT ¶1 | error: connection closing
    ~ @error
3.10.5 ABORT call
CLOSED ¶1 | error: no access to the connection
    - @process
CLOSED ¶2 | error: the connection does not exist
    ~ @error
LISTEN ¶1 | return outstanding RECEIVEs, delete the TCB, enter CLOSED
    + abort_silently
SYN-SENT ¶1 | return queued SENDs and RECEIVEs, delete the TCB, enter CLOSED
    + abort_silently
SYN-RECEIVED..CLOSE-WAIT ¶1 | send a reset that begins at SND.NXT
    + abort_with_reset
SYN-RECEIVED..CLOSE-WAIT ¶2 | notify, flush all queues, delete the TCB, enter CLOSED
    + abort_with_reset: segments that are under way stay so
CLOSING LAST-ACK TIME-WAIT ¶1 | ok: delete the TCB, enter CLOSED
    + abort_silently
3.10.6 STATUS call
CLOSED ¶1 | error: no access to the connection
    - @process
CLOSED ¶2 | error: the connection does not exist
    ~ @status
each LISTEN..TIME-WAIT ¶1 | return state = {state} and the TCB
    ~ @status
3.10.7.1 SEGMENT ARRIVES in CLOSED
¶1 | discard the text; discard a reset; answer all else by a reset its sender will accept
    + closed_discards_reset, closed_answers_reset: `rst=off`: silence
¶2 | no ACK: the reset has number zero and acknowledges the whole segment
    + closed_answers_reset
¶3 | with ACK: the reset begins at the number that was acknowledged
    + closed_answers_reset
3.10.7.2 SEGMENT ARRIVES in LISTEN
first ¶1 | ignore a reset
    + listen_ignores_reset
second ¶1 | any ACK is bad: answer by a reset that begins at the number acknowledged
    + listen_refuses_ack
second ¶2 | return
    + listen_refuses_ack
third ¶1 | SYN: a wrong security compartment is answered by a reset
    - @security
third ¶2 | take IRS and RCV.NXT from the SYN, select ISS, send SYN,ACK; queue other text
    + listen_receives_syn: text with a SYN is kept if `syn_data=on` or `tfo=on`, a FIN is not
third ¶3 | set SND.NXT and SND.UNA, enter SYN-RECEIVED; fill in the remote socket
    + listen_receives_syn: there is only one remote socket
fourth ¶1 | drop what is left
    + listen_drops
3.10.7.3 SEGMENT ARRIVES in SYN-SENT
first ¶1 | an ACK of what was never sent: reset, unless it is a reset itself
    + syn_sent_refuses_ack
first ¶2 | and drop the segment
    + syn_sent_refuses_ack
first ¶3 | an ACK is acceptable if SND.UNA < SEG.ACK =< SND.NXT
    + syn_sent_refuses_ack: tested in this form; the TCB has one number outstanding, the SYN's
second ¶1 | RFC 5961: the reset should begin exactly at RCV.NXT
    - there is no RCV.NXT yet; the acknowledgment of the SYN is what makes a reset valid (3.5.3)
second ¶2 | with an acceptable ACK: signal, delete the TCB, enter CLOSED; otherwise drop
    + syn_sent_receives_reset, syn_sent_ignores_reset, split_server_is_refused: `outcome`: refused
third ¶1 | a wrong security compartment, with ACK: a reset that begins at the number acknowledged
    - @security
third ¶2 | without ACK: a reset with number zero that acknowledges the segment
    - @security
third ¶3 | if a reset was sent, drop the segment
    - @security
fourth ¶1 | reached only with a good ACK or none, and without reset
    + syn_sent_receives_synack, syn_sent_receives_syn: by their guards
fourth ¶2 | SYN: take IRS and RCV.NXT from it; SND.UNA advances to the ACK, if there is one
    + syn_sent_receives_synack, syn_sent_receives_syn
fourth ¶3 | our SYN is acknowledged: ESTABLISHED, form an ACK
    + syn_sent_receives_synack
fourth ¶4 | and send it; queued data may go with it; continue with text and FIN of the segment
    + syn_sent_receives_synack: nothing goes with it; nobody sends text or FIN with SYN,ACK
fourth ¶5 | otherwise SYN-RECEIVED, form SYN,ACK
    + syn_sent_receives_syn
fourth ¶6 | and send it; set the send window; queue other text for later
    + syn_sent_receives_syn: the window if `receiver=slow`, text if `syn_data=on`
fourth ¶7 | text on a SYN is legal
    ~ an active opener's SYN carries the first octet if `syn_data=on` or `tfo=on`
fifth ¶1 | neither SYN nor reset: drop
    + syn_sent_drops
3.10.7.4 SEGMENT ARRIVES in other states
first, SYN-RECEIVED..TIME-WAIT ¶1 | process in order of SEG.SEQ, and of a segment only what is new
    ~ only what begins at RCV.NXT is processed; no segment is partly new
first, SYN-RECEIVED..TIME-WAIT ¶2 | aggregate acknowledgments
    ~ every segment is acknowledged by itself; the network may lose all but the last one
first, SYN-RECEIVED..TIME-WAIT ¶3 | four cases of the acceptability test (Table 6)
    + out_of_window, reset_out_of_window: @window
first, SYN-RECEIVED..TIME-WAIT ¶4 | see Appendix A.2: the test keeps valid ACKs from being processed
    + repeated_syn_connects, repeated_octet_acknowledges: `seq_check=a2`; else read literally
first, SYN-RECEIVED..TIME-WAIT ¶5 | with a zero window accept valid ACK, URG and RST all the same
    ~ an ACK or a reset at RCV.NXT is accepted; of a probe the ACK is not read, but comes again
first, SYN-RECEIVED..TIME-WAIT ¶6 | not acceptable: send an ACK, unless it is a reset
    + out_of_window, reset_out_of_window: with `ack_throttle=on` not to a pure ACK
first, SYN-RECEIVED..TIME-WAIT ¶7 | then drop it
    + out_of_window
first, SYN-RECEIVED..TIME-WAIT ¶8 | with timestamps a SYN in TIME-WAIT is judged otherwise
    - @timestamps
first, SYN-RECEIVED..TIME-WAIT ¶9 | assume the segment begins at RCV.NXT; hold later ones back
    ~ later ones are acknowledged and dropped (`out_of_order`), or held back (`holds_back`)
second ¶1 | RFC 5961 protects against blind resets by the next three checks
    + receives_reset: switch `rfc5961`
second 1) | outside the window: drop silently
    ~ it never comes here: `reset_out_of_window` has dropped it in the first check
second, SYN-RECEIVED..TIME-WAIT 2) | exactly at RCV.NXT: reset the connection
    + syn_received_receives_reset, receives_reset: in TIME-WAIT not with `tw_rfc1337=on`
second, SYN-RECEIVED..TIME-WAIT 3) | elsewhere in the window: challenge ACK, drop
    + inexact_reset: without throttling
second, SYN-RECEIVED ¶1 | passive: back to LISTEN; active: connection refused, CLOSED
    + syn_received_receives_reset: `origin_memory=off` forgets which
second, ESTABLISHED..CLOSE-WAIT ¶1 | notify the user, flush, delete the TCB, enter CLOSED
    + receives_reset
second, CLOSING LAST-ACK TIME-WAIT ¶1 | delete the TCB, enter CLOSED
    + receives_reset: `tw_rfc1337=on` ignores it in TIME-WAIT
third, SYN-RECEIVED ¶1 | a wrong security compartment is answered by a reset
    - @security
third, ESTABLISHED..TIME-WAIT ¶1 | likewise, and it ends the connection
    - @security
third ¶1 | why this check comes after that of the sequence number
    - @security
fourth, SYN-RECEIVED ¶1 | passive: back to LISTEN; active: as in the synchronized states
    + syn_received_receives_syn, receives_syn: RFC 793 resets it, see `synrcvd_inwindow_syn`
fourth, ESTABLISHED..TIME-WAIT ¶1 | RFC 5961: challenge ACK, wherever the SYN lies
    + receives_syn: outside the window the first check answers alike; TIME-WAIT has no timestamps
fourth, ESTABLISHED..TIME-WAIT ¶2 | then drop it
    + receives_syn: without throttling
fourth, ESTABLISHED..TIME-WAIT ¶3 | RFC 793: a SYN in the window is answered by a reset; CLOSED
    + receives_syn: `rfc5961=off`; then CLOSED or TIME-WAIT, see `rst_sender_state`
fourth, ESTABLISHED..TIME-WAIT ¶4 | a SYN outside the window has been answered in the first step
    ~ so it is: by `out_of_window`
fifth ¶1 | no ACK: drop
    + lacks_ack
fifth ¶2 | RFC 5961: an ACK too old or of what was not sent: ACK, drop
    + acks_unsent, syn_received_challenges_ack: `rfc5961`; in SYN-RECEIVED see `synrcvd_bad_ack`
fifth, SYN-RECEIVED ¶1 | our SYN is acknowledged: ESTABLISHED; set the send window
    + syn_received_receives_ack, syn_received_delivers_text_of_syn, holds_back: @window
fifth, SYN-RECEIVED ¶2 | an ACK that is not acceptable: form a reset
    + syn_received_refuses_ack
fifth, SYN-RECEIVED ¶3 | and send it
    + syn_received_refuses_ack: `rst=off`: silence
fifth, ESTABLISHED ¶1 | advance SND.UNA; ignore a duplicate ACK; ACK of the unsent: ACK, drop
    + receives_ack, acks_unsent
fifth, ESTABLISHED ¶2 | update the send window
    + receives_ack: @window
fifth, ESTABLISHED ¶3 | SND.WL1 and SND.WL2 keep old segments from updating the window
    + receives_ack: @window
fifth, FIN-WAIT-1 ¶1 | as in ESTABLISHED; if our FIN is acknowledged: FIN-WAIT-2
    + receives_ack, fin_wait_1_receives_ack_of_fin
fifth, FIN-WAIT-2 ¶1 | as in ESTABLISHED; the CLOSE can be acknowledged
    + receives_ack: the user of CLOSE is told nothing
fifth, CLOSE-WAIT ¶1 | as in ESTABLISHED
    + receives_ack
fifth, CLOSING ¶1 | as in ESTABLISHED; if our FIN is acknowledged: TIME-WAIT
    + receives_ack, closing_receives_ack_of_fin
fifth, LAST-ACK ¶1 | our FIN is acknowledged: delete the TCB, enter CLOSED
    + last_ack_receives_ack_of_fin
fifth, TIME-WAIT ¶1 | the peer's FIN comes again: acknowledge it, restart the 2 MSL timeout
    + time_wait_receives_fin: before the first check, which would drop it; `time_wait_restart`
sixth, ESTABLISHED..FIN-WAIT-2 ¶1 | URG: note the pointer, tell the user
    ~ @urgent
sixth, CLOSE-WAIT..TIME-WAIT ¶1 | ignore URG
    ~ @urgent
seventh, ESTABLISHED..FIN-WAIT-2 ¶1 | deliver the text; tell of a PUSH
    + receives_text, receives_text_up_to_fin: the first octet also in SYN-RECEIVED; PUSH is inert
seventh, ESTABLISHED..FIN-WAIT-2 ¶2 | acknowledge what is delivered
    + receives_text
seventh, ESTABLISHED..FIN-WAIT-2 ¶3 | advance RCV.NXT and adjust the window
    + receives_text: @window
seventh, ESTABLISHED..FIN-WAIT-2 ¶4 | an ACK may answer what is in the window but not at its edge
    + out_of_order
seventh, ESTABLISHED..FIN-WAIT-2 ¶5 | see the suggestions on managing the window
    ~ a window that was closed is announced when it opens, others with the next ACK; @window
seventh, ESTABLISHED..FIN-WAIT-2 ¶6 | the form of the acknowledgment
    + receives_text
seventh, ESTABLISHED..FIN-WAIT-2 ¶7 | piggyback it if that costs no delay
    ~ acknowledged at once, by a segment of its own; of a FIN see `fin_piggyback`
seventh, CLOSE-WAIT..TIME-WAIT ¶1 | ignore text after the peer's FIN
    + text_after_fin: answered by an ACK
eighth ¶1 | do not process the FIN in CLOSED, LISTEN or SYN-SENT
    ~ the rules of these states drop or answer such a segment without looking at its FIN
eighth ¶2 | FIN: tell the user, advance RCV.NXT, acknowledge
    + receives_fin, receives_text_up_to_fin
eighth, SYN-RECEIVED ESTABLISHED ¶1 | enter CLOSE-WAIT
    + receives_fin
eighth, FIN-WAIT-1 ¶1 | if our FIN is acknowledged: TIME-WAIT and its timer; otherwise CLOSING
    + receives_fin
eighth, FIN-WAIT-2 ¶1 | enter TIME-WAIT, start its timer
    + receives_fin
eighth, CLOSE-WAIT ¶1 | remain
    + text_after_fin: only a FIN beyond RCV.NXT comes here; a repeated one is out of the window
eighth, CLOSING ¶1 | remain
    + text_after_fin: as in CLOSE-WAIT
eighth, LAST-ACK ¶1 | remain
    + text_after_fin: as in CLOSE-WAIT
eighth, TIME-WAIT ¶1 | remain, restart the 2 MSL timeout
    + time_wait_receives_fin: `time_wait_restart`
3.10.8 Timeouts
user timeout ¶1 | flush, tell the user, delete the TCB, enter CLOSED
    + user_timeout: it runs while something is unacknowledged, and anew with each acknowledgment
retransmission timeout ¶1 | send what is at the front of the queue again, restart the timer
    + retransmit_syn, retransmit_text, retransmit_fin: when: `rto`, `rto_policy`; see also 3.8.3
time-wait timeout ¶1 | delete the TCB, enter CLOSED
    + time_wait_timeout
"""
"""Section 3.10: what an endpoint does about each event in each state."""
