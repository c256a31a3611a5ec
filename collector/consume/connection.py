"""How every client of the cluster is constructed, and which topics are ours to read."""

import ssl
from typing import Any

from collector.settings import Settings


def topic_pattern(settings: Settings) -> str:
    """Return the regular expression that aiokafka matches (from the start of the name) against topics."""
    return rf"(?!(?:{settings.exclude_topics})\Z)(?:{settings.include_topics})\Z"


def connection(settings: Settings) -> dict[str, Any]:
    """Return what every client of this cluster is constructed with."""
    secure = settings.security_protocol in ("SSL", "SASL_SSL")
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "client_id": "headwater",
        "security_protocol": settings.security_protocol,
        "ssl_context": _ssl_context(settings) if secure else None,
    }
    if settings.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    return options


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ssl_cafile)
    if settings.ssl_certfile:
        context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile)
    return context


def librdkafka(settings: Settings) -> dict[str, Any]:
    """Return the same for clients of librdkafka: what aiokafka cannot ask or do."""
    options: dict[str, Any] = {
        "bootstrap.servers": settings.bootstrap_servers,
        "client.id": "headwater",
        "security.protocol": settings.security_protocol,
        "log_level": 0,  # what fails is told by our own errors
    }
    if settings.security_protocol.startswith("SASL"):
        options |= {
            "sasl.mechanism": settings.sasl_mechanism,
            "sasl.username": settings.sasl_username,
            "sasl.password": settings.sasl_password.get_secret_value(),
        }
    for name, file in (
        ("ssl.ca.location", settings.ssl_cafile),
        ("ssl.certificate.location", settings.ssl_certfile),
        ("ssl.key.location", settings.ssl_keyfile),
    ):
        if file:
            options[name] = str(file)
    return options
