"""The real collector, as a process, between a real broker and a real store."""
