"""What is said around an incident: what its times mean, what is not known, and what to do next."""

from datetime import timedelta

from collector.detect.incident_steps import life, next_steps, redrive_command
from tests.support.incidents import BEGIN, cause, incident, still_open


def test_what_nobody_said_is_unknown_and_not_zero() -> None:
    times = {each.name: each for each in life(still_open())}

    assert times["Acknowledged"].time is None
    assert times["Acknowledged"].otherwise.startswith("unknown")
    assert times["Acknowledged"].took == ""
    assert times["Mitigated"].otherwise == "not yet: it goes on"
    assert all(each.meaning for each in times.values())


def test_times_say_how_long_they_took() -> None:
    one = incident(acknowledged_time=BEGIN + timedelta(minutes=9))

    took = {each.name: each.took for each in life(one)}

    assert took == {
        "Began": "",
        "Noticed": "4 min after it began",
        "Acknowledged": "5 min after it was noticed",
        "Mitigated": "34 min after it began",
        "Resolved": "16 min after the last bad event",
    }


def test_history_was_not_noticed_in_time() -> None:
    noticed = {each.name: each for each in life(incident(backfilled=True))}["Noticed"]

    assert noticed.time is None
    assert "history" in noticed.otherwise
    assert noticed.took == ""


def test_who_takes_it_on_comes_first_and_sending_again_last() -> None:
    one = still_open(causes=(cause(timedelta(minutes=6), 0.8),))

    steps = next_steps(one, waiting=3, sample="dlq/0/1", reasons=["r1", "r2"])

    assert "incidents ack" in steps[0].command
    assert [step.link for step in steps] == [
        None,
        ("service", "orders"),
        ("reason", "r1"),
        ("event", "dlq/0/1"),
        None,
    ]
    assert "redrive plan" in steps[-1].command


def test_when_all_is_put_right_nothing_is_sent_again_and_nobody_is_asked() -> None:
    steps = next_steps(incident(causes=(cause(timedelta(minutes=6), 0.8),)), waiting=0, sample="dlq/0/1")

    assert [step.link for step in steps] == [("topic", "stock.reserve"), ("event", "dlq/0/1")]


def test_a_changed_payload_leads_to_the_change() -> None:
    changed = cause(timedelta(minutes=6), 0.8, kind="schema_change", event="orders/0/7", topic="orders")

    steps = next_steps(still_open(causes=(changed,)), waiting=None, change_ids={"orders/0/7": "c1"})

    assert steps[1].link == ("change", "c1")


def test_the_command_is_safe_to_paste() -> None:
    command = redrive_command(incident(topic="a; rm -rf /", consumer_group="$(x)"))

    assert "--topic 'a; rm -rf /' --group '$(x)'" in command
    assert "--since 2026-11-18T10:02:00 --until 2026-11-18T10:36:01" in command
