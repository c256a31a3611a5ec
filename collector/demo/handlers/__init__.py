"""What each service does with what it reads, by area. Pure: records and a scene in, drafts out, no headers."""
