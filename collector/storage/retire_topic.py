"""A topic that was made anew: what the store holds of the old one gets another name, so that places stay unique."""

from datetime import datetime

from collector.storage.api import Store

_STEPS = ("retire_events", "retire_edges", "retire_copies", "retire_dead_letters")
_TABLES = {
    # Where a place on the topic stands, by the column that names the topic. Views do not delete what they filled.
    "events": ("topic",),
    "identities": ("topic",),
    "references": ("topic",),
    "span_parents": ("topic",),
    "copies": ("topic", "origin_topic"),
    "edges": ("effect_topic", "cause_topic"),
    "edges_by_cause": ("cause_topic", "effect_topic"),
    "edge_candidates": ("effect_topic", "cause_topic"),
    "dead_letter_records": ("topic",),
    "collector_errors": ("topic",),
    "collector_partitions": ("topic",),
    "topic_hours": ("topic",),
}


def former_name(topic: str, now: datetime) -> str:
    """Return what the topic is called that had this name before. No topic can: Kafka allows no tilde in a name."""
    return f"{topic}~{now:%Y%m%d-%H%M%S}"


def retire_topic(store: Store, topic: str, former: str, until: datetime) -> None:
    """Let everything that was observed of `topic` before `until` go by the name `former`; drop what came later.

    Blocks for as long as it takes to write the rows again. Safe to repeat after it was broken off. Nobody may write
    events of the topic meanwhile that are not read again afterwards.
    """
    names = {
        "topic": topic,
        "former": former,
        "prefix": f"event:{topic}/",
        "former_prefix": f"event:{former}/",
        "until": until,
    }
    for step in _STEPS:
        store.execute(step, names)
    for table, columns in _TABLES.items():
        where = " OR ".join(f"{column} = {{topic:String}}" for column in columns)
        store.command(f"DELETE FROM {table} WHERE {where}", {"topic": topic})
