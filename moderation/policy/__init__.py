"""Rules and their merge: what is decided about a comment. Step `decide`, pure."""
