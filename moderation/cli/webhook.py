"""`flask webhook …`: endpoints of owners, and whether they answer."""

import click
from flask.cli import AppGroup

from moderation.flow.notices.shown import read_shown
from moderation.models import Webhook
from moderation.services import services
from moderation.statuses import DeliveryFailure

REMEDIES = {
    DeliveryFailure.ADDRESS_REFUSED: "its address is not public, or its port not allowed. Where "
    "that is meant, name it in WEBHOOK_ALLOW and WEBHOOK_PORTS.",
    DeliveryFailure.UNKNOWN_HOST: "this machine finds no host of this name. Check its spelling, "
    "and the resolver.",
    DeliveryFailure.NO_CONNECTION: "nobody takes connections there. Check host, port and firewall.",
    DeliveryFailure.CERTIFICATE: "its certificate cannot be verified: it must be of this name, and "
    "its issuer known to this machine (SSL_CERT_FILE).",
    DeliveryFailure.TIMEOUT: "it did not answer in time. It should answer first and work then.",
    DeliveryFailure.NO_ANSWER: "the connection broke without an answer in HTTP.",
    DeliveryFailure.UNREADABLE: "no VAULT_KEY or VAULT_KEYS_OLD here opens its address or secret.",
}
webhook = AppGroup("webhook", help="Programs that are told what happens here.")


@webhook.command("list")
def list_webhooks() -> None:
    """List all webhooks: number, site, state, how many wait, occasions, address."""
    with services().database.reading() as session:
        for each in read_shown(session, None, vault=services().vault):
            found = each.webhook
            cells = (
                found.id,
                found.site.key if found.site else "all sites",
                f"off ({found.off_reason})" if found.off_at else "on",
                f"{each.waiting} waiting",
                ",".join(found.occasions),
                each.url or "(no VAULT_KEY here opens the address)",
            )
            click.echo("\t".join(map(str, cells)))


@webhook.command("test")
@click.argument("number", type=click.IntRange(1))
def test(*, number: int) -> None:
    """Send a test to webhook NUMBER now, with the settings in force, and say what came of it."""
    with services().database.reading() as session:
        found = session.get(Webhook, number)
    if found is None:
        raise click.ClickException(
            f"There is no webhook {number}; `flask --app wsgi webhook list` lists them."
        )
    answer = services().webhooks.try_now(found)
    if answer.failure is not None:
        raise click.ClickException(f"No answer: {REMEDIES[answer.failure]}")
    if not answer.is_taken:
        raise click.ClickException(f"The endpoint answered {answer.status}, not 200 to 299.")
    click.echo(f"The endpoint answered {answer.status}.")
