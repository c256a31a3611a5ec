"""Reads every Kafka topic's headers into ClickHouse and rebuilds which event caused which."""
