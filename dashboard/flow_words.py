"""Steps and classes of flows in words. Pure."""

from datetime import datetime

from collector.detect.flow_classes import FlowClass
from collector.detect.flows import KindOf, Step, Stuck
from dashboard.text import count, duration, visible


def kind_text(kind: KindOf) -> str:
    """Return what events of a kind are called: their type and topic."""
    topic, type_ = kind
    return f"{visible(type_, 80)} ({visible(topic, 80)})" if type_ else visible(topic, 120)


def step_text(step: Step) -> str:
    """Return what is usual: follows OrderPlaced (orders) within 4 s, in 98 of 100."""
    return f"follows {kind_text(step.cause)} within {duration(max(0.0, step.p95_ms))}, in {step.share:.0%}"


def stuck_text(one: Stuck, now: datetime) -> str:
    """Return the sentence that names the missing step."""
    missing_ms = max(0.0, (now - one.first_time).total_seconds() * 1000)
    return (
        f"{kind_text(one.step.effect)} usually follows {kind_text(one.step.cause)} within "
        f"{duration(max(0.0, one.step.p95_ms))}; missing for {duration(missing_ms)}, {count(one.waiting)} of "
        f"{count(one.due)} events wait."
    )


def completed_share(one: FlowClass) -> float | None:
    """Return the share of complete cascades among those that are not running; None where all are."""
    ended = one.followed - one.running
    return one.completed / ended if ended else None


def class_key(one: FlowClass) -> str:
    """Return the name of a class in addresses."""
    return "|".join((one.topic, one.type, one.service))
