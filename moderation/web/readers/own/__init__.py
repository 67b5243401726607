"""Pages behind a private or mailed link: a commenter, their comments and their data."""
