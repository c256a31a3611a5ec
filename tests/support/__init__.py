"""What tests of several kinds share: brokers, producers, processes."""
