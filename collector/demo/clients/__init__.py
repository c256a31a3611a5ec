"""The three Kafka client libraries of the company behind one interface; each module knows one library."""
