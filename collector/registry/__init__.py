"""Schema registries with the Confluent REST interface: asked, never written to."""
