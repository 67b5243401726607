"""Prometheus counters of this process; `/metrics` adds what the database knows. No labels of
people or sites."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
SUBMISSIONS = Counter(
    "comments_submissions", "Answered submissions by outcome", ["outcome"], registry=REGISTRY
)
SCORED = Counter("comments_scored", "Texts that got a score", registry=REGISTRY)
SCORING_SECONDS = Histogram(
    "comments_scoring_seconds",
    "Time of one batch in the model",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
DECISIONS = Counter("comments_decisions", "Moderators' decisions", ["change"], registry=REGISTRY)
SEARCHES = Counter(
    "comments_email_searches", "Searches for a commenter's email", ["outcome"], registry=REGISTRY
)
REVEALS = Counter(
    "comments_email_reveals", "Emails shown in full to owners", ["reason"], registry=REGISTRY
)
MAILS = Counter("comments_mails", "Tries to send a mail", ["outcome"], registry=REGISTRY)
WEBHOOKS = Counter(
    "comments_webhook_tries", "Tries to tell a webhook's endpoint", ["outcome"], registry=REGISTRY
)
WAITING = Gauge("comments_waiting_for_score", "Scoring jobs in the database", registry=REGISTRY)
HELD = Gauge("comments_held", "Comments in the queue", registry=REGISTRY)
