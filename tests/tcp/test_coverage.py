"""The account of what the model has of RFC 9293 is complete, and agrees with the rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tcpmodel.claims.coverage import coverage_markdown
from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.compose import SOURCES
from tcpmodel.tcp.coverage import (
    EXTRA,
    Item,
    Known,
    Place,
    Status,
    cited,
    covers,
    elsewhere,
    figure_items,
    items,
    known_rules,
    place,
    problems,
    read,
)
from tcpmodel.tcp.coverage_items import EVENTS, PHRASES
from tcpmodel.tcp.scenario import SWITCHES, scenario
from tcpmodel.tcp.states import STATE
from tcpmodel.tcp.tcb import tcb_domains
from tcpmodel.tcp.world import World

SECTION_3_10 = """
    3.10      8
    3.10.1    CLOSED 2 | LISTEN 1 | SYN-SENT..TIME-WAIT 1
    3.10.2    CLOSED 2 | LISTEN 1 | SYN-SENT SYN-RECEIVED 1 | ESTABLISHED CLOSE-WAIT 2
    3.10.2    FIN-WAIT-1 FIN-WAIT-2 CLOSING LAST-ACK TIME-WAIT 1
    3.10.3    CLOSED 2 | LISTEN..SYN-RECEIVED 1 | ESTABLISHED..FIN-WAIT-2 4 | CLOSE-WAIT 1
    3.10.3    CLOSING LAST-ACK TIME-WAIT 1
    3.10.4    CLOSED 2 | LISTEN 1 | SYN-SENT 1 | SYN-RECEIVED 1 | ESTABLISHED 1
    3.10.4    FIN-WAIT-1 FIN-WAIT-2 1 | CLOSE-WAIT 1 | CLOSING LAST-ACK TIME-WAIT 1
    3.10.5    CLOSED 2 | LISTEN 1 | SYN-SENT 1 | SYN-RECEIVED..CLOSE-WAIT 2
    3.10.5    CLOSING LAST-ACK TIME-WAIT 1
    3.10.6    CLOSED 2 | LISTEN 1 | SYN-SENT 1 | SYN-RECEIVED 1 | ESTABLISHED 1 | FIN-WAIT-1 1
    3.10.6    FIN-WAIT-2 1 | CLOSE-WAIT 1 | CLOSING 1 | LAST-ACK 1 | TIME-WAIT 1
    3.10.7.1  3
    3.10.7.2  first 1 | second 2 | third 3 | fourth 1
    3.10.7.3  first 3 | second 2 | third 3 | fourth 7 | fifth 1
    3.10.7.4  first, SYN-RECEIVED..TIME-WAIT 9
    3.10.7.4  second 2 | second, SYN-RECEIVED..TIME-WAIT 2 | second, SYN-RECEIVED 1
    3.10.7.4  second, ESTABLISHED..CLOSE-WAIT 1 | second, CLOSING LAST-ACK TIME-WAIT 1
    3.10.7.4  third, SYN-RECEIVED 1 | third, ESTABLISHED..TIME-WAIT 1 | third 1
    3.10.7.4  fourth, SYN-RECEIVED 1 | fourth, ESTABLISHED..TIME-WAIT 4
    3.10.7.4  fifth 2 | fifth, SYN-RECEIVED 3 | fifth, ESTABLISHED 3 | fifth, FIN-WAIT-1 1
    3.10.7.4  fifth, FIN-WAIT-2 1 | fifth, CLOSE-WAIT 1 | fifth, CLOSING 1 | fifth, LAST-ACK 1
    3.10.7.4  fifth, TIME-WAIT 1
    3.10.7.4  sixth, ESTABLISHED..FIN-WAIT-2 1 | sixth, CLOSE-WAIT..TIME-WAIT 1
    3.10.7.4  seventh, ESTABLISHED..FIN-WAIT-2 7 | seventh, CLOSE-WAIT..TIME-WAIT 1
    3.10.7.4  eighth 2 | eighth, SYN-RECEIVED ESTABLISHED 1 | eighth, FIN-WAIT-1 1
    3.10.7.4  eighth, FIN-WAIT-2 1 | eighth, CLOSE-WAIT 1 | eighth, CLOSING 1
    3.10.7.4  eighth, LAST-ACK 1 | eighth, TIME-WAIT 1
    3.10.8    user timeout 1 | retransmission timeout 1 | time-wait timeout 1
