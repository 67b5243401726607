"""Text in, numbers out: the toxicity classifier, with no Flask, SQLAlchemy or Celery."""
