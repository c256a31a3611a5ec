"""Which cluster this is, which topics there are, and how many partitions each has."""

from collections.abc import Awaitable

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from collector.consume.connection import connection
from collector.errors import BrokerUnavailableError
from collector.settings import Settings


async def list_topics(settings: Settings) -> dict[str, int]:
    """Return every topic of the cluster, Kafka's internal ones left out, with its number of partitions.

    Raises BrokerUnavailableError when no broker answers. (A consumer knows partitions of its own topics only.)
    """
    admin = AIOKafkaAdminClient(**connection(settings))
    try:
        await answering(admin.start(), settings)
        described = await admin.describe_topics()
    except KafkaError as error:
        raise _unavailable(settings, error) from None
    finally:
        await admin.close()
    return {topic["topic"]: len(topic["partitions"]) for topic in described if not topic["is_internal"]}


async def cluster_id(settings: Settings) -> str:
    """Return the id that the brokers give their cluster; empty where they give none.

    Raises BrokerUnavailableError when no broker answers.
    """
    admin = AIOKafkaAdminClient(**connection(settings))
    try:
        await answering(admin.start(), settings)
        described = await admin.describe_cluster()
    except KafkaError as error:
        raise _unavailable(settings, error) from None
    finally:
        await admin.close()
    return described.get("cluster_id") or ""


async def answering(starting: Awaitable[None], settings: Settings) -> None:
    """Await the start of a client. Raises BrokerUnavailableError with what to do about it."""
    try:
        await starting
    except (KafkaError, OSError) as error:
        raise _unavailable(settings, error) from None


def _unavailable(settings: Settings, error: Exception) -> BrokerUnavailableError:
    return BrokerUnavailableError(
        f"No Kafka broker answers at {settings.bootstrap_servers} ({type(error).__name__}). "
        "Is it running, and is HEADWATER_BOOTSTRAP_SERVERS right?"
    )