"""
"""How many paragraphs section 3.10 has, by section, step and states: counted in the RFC."""

CALLS = ("3.10.1", "3.10.2", "3.10.3", "3.10.4", "3.10.5", "3.10.6")
OPEN = STATE.names[3:]
"""SYN-RECEIVED and what comes after it: the states of 3.10.7.4."""

NUMBERS = {"MUST": 69, "SHLD": 31, "MAY": 18, "REC": 1}
"""How many requirements of each kind the RFC has."""


def counted() -> Counter[Place]:
    """`SECTION_3_10`, read."""
    found: Counter[Place] = Counter()
    for line in SECTION_3_10.strip().splitlines():
        section, _, groups = line.strip().partition(" ")
        for group in groups.split(" | "):
            where, _, count = group.strip().rpartition(" ")
            found[place(f"{section} {where}".strip())] += int(count)
    return found


def group(item: Item) -> Place:
    """The list that a paragraph is an item of."""
    marks = frozenset(m for m in item.place.marks if m.endswith("timeout"))
    return replace(item.place, marks=marks)


def events() -> list[Item]:
    return list(read(EVENTS))


def wrong(
    change: Callable[[Item], Item | None] = lambda item: item, rules: dict[str, Known] | None = None
) -> list[str]:
    """What is found wrong with the account if every item is changed so, or the rules are."""
    changed = [change(item) for item in items()]
    account = [item for item in changed if item is not None]
    return problems(account, known_rules() if rules is None else rules)


class TestComplete:
    def test_every_paragraph_of_3_10_is_in_the_account(self) -> None:
        """Per section, step and states there are as many items as the RFC has paragraphs."""
        assert Counter(group(item) for item in events()) == counted()

    def test_the_paragraphs_of_a_list_are_numbered_one_by_one(self) -> None:
        """No reference occurs twice, and ¶2 comes after ¶1."""
        assert max(Counter(item.reference for item in items()).values()) == 1
        numbered: dict[Place, list[int]] = {}
        for item in events():
            for mark in item.place.marks:
                if mark.startswith("¶"):
                    numbered.setdefault(group(item), []).append(int(mark[1:]))
        assert all(found == list(range(1, len(found) + 1)) for found in numbered.values())

    @pytest.mark.parametrize("section", CALLS)
    def test_a_call_is_accounted_for_in_every_state(self, section: str) -> None:
        """Each of the eleven states is in one group of the call's section, and only in one."""
        groups = {group(item) for item in events() if item.place.section == section}
        assert Counter(state for g in groups for state in g.states) == Counter(STATE.names)

    @pytest.mark.parametrize(
        ("step", "states"),
        [
            ("first", OPEN),
            ("second", OPEN),
            ("third", OPEN),
            ("fourth", OPEN),
            ("fifth", OPEN),
            ("sixth", OPEN[1:]),
            ("seventh", OPEN[1:]),
            ("eighth", OPEN),
        ],
    )
    def test_every_check_is_accounted_for_in_every_state(
        self, step: str, states: tuple[str, ...]
    ) -> None:
        """The sixth and seventh step do not speak of SYN-RECEIVED, all others do."""
        places = [i.place for i in events() if i.place.section == "3.10.7.4"]
        groups = {p.states for p in places if step in p.steps and p.marks <= {"¶1", "¶2", "¶3"}}
        assert Counter(state for g in groups for state in g) == Counter(states)

    def test_every_requirement_is_in_the_account_or_set_aside(self) -> None:
        """All MUSTs, SHOULDs and MAYs occur once: in the table, or among the others."""
        found = [item.place.requirement for item in items() if item.place.requirement]
        found += [number for _, numbers, _ in elsewhere() for number in numbers]
        every = [f"{kind}-{n}" for kind, top in NUMBERS.items() for n in range(1, top + 1)]
        assert sorted(found) == sorted(every)

    def test_every_edge_of_figure_5_is_in_the_account(self) -> None:
        """The twenty edges and the one of Note 2 are modelled; so are nine resets of Note 3."""
        edges = figure_items()
        places = Counter(edge.reference for edge in edges)
        assert places == {"drawn": 20, "Note 2": 1, "Note 3": 9, EXTRA: places[EXTRA]}
        assert {edge.status for edge in edges} == {Status.MODELLED}
        assert {name for edge in edges for name in edge.rules} <= set(known_rules())
        marks = {
            mark for item in items() if "Figure 5" in item.place.marks for mark in item.place.marks
        }
        assert marks == {"Figure 5", "Note 1", "Note 2", "Note 3"}

    def test_every_rule_is_in_some_scenario(self) -> None:
        """The scenarios looked at have every rule that is written, each in some state."""
        assert set(known_rules()) == {source.function.__name__ for source in SOURCES}
        assert all(rule.states for rule in known_rules().values())


