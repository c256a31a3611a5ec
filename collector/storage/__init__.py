"""One storage interface: ClickHouse over HTTP, on a server or embedded."""
