"""What a week or a quarter was like: figures, the discipline of services, and the weekly report."""