class TestHonest:
    def test_the_account_agrees_with_the_rules(self) -> None:
        """Rules named exist, cite the place, act in its states; no citation is left over."""
        assert wrong() == []

    def test_nothing_is_left_without_a_word(self) -> None:
        """What is not modelled says how it is abstracted, or why it is omitted."""
        for item in items():
            assert item.text
            assert item.rules if item.status is Status.MODELLED else len(item.how.split()) > 1

    def test_what_the_words_mention_exists(self) -> None:
        """`code` in an explanation is a rule, a switch and its value, a variable or a formula's."""
        world = {name for name in vars(World) if not name.startswith("_")}
        variables = set(tcb_domains(scenario("clock rto=1")))
        for item in items():
            for word in re.findall(r"`([^`]+)`", item.how):
                key, equals, value = word.partition("=")
                if equals:
                    SWITCHES[key].parse(key, value)
                elif not word.startswith("w."):
                    assert word in {*known_rules(), *SWITCHES, *variables, *world}, item

    def test_every_phrase_is_used(self) -> None:
        """A phrase that no paragraph uses any more is gone."""
        words = " ".join(item.how for item in items())
        assert [name for name, phrase in PHRASES.items() if phrase not in words] == []


class TestDishonest:
    """Whatever is wrong with an account is found, and said."""

    def test_a_rule_that_no_scenario_has(self) -> None:
        """If `close_second` vanished, both paragraphs that name it would be false."""
        rules = {name: rule for name, rule in known_rules().items() if name != "close_second"}
        found = wrong(rules=rules)
        assert "3.10.4 CLOSE-WAIT ¶1 is modelled by close_second, which no scenario has" in found
        assert "3.6 case 2 is modelled by close_second, which no scenario has" in found

    def test_a_rule_that_cites_something_else(self) -> None:
        """A rule models a paragraph only if it cites it."""

        def claimed(item: Item) -> Item:
            named = "3.10.4 CLOSE-WAIT" in item.reference
            return replace(item, rules=(*item.rules, "lacks_ack")) if named else item

        assert wrong(claimed) == [
            "3.10.4 CLOSE-WAIT ¶1 is modelled by lacks_ack, which does not cite it"
        ]

    def test_a_citation_of_a_paragraph_that_is_missing(self) -> None:
        """Without the paragraph on a missing ACK, the rule about it cites what is not there."""
        found = wrong(lambda item: None if "fifth" in item.reference else item)
        assert "lacks_ack cites RFC 9293 3.10.7.4 fifth ¶1, of which there is no account" in found

    def test_a_citation_that_the_account_does_not_know_of(self) -> None:
        """A rule for what is said to be omitted makes the account out of date."""
        new = Known("give_up", ("RFC 9293 3.10.8 user timeout",), frozenset(STATE.names), "rfc9293")
        assert wrong(rules={**known_rules(), "give_up": new}) == [
            "give_up cites RFC 9293 3.10.8 user timeout, but is not named in: "
            "3.10.8 user timeout ¶1"
        ]

    def test_a_citation_of_a_section_instead_of_a_paragraph(self) -> None:
        """Who cites all of 3.10.7.3 fourth claims what the rule does not do."""
        rule = known_rules()["syn_sent_receives_synack"]
        vague = replace(rule, cites=("RFC 9293 3.10.7.3 fourth",))
        assert wrong(rules={**known_rules(), rule.name: vague}) == [
            "syn_sent_receives_synack cites RFC 9293 3.10.7.3 fourth, but is not named in: "
            "3.10.7.3 fourth ¶5; 3.10.7.3 fourth ¶6; 3.10.7.3 fourth ¶7"
        ]

    def test_a_state_in_which_the_rules_do_nothing(self) -> None:
        """A paragraph about five states is not modelled by a rule that acts in four."""
        rule = known_rules()["abort_with_reset"]
        lazy = replace(rule, states=rule.states - {"FIN-WAIT-2"})
        found = wrong(rules={**known_rules(), rule.name: lazy})
        assert found == [
            f"3.10.5 SYN-RECEIVED..CLOSE-WAIT ¶{n}: no rule named acts in FIN-WAIT-2"
            for n in (1, 2)
        ]

    def test_an_omission_without_a_reason(self) -> None:
        """An omitted paragraph without a word is a gap, not an omission."""
        found = wrong(lambda i: replace(i, how="") if "MUST-42" in i.reference else i)
        assert found == ["3.9.1.1 MUST-42 is omitted without a word"]

    def test_modelled_by_nothing(self) -> None:
        """Nothing is modelled without a rule."""
        found = wrong(lambda i: replace(i, rules=()) if "case 2" in i.reference else i)
        assert found[0] == "3.6 case 2 is modelled by no rule"

    @pytest.mark.parametrize(
        ("table", "complaint"),
        [
            ("3.1 A\n¶1 | text\n¶2 | text\n    - why", "does not say"),
            ("3.1 A\n¶1 | text", "does not say"),
            ("3.1 A\n    - why", "of no paragraph"),
            ("3.1 A\n¶1 | text\n    ? why", "begin with"),
        ],
    )
    def test_a_table_that_cannot_be_read(self, table: str, complaint: str) -> None:
        """A paragraph has exactly one verdict, and a verdict its paragraph."""
        with pytest.raises(ModelError, match=complaint):
            list(read(table))


