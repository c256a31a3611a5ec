"""Sends dead letters back: the only part of Headwater that ever writes to Kafka."""
