"""What the pages in `app_pages` draw, where one file would be too long."""
