"""One module per command; `collector.cli` puts them on the command line."""
