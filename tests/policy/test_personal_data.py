import pytest

from moderation.policy.personal_data import Kind, find_kinds

PHONES = [
    ("en", "call +49 30 901820"),
    ("en", "+4915123456789"),
    ("en", "+44 20 7946 0958"),
    ("en", "(+33) 6 12 34 56 78"),
    ("en", "(212) 736-5000"),
    ("en", "212-736-5000"),
    ("en", "212.736.5000,"),
    ("en", "1-800-356-9377"),
    ("en", "2127365000"),
    ("en", "020 7946 0958"),
    ("en", "07911 123456"),
    ("en", "$ 5, 212 736 5000"),
    ("en", "２１２ ７３６ ５０００"),
    ("en", "212\u200b 736\u2060 5000"),
    ("de", "Ruf mich an: 030 1234567, 5 € sind drin"),
    ("de", "Tel.030/123456-78"),
    ("de", "0151 23456789"),
    ("de", "0170/1234567"),
    ("de", "0049 151 23456789"),
    ("es", "612 345 678"),
    ("es", "91 521 12 34"),
    ("fr", "06 12 34 56 78"),
    ("fr", "0612345678"),
    ("fr", "01.40.20.50.50"),
    ("it", "06 6982"),
    ("it", "347 123 4567"),
    ("nl", "06-12345678"),
    ("pt", "(11) 91234-5678"),
    ("pt", "21 3333-4444"),
    ("pt", "912 345 678"),
    ("ru", "8 (495) 123-45-67"),
    ("tr", "0532 123 45 67"),
    ("ja", "+81 3-1234-5678"),  # a language without a region
]
LANGUAGES = ["de", "en", "es", "fr", "it", "ja", "nl", "pt", "ru", "tr"]
NO_PHONES = [
    "on 2024-05-17, 17.05.2024, 17. 5. 2024, 17/05/2024, 5/17/2024 10:30",
    "06.12.2024 12:30",
    "2024-05-17 10:30:00",
    "1914-1918 and 1939-1945",
    "1990 1991 1992 1993",
    "3:2 (1:1)",
    "won 6-4 6-3 7-5",
    "2-0 1-1 3-2 0-0 4-1",
    "1.234.567,89 Euro and 1,234,567 people",
    "10 000 000 000",
    "$1,299.99 or € 1.299.000 or 2 000 000 EUR",
    "612 345 678 euros, £ 2127365000, 912 345 678,50 €",
    "600 000 000 and 800.000.000",
    "ISBN 978-3-16-148410-0",
    "ISBN 0306406152, ISBN-10: 0-306-40615-2",
    "9783161484100",
    "ISSN 0317-8471",
    "IP 192.168.100.200, version 10.15.7.1234",
    "4111 1111 1111 1111",
    "order 123-4567890-1234567",
    "UTC 1700000000",
    "51.507351, -0.127758",
    "52.520008 13.404954",
    "3.14159265358 and 0.123456789",
    "1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
    "1 BvR 2656/18, COM(2020) 825, p. 123-145",
    "https://a.org/2127365000/story-0612345678.html",
    "www.a.org/watch?v=2127365000",
    "+49 and +1000000000",
    "0-306-40615-2",  # an ISBN-10, grouped as no phone is
    "06 12 2024",
    "12 34 56 78 90",
    "(212) $5 736 5000",
]


@pytest.mark.parametrize(("language", "text"), PHONES)
def test_it_finds_phone_numbers(language: str, text: str) -> None:
    assert find_kinds(text, language=language) == [Kind.PHONE]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", NO_PHONES)
def test_it_takes_no_other_number_for_a_phone(text: str, language: str) -> None:
    assert find_kinds(text, language=language) == []


def test_a_number_is_not_put_together_from_two_lines() -> None:
    assert find_kinds("212 736 5000", language="en") == [Kind.PHONE]
    assert find_kinds("212 736\n5000", language="en") == []


@pytest.mark.parametrize(
    "text",
    [
        "me@example.org",
        "(Jürgen.Groß+news@mail.example.co.uk).",
        "mailto:me@example.org?subject=x",
        "https://a.org/?email=me@example.org",
        "ｍｅ＠ｅｘａｍｐｌｅ．ｏｒｇ",
        "почта@пример.рф",
        "m\u200be@example.org",
    ],
)
def test_it_finds_email_addresses(text: str) -> None:
    assert find_kinds(text, language="en") == [Kind.EMAIL]


@pytest.mark.parametrize(
    "text",
    [
        "@me",
        "@me@example.social",
        "me@home",
        "2 @ 3.50",
        "a@b.1",
        "a@b.22",
        "https://a.org/@me/1",
        "@a.org",
    ],
)
def test_it_takes_no_handle_for_an_email(text: str) -> None:
    assert find_kinds(text, language="en") == []


# Examples of the SWIFT IBAN registry.
@pytest.mark.parametrize(
    "text",
    [
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "de89-3704-0044-0532-0130-00",
        "IBAN:DE 89 370400440532013000.",
        "in 20 Tagen an DE89 3704 0044 0532 0130 00 bei der Bank",
        "GB82 WEST 1234 5698 7654 32 thanks",
        "NO9386011117947 takk",
        "NO93 8601 1117 947 takk",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
        "FR14\u00a02004\u00a01010\u00a00505\u00a00001\u00a03M02\u00a0606",
    ],
)
def test_it_finds_ibans(text: str) -> None:
    assert find_kinds(text, language="de") == [Kind.IBAN]


@pytest.mark.parametrize(
    "text",
    [
        "DE89 3704 0044 0532 0130 01",  # wrong check digits
        "XX89 3704 0044 0532 0130 00",  # no country
        "in 20 days and 30 nights we saw 400 films",
        "AB12 " * 50,
        "aa11" + "1" * 5000,
    ],
)
def test_it_takes_no_other_code_for_an_iban(text: str) -> None:
    assert find_kinds(text, language="de") == []


def test_it_names_each_kind_once() -> None:
    text = "a@b.org, +49 30 901820\nDE89370400440532013000 c@d.org +49 30 901821"
    assert find_kinds(text, language="en") == [Kind.EMAIL, Kind.PHONE, Kind.IBAN]
