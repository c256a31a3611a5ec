"""What Headwater is told over HTTP: spans, deployments, acknowledgements; and what it tells of itself."""
