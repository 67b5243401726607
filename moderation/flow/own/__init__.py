"""What commenters do with their own comments, and what they are told of them."""
