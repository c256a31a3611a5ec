"""What is stored: frozen types, migrations and queries. Imports nothing of Headwater."""
