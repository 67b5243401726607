"""The life of a comment: submit, store, decide, review, publish. Functions take a session and
never commit; nothing here calls the model, mail or network."""
