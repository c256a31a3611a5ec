"""Tests. `unit` mirrors the source; the other folders need processes of their own."""
