"""A company that runs on events, with a story: what `headwater demo` shows."""
