"""KASHFLOW_URL in every form that could send the password elsewhere: refused at the start, or it goes where it seems to go."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from mutants import IS_LONG

from kf_mcp import settings
from kf_mcp.errors import BadSettings

OWN = settings.KASHFLOW_HOST
HERE = {"127.0.0.1", "localhost", "::1"}

REFUSED = {
    "another host": "https://evil.example/api/service.asmx",
    "KashFlow's as a part of another": f"https://{OWN}.evil.example/",
    "KashFlow's after another": f"https://evil{OWN}/",
    "below KashFlow's": f"https://api.{OWN}/",
    "KashFlow's as the user": f"https://{OWN}@evil.example/",
    "KashFlow's and a port as the user": f"https://{OWN}:443@evil.example/",
    "a user without a name": f"https://@{OWN}/",
    "a user without a name but with a colon": f"https://:@{OWN}/",
    "a user and a password": f"https://user:letmein@{OWN}/",
    "a backslash before another": f"https://{OWN}\\@evil.example/",
    "a backslash after another": f"https://evil.example\\@{OWN}/",
    "a backslash in the host": f"https://{OWN}\\.evil.example/",
    "backslashes for slashes": f"https:\\\\{OWN}\\",
    "KashFlow's in the path": f"https://evil.example/{OWN}",
    "KashFlow's in the query": f"https://evil.example/?{OWN}",
    "KashFlow's in the fragment": f"https://evil.example/#{OWN}",
    "another in the fragment": "http://127.0.0.1#@evil.example/",
    "another in the query": "http://127.0.0.1?@evil.example/",
    "a dot at the end": f"https://{OWN}./",
    "a dot too many": f"https://{OWN.replace('.', '..')}/",
    "letters of another alphabet": "https://ѕесurеdwebарр.com/",
    "a long s": "https://ſecuredwebapp.com/",
    "a full stop of another script": "https://securedwebapp。com/",
    "an ideographic stop before another": f"https://{OWN}。evil.example/",
    "letters as wide as Chinese ones": "https://ｓｅｃｕｒｅｄｗｅｂａｐｐ.com/",
    "a name in punycode": "https://xn--ecuredwebapp-3ib.com/",
    "a percent sign for a dot": f"https://{OWN}%2eevil.example/",
    "a NUL as a number": f"https://{OWN}%00.evil.example/",
    "a blank at the end of the host": f"https://{OWN} /",
    "a blank at the beginning": f" https://{OWN}/",
    "a tab in the host": f"https://{OWN}\t.evil.example/",
    "a tab in the path": f"https://{OWN}/\tapi",
    "a line break in the path": f"https://{OWN}/\r\nHost: evil.example",
    "an invisible mark": f"https://{OWN}\u200b/",
    "text that turns around": f"https://{OWN}/\u202easmx",
    "plain http": f"http://{OWN}/api/service.asmx",
    "plain http to the home network": "http://192.168.1.10/",
    "plain http everywhere here": "http://0.0.0.0/",
    "plain http to a short form of here": "http://127.1/",
    "plain http to a number of here": "http://2130706433/",
    "plain http to a hexadecimal here": "http://0x7f000001/",
    "plain http to another in IPv6": "http://[2001:db8::1]/",
    "plain http to any in IPv6": "http://[::]/",
    "here in IPv6 with a zone": "http://[::1%25lo]/",
    "here in IPv6 and another after it": "http://[::1]evil.example/",
    "here in IPv6 and another before it": "http://evil.example[::1]/",
    "here in IPv6 as the user": "http://[::1]@evil.example/",
    "here in IPv4 as if it were IPv6": "https://[127.0.0.1]",
    "half of an IPv6 address": "https://[::1",
    "here as a part of another": "http://127.0.0.1.evil.example/",
    "here as a part of a name that leads here": "http://127.0.0.1.nip.io/",
    "localhost with a dot": "http://localhost./",
    "localhost as a part of another": "http://localhost.evil.example/",
    "another scheme": f"ftp://{OWN}/",
    "a file": "file:///etc/passwd",
    "a socket": "http+unix://%2Fvar%2Frun%2Fx/",
    "a script": "javascript:alert(1)",
    "data": "data:text/xml,<x/>",
    "no scheme": f"//{OWN}/",
    "no host": "https:///api/service.asmx",
    "no slashes": f"https:{OWN}/",
    "one slash": f"https:/{OWN}/",
    "nothing but the scheme": "https://",
    "two ports": f"https://{OWN}:443:80/",
    "a port that is none": f"https://{OWN}:99999/",
    "a port with a sign": f"https://{OWN}:+443/",
    "a port in other digits": f"https://{OWN}:٤٤٣/",
    "a port in letters": f"https://{OWN}:https/",
    "a semicolon": f"https://{OWN};evil.example/",
    "no address at all": "securedwebapp",
    "very long": f"https://{'a' * 100_000}.{OWN}/",
}

ALLOWED = {
    "KashFlow's own": settings.KASHFLOW_URL,
    "in capitals": settings.KASHFLOW_URL.upper(),
    "with its port": f"https://{OWN}:443/api/service.asmx",
    "without a path": f"https://{OWN}",
    "here": "http://127.0.0.1:8080/api/service.asmx",
    "anywhere in the network of here": "http://127.8.9.1:8080/",
    "here by name": "http://LocalHost:8080/",
    "here in IPv6": "http://[::1]:8080/api/service.asmx",
    "here, encrypted": "https://127.0.0.1:8443/",
}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("KASHFLOW_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("KASHFLOW_USERNAME", "me")
    monkeypatch.setenv("KASHFLOW_PASSWORD", "hunter2")
    monkeypatch.setenv("KASHFLOW_URL", settings.KASHFLOW_URL)


@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED.keys())
def test_an_address_that_is_not_plainly_kashflows_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("KASHFLOW_URL", url)

    with pytest.raises(BadSettings, match="KASHFLOW_URL") as refused:
        settings.load()

    assert "letmein" not in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert len(str(refused.value)) < 500
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("url", ALLOWED.values(), ids=ALLOWED.keys())
def test_an_address_that_is_plainly_allowed_goes_where_it_seems_to_go(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("KASHFLOW_URL", url)

    found = settings.load().url

    assert httpx.URL(found).host in {OWN, "127.0.0.1", "127.8.9.1", "localhost", "::1"}


def test_a_host_that_is_allowed_is_not_allowed_in_the_clear_nor_as_a_part_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KASHFLOW_ALLOWED_HOST", "Books.Example")
    for url in (
        "http://books.example/",
        "https://books.example.evil.example/",
        "https://x.books.example/",
        "https://books.example./",
    ):
        monkeypatch.setenv("KASHFLOW_URL", url)
        with pytest.raises(BadSettings, match="KASHFLOW_URL"):
            settings.load()

    monkeypatch.setenv("KASHFLOW_URL", "https://books.example:8443/service.asmx")

    assert settings.load().url == "https://books.example:8443/service.asmx"


def test_whoever_sets_the_address_elsewhere_cannot_allow_its_host(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The password comes from the environment, so a file that was named may not widen where it goes."""
    monkeypatch.delenv("KASHFLOW_URL")  # the environment's would win
    file = tmp_path / "named.env"
    file.write_text("KASHFLOW_URL=https://evil.example/\nKASHFLOW_ALLOWED_HOST=evil.example\n")

    with pytest.raises(BadSettings, match=r"evil\.example"):
        settings.load(file)


pieces = st.sampled_from(
    [
        *f"evil.example 127.0.0.1 localhost [::1] ::1 user 443 @ : / \\ # ? . %2e [ ] // https:// ; %00 xn-- - {OWN}.".split(),
        OWN,
        " ",
        "\t",
        "\u3002",
    ]
)


@examples(
    max_examples=100_000 if IS_LONG else 500,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(["https://", "http://"]), st.lists(pieces, max_size=7).map("".join))
def test_no_two_readers_of_an_accepted_address_see_different_hosts(scheme: str, rest: str) -> None:
    """What is accepted leads to KashFlow or to this computer, by our reading, by Python's and by httpx's, which sends."""
    os.environ["KASHFLOW_URL"] = scheme + rest
    try:
        found = settings.load().url
    except BadSettings:
        return

    sent_to = httpx.URL(found)
    assert sent_to.host == urlsplit(found).hostname
    assert sent_to.host in {OWN, *HERE}
    assert not sent_to.userinfo
    assert sent_to.scheme == "https" or sent_to.host in HERE
