"""A simulated past: its truth is true, and its headers say what the truth claims they say."""

import re
from collections import Counter, defaultdict
from functools import cache

import networkx
import pytest

from collector.demo.history import History, PastEvent
from collector.demo.services import COMPANY, is_dead_letter, readers, topics
from collector.demo.story import DAY_S, past_story
from schemas.records import EventRef

END_S = 1_795_400_000.0
START_S = END_S - 6 * DAY_S
TRACEPARENT = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-03")
ID_HEADERS = ("ce_id", "message-id", "id")
CAUSATION_HEADERS = ("ce_causationid", "causation-id")


def simulate(seed: int) -> list[PastEvent]:
    story = past_story(seed, START_S, END_S)
    history = History(story, topics(), {}, start_s=START_S, end_s=END_S, seed=seed, cascades_per_day=150)
    return list(history.events())


@cache
def past() -> list[PastEvent]:
    return simulate(seed=4)


def values(event: PastEvent, *names: str) -> list[bytes]:
    return [value for name, value in event.message.headers if name in names and value is not None]


def test_the_company_is_as_large_as_promised() -> None:
    assert len(COMPANY) >= 8
    assert len(topics()) >= 15
    assert {service.client for service in COMPANY} == {"aiokafka", "confluent-kafka", "kafka-python"}
    for client in ("aiokafka", "confluent-kafka", "kafka-python"):
        assert any(service.client == client and service.tracing != "none" for service in COMPANY)


def test_every_service_writes_all_its_topics_and_no_other() -> None:
    written = defaultdict(set)
    for event in past():
        written[event.service].add(event.ref.topic)

    assert dict(written) == {service.name: set(service.writes) for service in COMPANY}


def test_every_topic_that_is_read_is_written_by_somebody() -> None:
    written = {topic for service in COMPANY for topic in service.writes}

    assert {topic for topic, services in readers().items() if services} <= written


def test_causes_come_before_their_effects_and_form_no_cycle() -> None:
    times: dict[EventRef, int] = {}
    graph: networkx.DiGraph[EventRef] = networkx.DiGraph()
    for event in past():
        for cause in event.causes:
            assert times[cause.ref] <= event.time_ms
            graph.add_edge(cause.ref, event.ref)
        times[event.ref] = event.time_ms

    assert networkx.is_directed_acyclic_graph(graph)
    roots = {event.ref.topic for event in past() if not event.causes}
    assert roots == {"shop.orders", "supplier.deliveries"}


def test_offsets_have_no_gaps_and_times_never_go_back_within_a_partition() -> None:
    offsets = defaultdict(list)
    times = defaultdict(list)
    for event in past():
        place = event.ref.topic, event.ref.partition
        offsets[place].append(event.ref.offset)
        times[place].append(event.time_ms)

    assert all(found == list(range(len(found))) for found in offsets.values())
    assert all(found == sorted(found) for found in times.values())
    assert all(START_S * 1000 <= event.time_ms < END_S * 1000 for event in past())


def test_message_ids_are_never_used_twice() -> None:
    ids = Counter(value for event in past() for value in values(event, *ID_HEADERS))

    assert ids
    assert ids.most_common(1)[0][1] == 1


def test_evidence_by_header_names_the_cause_and_nobody_else() -> None:
    by_id = {values(event, *ID_HEADERS)[0]: event.ref for event in past() if values(event, *ID_HEADERS)}
    checked = 0
    for event in past():
        named = [by_id[value] for value in values(event, *CAUSATION_HEADERS)]
        claimed = [cause.ref for cause in event.causes if cause.evidence == "header"]
        direct = [cause.ref for cause in event.causes if cause.evidence == "provenance"][:1]
        assert named in (claimed, direct)
        checked += len(claimed)

    assert checked > len(past()) / 2


def test_evidence_by_provenance_is_where_the_bytes_point_to() -> None:
    checked = 0
    for event in past():
        for family in ("kafka_original-", "kafka_dlt-original-"):
            topic = values(event, f"{family}topic")
            if topic:
                partition, offset = (
                    values(event, f"{family}partition")[0],
                    values(event, f"{family}offset")[0],
                )
                assert (len(partition), len(offset)) == (4, 8)
                ref = EventRef(
                    topic[0].decode(), int.from_bytes(partition, "big"), int.from_bytes(offset, "big")
                )
                assert ref in [cause.ref for cause in event.causes if cause.evidence == "provenance"]
                checked += 1

    assert checked == sum(cause.evidence == "provenance" for event in past() for cause in event.causes) > 50


def test_evidence_by_context_is_a_first_traceparent_that_one_record_alone_was_sent_with() -> None:
    sent_with = defaultdict(list)
    for event in past():
        own = values(event, "traceparent")[-1:]
        assert all(map(TRACEPARENT.fullmatch, own))
        sent_with[own[0] if own else b""].append(event.ref)
    doubled = [event for event in past() if len(values(event, "traceparent")) == 2]

    assert doubled
    for event in doubled:
        assert sent_with[values(event, "traceparent")[0]] == [cause.ref for cause in event.causes]
        assert [cause.evidence for cause in event.causes] == ["context"]
    assert sum(cause.evidence == "context" for event in past() for cause in event.causes) == len(doubled)


def test_the_bridge_forwards_the_context_of_its_cause_unchanged() -> None:
    by_ref = {event.ref: event for event in past()}
    documents = [event for event in past() if event.ref.topic == "erp.documents"]

    assert documents
    for event in documents:
        cause = by_ref[event.causes[0].ref]
        assert event.message.headers == [("traceparent", values(cause, "traceparent")[0])]


def test_a_batch_has_many_causes_and_says_nothing_of_them() -> None:
    summaries = [event for event in past() if event.ref.topic == "analytics.sales"]

    assert max(len(event.causes) for event in summaries) > 5
    assert all(cause.evidence is None for event in summaries for cause in event.causes)


def test_dead_letters_come_in_waves_and_are_all_sent_again() -> None:
    dead = [event for event in past() if event.ref.topic == "payments.captured-dlt"]
    again = {
        event.causes[0].ref for event in past() if any(cause.relation == "redriven" for cause in event.causes)
    }

    assert len(dead) > 10
    assert again == {event.ref for event in dead}
    assert all(is_dead_letter(event.ref.topic) for event in dead)


@pytest.mark.parametrize("seed", [4, 5])
def test_a_seed_makes_the_past_repeatable(seed: int) -> None:
    first, second = (
        [(str(event.ref), event.time_ms, event.message.headers, event.message.value) for event in run]
        for run in (simulate(seed), simulate(seed))
    )

    assert first == second
    assert (first == [(str(e.ref), e.time_ms, e.message.headers, e.message.value) for e in past()]) == (
        seed == 4
    )


def test_payloads_are_of_ordinary_size() -> None:
    sizes = sorted(len(event.message.value) for event in past())

    assert 150 <= sizes[len(sizes) // 2] <= 500
    assert sizes[-1] < 1500
