"""References to edges, edges to cascades. Pure but for the statements it names."""
