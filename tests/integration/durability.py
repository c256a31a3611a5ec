"""The one promise behind all others: an offset is committed only after its rows are durable."""

from tests.integration.conftest import Setup


def assert_committed_is_stored(setup: Setup, topics: dict[str, int]) -> int:
    """Assert that every record before a committed offset is stored; return how many that are.

    Holds for topics without transactions, deletions and compaction. The commits are read first: rows that
    come in between can only help, never hide a mistake that had been made.
    """
    committed = setup.cluster.committed(setup.group, topics)
    for (topic, partition), next_offset in committed.items():
        sql = (
            f"SELECT count() FROM events FINAL WHERE topic = '{topic}' AND partition = {partition} "
            f"AND offset < {next_offset}"
        )
        stored = int(setup.database.rows(sql)[0][0])
        assert stored == next_offset, f"{topic}/{partition}: committed {next_offset}, stored only {stored}"
    return sum(committed.values())
