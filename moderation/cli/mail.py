"""`flask mail …`: whether mails arrive."""

import click
from flask.cli import AppGroup

from moderation.errors import MailFailed, MailRefused
from moderation.letters import Envelope, domain_of, new_message_id, trial_letter
from moderation.services import services

mail = AppGroup("mail", help="Mails to commenters.")


@mail.command("test")
@click.argument("address")
def test(*, address: str) -> None:
    """Send a mail to ADDRESS now, with the settings in force."""
    mailer, settings = services().mailer, services().settings
    if mailer is None:
        raise click.ClickException(
            "No mail is sent: SMTP_HOST is empty. Set SMTP_HOST, MAIL_FROM and, where the server "
            "wants a login, SMTP_USER and SMTP_PASSWORD (docs/operating.md, “Mail”)."
        )
    envelope = Envelope(
        sender=settings.MAIL_FROM,
        to=address,
        message_id=new_message_id(domain_of(settings.public_url)),
        date=services().clock(),
    )
    try:
        mailer.send(trial_letter(envelope, public_url=settings.public_url))
    except MailFailed as error:
        raise click.ClickException(str(error)) from None
    except MailRefused as error:
        raise click.ClickException(
            f"This address gets no mail: {error}. Check its spelling, and that the server may "
            "send to other domains."
        ) from None
    click.echo(f"{settings.SMTP_HOST}:{settings.SMTP_PORT} took the mail. Look into the mailbox.")
