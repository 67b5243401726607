"""Use cases about personal data: who sees it, how long it stays, how it goes."""
