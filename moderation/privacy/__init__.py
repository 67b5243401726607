"""Private data: the email vault now; retention, export and erasure build on it."""
