"""What a record says: pure functions from headers and payload to facts. The hot path."""
