"""Slow networks and second clicks: one comment, no lost text, a helpful message."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.statuses import Status
from moderation.worker import Worker
from tests.doubles import Clock
from tests.together import together
from tests.web.own import Commenter
from tests.web.pages import JSON, Page, Reader

DAY = 86_400
Stored = Callable[[], list[Comment]]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_two_clicks_at_once_store_one_comment_and_are_answered_alike(
    app: Flask, reader: Reader, stored: Stored
) -> None:
    fields = reader.fields()

    def send() -> Any:
        return app.test_client().post(reader.path, data=fields, headers=JSON)

    first, second = together(send, send)
    assert (first.status_code, first.get_json()) == (second.status_code, second.get_json())
    assert len(stored()) == 1


@sqlite
def test_a_retry_after_a_lost_answer_leads_to_the_same_private_page(
    reader: Reader, worker: Worker, clock: Clock, stored: Stored
) -> None:
    fields = reader.fields()
    lost: Any = reader.client.post(reader.path, data=fields, headers=JSON).get_json()
    worker.tick()
    clock.forward(3600)
    again = reader.client.post(reader.path, data=fields, headers=JSON)
    assert (again.status_code, again.get_json()["status"]) == (201, "approved")
    assert again.get_json()["manage_url"] == lost["manage_url"]
    assert len(stored()) == 1


@sqlite
def test_the_back_button_and_another_text_lose_nothing(reader: Reader, stored: Stored) -> None:
    token = reader.token()
    reader.send(csrf_token=token, body="The first text.")
    page = Page(reader.send(csrf_token=token, body="A second thought.").text)
    assert "that comment was received. Your new text is still here" in page.text
    assert page.value("body").strip() == "A second thought."
    assert len(stored()) == 1
    reader.send(csrf_token=page.value("csrf_token"), body="A second thought.")
    assert [comment.body for comment in stored()] == ["The first text.", "A second thought."]


@sqlite
def test_the_back_button_and_the_same_text_store_it_once(reader: Reader, stored: Stored) -> None:
    token = reader.token()
    answers = [reader.send(csrf_token=token).status_code for _ in range(3)]
    assert (answers, len(stored())) == ([202] * 3, 1)


@sqlite
def test_a_form_open_for_a_day_keeps_the_text_and_goes_through_at_once(
    reader: Reader, clock: Clock, stored: Stored
) -> None:
    token = reader.token()
    clock.forward(DAY + 60)
    answer = reader.send(csrf_token=token, body="Written slowly.")
    page = Page(answer.text)
    assert answer.status_code == 400
    assert "was open for a long time, so nothing was sent yet. Your text is still here" in page.text
    assert page.value("body").strip() == "Written slowly."
    assert (
        reader.send(csrf_token=page.value("csrf_token"), body="Written slowly.").status_code == 202
    )
    assert len(stored()) == 1


@sqlite
def test_the_same_form_after_its_comment_was_deleted_is_a_new_one(
    reader: Reader, database: Database, worker: Worker, site: Site, stored: Stored
) -> None:
    fields = reader.fields()
    sent = reader.client.post(reader.path, data=fields, headers=JSON).get_json()
    path = sent["manage_url"].partition(":8000")[2]
    Commenter(reader.client, database, worker, path, stored()[0].id).delete()
    answer = reader.client.post(reader.path, data=fields)
    assert answer.status_code == 400
    token = Page(answer.text).value("csrf_token")
    assert reader.client.post(reader.path, data={**fields, "csrf_token": token}).status_code == 202
    assert [comment.status for comment in stored()] == [Status.DELETED, Status.PROCESSING]


@sqlite
def test_a_retry_after_an_edit_brings_the_old_text_not_back(
    reader: Reader, database: Database, worker: Worker, stored: Stored
) -> None:
    fields = reader.fields(body="The first text.")
    sent = reader.client.post(reader.path, data=fields, headers=JSON).get_json()
    path = sent["manage_url"].partition(":8000")[2]
    Commenter(reader.client, database, worker, path, stored()[0].id).edit("The better text.")
    again = reader.client.post(reader.path, data=fields, headers=JSON)
    assert again.get_json()["id"] == sent["id"]
    assert [comment.body for comment in stored()] == ["The better text."]
