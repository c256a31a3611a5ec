"""Alerts reach real receivers that fail, hang and recover: nothing is lost, nothing is told twice."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pyarrow as pa
import pytest

from collector.alert import send as sending
from collector.alert.channels import Alert
from collector.alert.outbox import GIVEN_UP_AFTER, SendAlerts
from collector.alert.send import send
from collector.detect.incident_store import write_incidents
from collector.detect.reconcile import Entry
from collector.settings import AlertChannel, Settings, load
from collector.storage.api import Store
from schemas import arrow
from schemas.incidents import Incident
from tests.contract.test_incidents import INCIDENT, T0
from tests.support.receivers import HttpReceiver, MailReceiver, http_receiver, mail_receiver

KEY = "R0123456789abcdef0123456789abcde"


class Desk:
    """Receivers, the settings that name them, and watchers that come and go."""

    def __init__(
        self, store: Store, hook: HttpReceiver, slack: HttpReceiver, pager: HttpReceiver, mail: MailReceiver
    ):
        self.store = store
        self.hook, self.slack, self.pager, self.mail = hook, slack, pager, mail
        self.now = T0 + timedelta(minutes=1)
        self.version = 0

    def settings(self, *names: str) -> Settings:
        channels: dict[str, dict[str, Any]] = {
            "hook": {"kind": "webhook", "url": self.hook.url, "token": "s3cret"},
            "chat": {"kind": "slack", "url": self.slack.url},
            "pager": {"kind": "pagerduty", "url": self.pager.url, "token": KEY, "severity": "page"},
            "mail": {
                "kind": "email", "smtp_host": "127.0.0.1", "smtp_port": self.mail.port, "smtp_security": "none",
                "to": ["team@example.org"], "sender": "headwater@example.org",
            },
        }  # fmt: skip
        chosen = names or tuple(channels)
        return load(
            alerts=[{"name": name, **channels[name]} for name in chosen],
            dashboard_url="https://watch.example.org",
        )

    def judge(self, *entries: str, **changed: Any) -> Incident:
        """Write the incident as an evaluation would."""
        self.version += 1
        incident = replace(INCIDENT, **changed)
        lines = [Entry(incident.incident_id, entry, str(self.version), "", self.now) for entry in entries]  # type: ignore[arg-type]
        write_incidents(self.store, [incident], lines, self.version)
        return incident

    def step(self, *names: str, watcher: str = "w1", after_s: float = 5) -> None:
        self.now += timedelta(seconds=after_s)
        SendAlerts(self.store, self.settings(*names), watcher, send, lambda _: None).step(self.now)

    def states(self) -> list[tuple[str, str, str]]:
        rows = self.store.query("alerts_since", {"since": T0})
        return sorted((row["channel"], row["transition"], row["state"]) for row in rows)


@pytest.fixture
def desk(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(sending, "TIMEOUT_S", 2.0)
    with ExitStack() as stack:
        hook, slack, pager = (stack.enter_context(http_receiver()) for _ in range(3))
        yield Desk(store, hook, slack, pager, stack.enter_context(mail_receiver()))


def test_every_channel_is_told_that_it_opened_escalated_and_is_over(desk: Desk) -> None:
    desk.judge("opened", severity="ticket")
    desk.step()
    desk.judge("escalated", severity="page")
    desk.step()
    over = T0 + timedelta(minutes=9)
    desk.judge("resolved", state="resolved", mitigated_time=over, resolved_time=over + timedelta(minutes=2))
    for _ in range(3):
        desk.step()

    told = ["opened", "escalated", "resolved"]
    assert [body["transition"] for body in desk.hook.taken] == told
    assert "Most likely cause: payments 2.4.0" in desk.hook.taken[0]["explanation"]
    assert desk.hook.taken[0]["link"] == "https://watch.example.org/incidents?incident=inc-0123456789abcdef"
    assert desk.hook.headers[0]["Authorization"] == "Bearer s3cret"
    assert len({headers["Idempotency-Key"] for headers in desk.hook.headers}) == 3
    assert [body["attachments"][0]["color"] for body in desk.slack.taken] == ["#c62828", "#8e0000", "#2e7d32"]
    # Who is only paged hears of it when it is worth it.
    assert [body["event_action"] for body in desk.pager.taken] == ["trigger", "resolve"]
    assert {body["dedup_key"] for body in desk.pager.taken} == {INCIDENT.incident_id}
    assert desk.pager.taken[0]["payload"]["severity"] == "critical"
    mails = [message_from_bytes(content) for content in desk.mail.taken]
    assert ["(opened)" in mails[0]["Subject"], "(resolved)" in mails[2]["Subject"]] == [True, True]
    assert {state for _, _, state in desk.states()} == {"sent"}


def test_receivers_that_fail_hang_and_recover_get_each_once_and_in_order(desk: Desk) -> None:
    desk.hook.answers = [(500, 0), (200, 2.5), (302, 0), (404, 0), (429, 0), (503, 0)]
    desk.mail.answers = ["451 later", "554 no"]
    desk.judge("opened")
    desk.step("hook", "mail")
    over = T0 + timedelta(minutes=9)
    desk.judge("resolved", state="resolved", mitigated_time=over, resolved_time=over)
    for attempt in range(12):
        desk.step("hook", "mail", watcher=f"w{attempt}", after_s=1_000)  # each one started anew
        desk.store.command("TRUNCATE TABLE alert_watchers")

    assert desk.hook.refused == 6
    assert [body["transition"] for body in desk.hook.taken] == ["opened", "resolved"]
    assert len(desk.mail.taken) == 2
    assert {state for _, _, state in desk.states()} == {"sent"}


def test_what_was_taken_is_not_sent_again_however_the_answer_breaks_off(desk: Desk) -> None:
    desk.hook.cuts = True
    desk.judge("opened")
    for goodbye, incident_id in (("421 going down", "one"), ("", "two")):
        desk.mail.goodbye = goodbye
        desk.judge("opened", incident_id=incident_id)
        for _ in range(3):
            desk.step("hook", "mail", after_s=1_000)

    assert len(desk.hook.taken) == len(desk.mail.taken) == 3
    assert {state for _, _, state in desk.states()} == {"sent"}


def test_a_mail_server_that_hangs_gets_it_once_it_answers(desk: Desk) -> None:
    desk.mail.answers = ["", "421 busy"]
    desk.judge("opened")
    for _ in range(4):
        desk.step("mail", after_s=1_000)

    assert len(desk.mail.taken) == 1
    (row,) = desk.store.query("alerts_since", {"since": T0})
    assert (row["state"], row["attempts"]) == ("sent", 3)


def test_chat_and_pager_that_fail_get_each_once_and_in_order(desk: Desk) -> None:
    desk.slack.answers, desk.pager.answers = [(500, 0), (429, 0)], [(200, 2.5), (502, 0)]
    desk.judge("opened")
    desk.step("chat", "pager")
    over = T0 + timedelta(minutes=9)
    desk.judge("resolved", state="resolved", mitigated_time=over, resolved_time=over)
    for _ in range(6):
        desk.step("chat", "pager", after_s=1_000)

    assert [body["attachments"][0]["color"] for body in desk.slack.taken] == ["#c62828", "#2e7d32"]
    assert [body["event_action"] for body in desk.pager.taken] == ["trigger", "resolve"]


def test_what_comes_back_is_told_once_each_time(desk: Desk) -> None:
    over = T0 + timedelta(minutes=2)
    for turn in range(3):
        desk.judge("reopened" if turn else "opened", reopened=turn)
        desk.step("hook")
        desk.judge("resolved", reopened=turn, state="resolved", mitigated_time=over, resolved_time=over)
        desk.step("hook")
        desk.step("hook", watcher="another")

    assert [(body["transition"], body["reopened"]) for body in desk.hook.taken] == [
        (transition, turn) for turn in range(3) for transition in ("opened", "resolved")
    ]
    assert desk.hook.taken[2]["headline"].endswith("(opened again)")


def test_a_watcher_that_dies_between_sending_and_noting_sends_under_the_same_name(desk: Desk) -> None:
    """Whether it arrived nobody knows then: it is not lost, and whoever gets it twice can tell by its name."""

    def send_and_die(channel: AlertChannel, alert: Alert) -> None:
        send(channel, alert)
        raise KeyboardInterrupt

    desk.judge("opened")
    task = SendAlerts(desk.store, desk.settings("hook"), "w1", send_and_die, lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        task.step(desk.now)
    for _ in range(3):
        desk.step("hook", watcher="w1")

    assert [headers["Idempotency-Key"] for headers in desk.hook.headers] == [
        desk.hook.taken[0]["alert_id"]
    ] * 2
    assert desk.states() == [("hook", "opened", "sent")]


def test_watchers_that_start_at_the_same_moment_tell_it_once(desk: Desk) -> None:
    desk.judge("opened")
    desk.now += timedelta(seconds=5)
    together = threading.Barrier(4)

    def watch(name: str) -> None:
        together.wait()
        SendAlerts(desk.store, desk.settings("hook"), name, send).step(desk.now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(watch, ["w1", "w2", "w3", "w4"]))

    assert len(desk.hook.taken) == 1


def test_a_receiver_is_not_asked_again_before_its_time(desk: Desk) -> None:
    desk.hook.answers = [(500, 0)] * 50
    desk.judge("opened")

    for _ in range(20):
        desk.step("hook", after_s=5)

    assert 3 <= desk.hook.refused <= 5  # at 0, 10, 30, 70 seconds


def test_of_several_watchers_one_sends_and_another_takes_over(desk: Desk) -> None:
    desk.judge("opened")
    desk.step("hook", watcher="w2")
    for watcher in ("w1", "w3", "w2", "w1"):
        desk.step("hook", watcher=watcher)
    assert len(desk.hook.taken) == 1

    over = T0 + timedelta(minutes=9)
    desk.judge("resolved", state="resolved", mitigated_time=over, resolved_time=over)
    desk.step("hook", watcher="w1")
    assert len(desk.hook.taken) == 1  # w2 is there
    desk.store.command("ALTER TABLE alert_watchers DELETE WHERE watcher = 'w2' SETTINGS mutations_sync = 2")
    desk.step("hook", watcher="w1")

    assert [body["transition"] for body in desk.hook.taken] == ["opened", "resolved"]


def test_history_children_and_old_news_are_nobodys_alarm(desk: Desk) -> None:
    desk.judge("opened", incident_id="old", backfilled=True, detected_time=None)
    desk.judge("opened", incident_id="child", parent_id="parent")
    desk.judge("opened", incident_id="yesterday", detected_time=T0 - timedelta(hours=7))

    desk.step()

    assert desk.states() == []


def test_what_nobody_takes_for_days_is_given_up_and_said_so(desk: Desk) -> None:
    desk.hook.answers = [(500, 0)] * 5
    desk.judge("opened")
    desk.step("hook")

    desk.step("hook", after_s=GIVEN_UP_AFTER.total_seconds() + 60)

    assert desk.states() == [("hook", "opened", "given up")]
    (row,) = desk.store.query("alerts_since", {"since": T0})
    assert row["problem"] == "it answered 500"


def test_no_secret_is_in_a_problem_or_in_what_can_be_printed(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load(
        alerts=[
            {"name": "gone", "kind": "webhook", "url": "http://127.0.0.1:9/T0P/s3cret", "token": "s3cret"}
        ]
    )
    desk.judge("opened")

    SendAlerts(desk.store, settings, "w1", send, lambda _: None).step(desk.now)

    (row,) = desk.store.query("alerts_since", {"since": T0})
    assert row["problem"] == "it cannot be reached (NewConnectionError)"
    assert "s3cret" not in f"{settings!r} {row} {capsys.readouterr()}"


def test_pagerduty_hears_of_acknowledgements(desk: Desk) -> None:
    desk.judge("opened")
    desk.step("pager")
    row = {"incident_id": INCIDENT.incident_id, "time": desk.now, "by": "ada", "source": "command"}
    table = pa.Table.from_pylist([row], schema=arrow.INCIDENT_ACKNOWLEDGEMENTS)
    desk.store.insert("incident_acknowledgements", table, token="a")

    desk.step("pager")
    desk.step("pager")

    assert [body["event_action"] for body in desk.pager.taken] == ["trigger", "acknowledge"]


def test_names_from_the_wire_do_no_harm_in_messages(desk: Desk) -> None:
    desk.judge("opened", title="<!channel> fails\nBcc: x@example.org", topic="o\r\nrders")

    desk.step("chat", "mail")

    assert "<!channel>" not in str(desk.slack.taken)
    message = message_from_bytes(desk.mail.taken[0])
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"].replace("\n ", " ")