class TestPlaces:
    @pytest.mark.parametrize(
        ("citation", "item", "covered"),
        [
            ("3.10.4", "3.10.4 LISTEN ¶1", False),
            ("3.10.4 LISTEN", "3.10.4 LISTEN ¶1", True),
            ("3.10.4 LISTEN", "3.10.4 SYN-SENT ¶1", False),
            ("3.10.4 LISTEN", "3.10.5 LISTEN ¶1", False),
            ("3.10.7.2 third ¶2 ¶3", "3.10.7.2 third ¶3", True),
            ("3.10.7.2 third ¶2 ¶3", "3.10.7.2 third ¶1", False),
            ("3.10.7.4 fifth", "3.10.7.4 fifth ¶1", True),
            ("3.10.7.4 fifth", "3.10.7.4 fifth, CLOSING ¶1", False),
            ("3.10.7.4 fifth, CLOSING", "3.10.7.4 fifth ¶1", False),
            ("3.10.7.4 fourth ¶1", "3.10.7.4 fifth ¶1", False),
            ("3.10.7.4 fifth, FIN-WAIT-1 CLOSING ¶1", "3.10.7.4 fifth, CLOSING ¶1", True),
            ("3.10.7.4 fifth, FIN-WAIT-1 CLOSING ¶1", "3.10.7.4 fifth, LAST-ACK ¶1", False),
            ("3.10.7.4 fifth and eighth, TIME-WAIT", "3.10.7.4 eighth, TIME-WAIT ¶1", True),
            (
                "3.10.7.4 second, ESTABLISHED 3)",
                "3.10.7.4 second, SYN-RECEIVED..TIME-WAIT 3)",
                True,
            ),
            (
                "3.10.7.4 second, ESTABLISHED 3)",
                "3.10.7.4 second, SYN-RECEIVED..TIME-WAIT 2)",
                False,
            ),
            ("3.10.8 user timeout", "3.10.8 user timeout ¶1", True),
            ("3.10.8 user timeout", "3.10.8 time-wait timeout ¶1", False),
            ("3.5 ¶1", "3.5 MUST-10", False),
            ("MUST-11", "3.5 MUST-11", True),
            ("3.6.1 MUST-13", "3.6.1 MAY-2", False),
            ("Figure 5 Note 1", "3.3.2 Figure 5 Note 1", True),
        ],
    )
    def test_a_citation_covers_what_it_says(self, citation: str, item: str, covered: bool) -> None:
        """A section is not enough where it speaks of states; a list stands for its paragraphs."""
        assert covers(place(citation), place(item)) is covered

    def test_nonsense_is_no_place(self) -> None:
        """A citation has to be readable."""
        with pytest.raises(ModelError, match="ninth"):
            place("3.10.7.4 ninth")

    def test_every_citation_of_rfc_9293_is_a_place(self) -> None:
        """Rules cite places, not opinions."""
        for rule in known_rules().values():
            assert all(
                where.section or where.marks or where.requirement for where in cited(rule).values()
            )


class TestDocument:
    def test_every_paragraph_is_a_row(self) -> None:
        """What the account says, the document says."""
        text = coverage_markdown()
        for item in (*items(), *figure_items()):
            assert f" | {item.text} | " in text
        assert all(number in text for _, numbers, _ in elsewhere() for number in numbers)

    def test_the_tables_are_whole(self) -> None:
        """Every row of a table has as many cells as its head, and ends where it should."""
        width = 0
        for line in coverage_markdown().splitlines():
            cells = len(re.findall(r"\|", line))
            if line.startswith("| ---"):
                assert cells == width
            assert not line.startswith("|") or line.endswith("|")
            assert not width or cells in (0, width)
            width = cells

    def test_the_totals_add_up(self) -> None:
        """The sum over the parts is the number of paragraphs, edges and requirements."""
        row = next(line for line in coverage_markdown().splitlines() if "**all**" in line)
        total = Counter(item.status for item in items())
        total.update(edge.status for edge in figure_items() if edge.reference != EXTRA)
        assert re.findall(r"\*\*(\d+)\*\*", row) == [str(total[status]) for status in Status]

    def test_a_rule_that_needs_a_switch_says_so(self) -> None:
        """Users send nothing unless the scenario says how much."""
        assert "modelled by `send` (`data=1`); an octet per segment" in coverage_markdown()
