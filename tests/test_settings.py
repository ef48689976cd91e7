import os
import subprocess
import sys
from pathlib import Path

import pytest

from kf_mcp import settings
from kf_mcp.errors import BadSettings
from kf_mcp.server import create_server, instructions

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("KASHFLOW_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def write(path: Path, **values: str) -> Path:
    path.write_text("\n".join(f"KASHFLOW_{name.upper()}={value}" for name, value in values.items()))
    return path


def test_without_credentials_the_demo_opens_and_either_may_confirm() -> None:
    found = settings.load()

    assert found.is_demo
    assert found.confirmed_by == "either"


def test_on_a_real_account_only_a_person_confirms(tmp_path) -> None:
    found = settings.load(write(tmp_path / "e", username="u", password="p"))

    assert found.confirmed_by == "person"
    assert found.url == settings.KASHFLOW_URL


@pytest.mark.parametrize("name", ["username", "password"])
def test_one_credential_without_the_other_refuses_to_start(tmp_path, name: str) -> None:
    with pytest.raises(BadSettings, match="is not set but its partner is"):
        settings.load(write(tmp_path / "e", **{name: "x"}))


@pytest.mark.parametrize(
    "url",
    [
        "http://securedwebapp.com/api/service.asmx",
        "https://securedwebapp.com.evil.example/api/service.asmx",
        "https://evil.example/?securedwebapp.com",
        "https://securedwebapp.com@evil.example/",
        "file:///etc/passwd",
        "https://",
        "http://10.0.0.1/",
        "https://[::1",
        "http://127.0.0.1.evil.example/",
    ],
)
def test_an_address_that_could_collect_the_password_is_refused(tmp_path, url: str) -> None:
    with pytest.raises(BadSettings, match="KASHFLOW_URL"):
        settings.load(write(tmp_path / "e", username="u", password="p", url=url))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/api/service.asmx", "http://localhost:1/", "http://[::1]:1/"])
def test_this_computer_may_be_spoken_to_in_the_clear(tmp_path, url: str) -> None:
    assert settings.load(write(tmp_path / "e", username="u", password="p", url=url)).url == url


def test_another_host_must_be_allowed_where_the_password_is_set(tmp_path, monkeypatch) -> None:
    url = "https://kashflow.example/api/service.asmx"
    allowed = write(tmp_path / "a", username="u", password="p", url=url, allowed_host="kashflow.example")
    elsewhere = write(tmp_path / "b", url=url, allowed_host="kashflow.example")

    assert settings.load(allowed).url == url
    monkeypatch.setenv("KASHFLOW_USERNAME", "u")
    monkeypatch.setenv("KASHFLOW_PASSWORD", "p")
    with pytest.raises(BadSettings, match=r"kashflow\.example"):
        settings.load(elsewhere)


def test_a_wrong_value_is_named_and_never_shown(tmp_path) -> None:
    with pytest.raises(BadSettings) as refused:
        settings.load(write(tmp_path / "e", username="u", password="p", timeout="hunter2"))

    assert "KASHFLOW_TIMEOUT" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_the_password_appears_in_no_form_of_the_settings(tmp_path) -> None:
    found = settings.load(write(tmp_path / "e", username="u", password="hunter2", database_url="sqlite:///hunter2"))

    assert "hunter2" not in f"{found!r} {found} {found.model_dump()} {found.model_dump_json()} {found.account}"


def test_a_hostile_env_file_in_the_working_directory_changes_nothing(tmp_path) -> None:
    """Assistants start servers inside cloned repositories."""
    write(tmp_path / ".env", username="u", password="p", url="https://evil.example/", confirm="model", read_only="true")
    code = "from kf_mcp.settings import load; s = load(); print(s.is_demo, s.url, s.confirmed_by, s.read_only)"
    env = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "none"), "HOME": str(tmp_path / "none")}

    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )

    assert said.stdout.split() == ["True", settings.KASHFLOW_URL, "either", "False"]


def test_the_example_file_is_what_the_settings_say() -> None:
    """Renew it with: python -c "from kf_mcp.settings import example; print(example(), end='')" > .env.example"""
    assert (ROOT / ".env.example").read_text("utf-8") == settings.example()


async def test_read_only_leaves_out_every_tool_that_writes() -> None:
    tools = await create_server(settings.Settings(read_only=True)).list_tools()

    assert tools
    assert all(tool.annotations.read_only_hint for tool in tools)
    assert "create_invoice" not in {tool.name for tool in tools}


def test_an_unknown_toolset_is_named() -> None:
    with pytest.raises(BadSettings, match="core"):
        create_server(settings.Settings(toolsets="cor"))


@pytest.mark.parametrize("confirm", ["person", "either", "model"])
def test_the_instructions_stay_below_two_kilobytes(confirm) -> None:
    assert len(instructions(settings.Settings(confirm=confirm)).encode()) < 2048


def test_vat_periods_are_read_in_their_order_and_blank_is_none(tmp_path) -> None:
    said = "2026-04-01/2026-06-30, 2026-01-01 / 2026-03-31,"

    found = settings.load(write(tmp_path / "e", username="u", password="p", vat_periods=said)).vat_periods

    assert [f"{start}/{end}" for start, end in found] == ["2026-01-01/2026-03-31", "2026-04-01/2026-06-30"]
    assert settings.load(write(tmp_path / "b", username="u", password="p", vat_periods="")).vat_periods == ()


@pytest.mark.parametrize(
    "said", ["2027-01-01", "2026-03-31/2026-01-01", "soon/later", "2026-01-01/2026-03-31,2026-03-31/2026-06-30"]
)
def test_vat_periods_that_cannot_be_are_refused(tmp_path, said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        settings.load(write(tmp_path / "e", username="u", password="p", vat_periods=said))

    assert "KASHFLOW_VAT_PERIODS" in str(refused.value)
    assert said not in str(refused.value)
