"""Reading Kafka without losing a record, not even one that the client library cannot decode."""
