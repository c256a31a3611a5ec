"""Tells people of incidents: an outbox in the store, and the receivers it is sent to."""
