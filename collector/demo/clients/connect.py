"""Which service gets which client."""

from opentelemetry.sdk.trace import TracerProvider

from collector.demo.clients.aiokafka_client import AIOKafkaClient
from collector.demo.clients.api import Client
from collector.demo.clients.confluent_client import ConfluentClient
from collector.demo.clients.kafka_python_client import KafkaPythonClient
from collector.demo.services import Service


def connect(service: Service, bootstrap_servers: str, provider: TracerProvider) -> Client:
    """Return the service's client, not yet started. Call it inside `tracing.instrumented()`."""
    traced = None if service.tracing == "none" else provider
    if service.client == "aiokafka":
        continues = service.tracing == "continued"
        return AIOKafkaClient(service.name, bootstrap_servers, provider=traced, continues=continues)
    if service.client == "confluent-kafka":
        return ConfluentClient(service.name, bootstrap_servers, provider=traced)
    return KafkaPythonClient(service.name, bootstrap_servers, provider=traced)
