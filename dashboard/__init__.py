"""The pages: they read the store and draw; nobody imports them."""
