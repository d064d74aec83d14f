"""Nothing is made here."""
