"""The public pages as people see them: headless Chromium, 360 px, three languages, with axe-core, and without JavaScript.
Screenshots lie in build/browser/."""
import re
import uuid
from pathlib import Path

import pytest
import yaml
from chromium import Browser, missing
from consents import NEWS, OTHER, TRADE, Ledger, address, asks, refuses
from lethe_stack import ROOT, contact, mail_text, wait_until

SHOTS = ROOT / "build" / "browser"

pytestmark = pytest.mark.skipif(missing() is not None, reason=f"NO BROWSER TESTS: {missing()} (deploy/setup/install.sh browser)")


def browser(tmp_path_factory, **how):
    return Browser(tmp_path_factory.mktemp("browser"), **how)


@pytest.fixture(scope="module")
def phone(tmp_path_factory):
    one = browser(tmp_path_factory)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def plain_phone(tmp_path_factory):
    one = browser(tmp_path_factory, javascript=False)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def ledger(stack):
    return Ledger(stack)


def check(phone, name, language):
    """No violation, nothing wider than the screen, nothing that the policy had to stop; then a picture."""
    phone.screenshot(SHOTS / language / f"{name}.png")
    assert phone.run("document.documentElement.lang") == language
    assert phone.run("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is wider than 360 px"
    assert not phone.loaded(), "something was loaded"
    found = phone.axe()
    assert not found, f"{name} in {language}:\n" + "\n".join(found)
    assert not (said := phone.complaints()), said


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_every_page_is_for_everybody(stack, ledger, phone, language):
    email, public = address(), stack.env["LETHE_PUBLIC_URL"]
    stack.send(asks(email, language=language))
    _, link = ledger.link(email)

    def see(name, url=None, click=None):
        if url:
            phone.open(f"{url}?lang={language}")
        if click:
            phone.click(click)
        check(phone, name, language)
    see("confirm", link)
    see("confirmed", click="button")
    see("already", link)
    see("wrong", public + "/confirm/none")
    old = address()
    stack.send(asks(old, TRADE, language=language))
    _, with_age = ledger.link(old)
    see("confirm-age", with_age)
    phone.run("document.querySelector('input').required = false")
    see("age-missed", click="button")
    stack.send(refuses(old, "all", "objected"))
    wait_until(lambda: ledger.decide(old, TRADE).get("why") == "objected", what="the objection")
    see("withdrawn", with_age)

    leave = ledger.decide(email)["unsubscribe_url"]
    choices = leave.replace("/unsubscribe/", "/preferences/")
    see("unsubscribe", leave)
    see("preferences", choices)
    phone.click(f"input[name='wanted-{OTHER}']", leads_on=False)
    see("preferences-saved", click="button[value=save]")
    phone.open(f"{leave}?lang={language}")
    see("unsubscribed", click="button[value=purpose]")
    phone.open(f"{leave}?lang={language}")
    see("unsubscribed-all", click="button[value=all]")
    see("objected", leave)
    see("preferences-objected", choices)
    phone.open(f"{leave}?lang={language}")
    see("lifted", click="button[value=lift]")


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_my_data_is_for_everybody(stack, ledger, phone, language):
    email, public = address(), stack.env["LETHE_PUBLIC_URL"]
    key = bytes.fromhex(ledger.key("email", email)["hash"])
    stack.send(contact(f"B-{uuid.uuid4().hex[:8]}", email=email, family_name="Longname" * 6, postcode="10115"))
    wait_until(lambda: stack.rows("SELECT 1 FROM consent.person_key WHERE hash = %s", (key,)), what="the person")
    number, _ = ledger.confirm(email)
    phone.open(f"{public}/my-data?lang={language}")
    check(phone, "my-data", language)
    phone.run("document.querySelector('form').noValidate = true")
    phone.click("main button")
    check(phone, "my-data-missed", language)
    phone.type("input[type=email]", email)
    phone.click("main button")
    check(phone, "my-data-asked", language)
    _, message = stack.wait_mail(email, after=number)
    link = re.search(re.escape(public) + r"/my-data/[A-Za-z0-9_-]+", mail_text(message))[0]
    phone.open(link)
    check(phone, "my-data-shown", language)
    phone.run("document.querySelector('form').noValidate = true")
    phone.click("button[value=forget]")
    check(phone, "my-data-unsure", language)
    phone.click("input[name=sure]", leads_on=False)
    phone.click("button[value=forget]")
    check(phone, "my-data-forgotten", language)
    info = f"info@{uuid.uuid4().hex[:12]}.example"
    number, _ = ledger.confirm(info)
    phone.open(f"{public}/my-data?lang={language}")
    phone.type("input[type=email]", info)
    phone.click("main button")
    _, message = stack.wait_mail(info, after=number)
    phone.open(re.search(re.escape(public) + r"/my-data/[A-Za-z0-9_-]+", mail_text(message))[0])
    check(phone, "my-data-proof", language)
    phone.type("input[name=fact]", "99999")
    phone.click("button[value=prove]")
    check(phone, "my-data-proof-wrong", language)


def test_everything_works_without_javascript(stack, ledger, plain_phone):
    email = address()
    stack.send(asks(email))
    _, link = ledger.link(email)
    plain_phone.open(link)
    plain_phone.click("button")
    wait_until(lambda: ledger.decide(email)["allowed"], what="the confirmation")
    plain_phone.open(ledger.decide(email)["unsubscribe_url"])
    plain_phone.click("main a[href*='preferences']")
    plain_phone.click("nav a[lang=de]")
    assert "<h1>Ihre Auswahl</h1>" in plain_phone.source()
    plain_phone.click(f"input[name='wanted-{NEWS}']", leads_on=False)
    plain_phone.click("button[value=save]")
    wait_until(lambda: ledger.decide(email).get("why") == "withdrawn", what="the withdrawal")
    assert "Ihre Auswahl ist gespeichert" in plain_phone.source()
    plain_phone.screenshot(SHOTS / "without-javascript.png")


def test_the_controllers_logo_and_colour(own_stack, phone):
    """From the policy, inline: nothing is fetched, and the Content-Security-Policy lets it stand."""
    svg = ("data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSIxMjAiIGhlaWdodD0iNDAiPjx"
           "yZWN0IHdpZHRoPSIxMjAiIGhlaWdodD0iNDAiIGZpbGw9IiNmZmQ1MDAiLz48L3N2Zz4=")
    own_stack.up()
    policy = Path(own_stack.env["LETHE_POLICY"])
    words = yaml.safe_load(policy.read_text())
    words["controller"].update(logo=svg, colour="#ffd500")
    policy.write_text(yaml.safe_dump(words, allow_unicode=True, sort_keys=False))
    own_stack.restart("consent")
    phone.open(own_stack.env["LETHE_PUBLIC_URL"] + f"/confirm/{uuid.uuid4().hex}")
    assert phone.run("document.querySelector('header img').naturalWidth") == 120
    assert not phone.axe()
    phone.screenshot(SHOTS / "logo.png")
