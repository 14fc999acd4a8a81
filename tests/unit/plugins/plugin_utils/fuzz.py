# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that a method does with a session, while BILL sends any response to any request."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import Session, SessionResult
from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.factory import Surroundings, build_client
from ansible_collections.bill.connect.plugins.plugin_utils._client.info import organizations, session_info
from ansible_collections.bill.connect.plugins.plugin_utils._client.mfa import challenge, validate
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, RawResponse
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS
from tests.unit.plugins.plugin_utils.fake_bill import API_URL, METHODS, MFA_ID
from tests.unit.plugins.plugin_utils.fakes import OPTIONS as CREDENTIAL
from tests.unit.plugins.plugin_utils.fakes import ListReporter
from tests.unit.plugins.plugin_utils.malformed import (
    LONGEST_MESSAGE,
    any_json,
    any_text,
    assert_clean,
    envelopes,
    outcome_of,
)

ORGANIZATION = CREDENTIAL["organization_id"]


def often(usual: Any, odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly BILL's usual value, so that an odd value is alone and the code continues."""
    return st.integers(0, 2).flatmap(lambda chance: odd if chance == 0 else st.just(usual))


_statuses = often(200, st.sampled_from([201, 204, 302, 400, 401, 403, 404, 405, 422, 429, 500, 503]))
_ids = any_text | st.sampled_from([" x", "x\t", 7, "x" * 5000])
_other_organizations = st.sampled_from([None, ORGANIZATION.lower(), f"{ORGANIZATION} ", [ORGANIZATION], "", 0])
_seconds = any_json | st.sampled_from([0, 1, -1, 0.5, 1e9, 1e308, float("nan"), "60", "9" * 5000, "\u0666", True])
_sessions = {
    "sessionId": often("SESSION-findme", _ids),
    "organizationId": often(ORGANIZATION, any_json | _other_organizations),
    "userId": often("006", any_text | any_json),
    "trusted": often(False, any_json),
    "mfaStatus": often("CHALLENGE", st.just("COMPLETE") | any_json),
    "mfaBypass": often(False, any_json),
}
# The request, the fields of its usual response, and the wrong values of each.
_FIELDS_OF = {
    "/v3/login": _sessions,
    "/v3/partner/login": {"sessionId": often("PARTNER-findme", _ids)},
    "/v3/partner/login-as-user": _sessions,
    "/authx/token": {"access_token": often("TOKEN-findme", _ids), "expires_in": often(3600, _seconds)},
    "/v3/spend/users/current": {"id": often("u1", _ids | any_json)},
    "/v3/login/session": _sessions,
    "/v3/mfa/step-up": {"trusted": often(True, any_json)},
    "/v3/mfa/challenge": {"challengeId": often("CHALLENGE-findme", _ids)},
    "/v3/mfa/challenge/validate": {"rememberMeId": often("MFA-findme", _ids)},
    "/organizations": {
        "results": often([{"id": "008"}], any_json),
        "nextPage": often(None, st.sampled_from(["2", "&=\ud800"]) | any_json),
    },
    "/v3/logout": {},
}


def _answers(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[tuple[int, Any]]:
    return st.tuples(
        _statuses, st.integers(0, 2).flatmap(lambda odd: st.fixed_dictionaries(fields) if odd else envelopes)
    )


_OF_PARTNERS = {"/v3/partner/login", "/organizations", "/v3/logout"}
_OF_SESSIONS = {"/v3/login/session", "/organizations", "/v3/logout"}
_OF_MFA = {"/v3/mfa/step-up", "/v3/mfa/challenge", "/v3/mfa/challenge/validate"}
# The requests that each method sends.
_ASKED = {
    "password": {"/v3/login", *_OF_SESSIONS, *_OF_MFA},
    "sync_token": {"/v3/login", *_OF_SESSIONS},
    "console_token": {"/v3/login", *_OF_SESSIONS, *_OF_MFA},
    "the partner": _OF_PARTNERS,
    "a partner's user": {"/v3/partner/login-as-user", *_OF_PARTNERS, *_OF_SESSIONS, *_OF_MFA},
    "oauth": {"/authx/token", *_OF_SESSIONS},
    "spend_token": {"/v3/spend/users/current"},
}
any_answers_to = {
    method: st.fixed_dictionaries({path: _answers(fields) for path, fields in _FIELDS_OF.items() if path in asked})
    for method, asked in _ASKED.items()
}


def assert_usable(session: Session, method: str) -> None:
    """Check that the fields of a session have the right types, and that each fits into a header and on a screen."""
    of_user = method not in ("the partner", "oauth", "spend_token")
    texts = [*session.headers, *session.headers.values()]
    for text in (session.session_id, session.user_id, session.organization_id, session.mfa_status):
        texts += [] if text is None else [text]
    for text in texts:
        assert isinstance(text, str)
        assert text.isascii()
        assert text.isprintable()
        assert text == text.strip() != ""
    assert (session.session_id is None) is (method in ("oauth", "spend_token"))
    assert not of_user or session.organization_id == ORGANIZATION
    assert session.trusted in ((True, False) if of_user else (None,))
    assert session.mfa_bypass in (True, False, None)
    assert session.expires_at is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", session.expires_at)


class AnyExchange:
    """Sends the present ``answers`` by the path of a request, without a network, a thread or a limit."""

    def __init__(self, base_url: BaseUrl, answers: Callable[[], Mapping[str, Any]]) -> None:
        self.base_url = base_url
        self._answers = answers

    def at(self, base_url: BaseUrl) -> AnyExchange:
        return AnyExchange(base_url, self._answers)

    def keep_alive(self) -> AbstractContextManager[None]:
        return nullcontext()

    def exchange(self, request: HttpRequest) -> RawResponse:
        answers, url = self._answers(), self.base_url.url + request.target
        [path] = [path for path in answers if url.endswith(path) or (path == "/organizations" and path in url)]
        status, answer = answers[path]
        return RawResponse(status, json.dumps(answer).encode())


def use_everything(
    folder: Path, method: str, first: Mapping[str, Any], second: Mapping[str, Any], require_trusted: bool
) -> None:
    """Run every step with the first responses, then make another session and run them with the second ones.

    Each step returns a result or raises a clean error, and each stored session can be used.
    """
    reporter = ListReporter()
    answers = first
    exchange = AnyExchange(BaseUrl.of_api(API_URL), lambda: answers)

    def build(**changes: Any) -> BillClient:
        options = {option.name: option.default for option in OPTIONS}
        return build_client(
            {**options, **CREDENTIAL, **METHODS[method], "api_url": API_URL, "retries": 0, "check_after": 0, **changes},
            Surroundings(f"{store}/bill", f"{store}/run", reporter, exchange=exchange),
        )

    def works(ask: Callable[[], Any]) -> bool:
        outcome = outcome_of(ask)
        if isinstance(outcome, BaseException):
            # A cached refusal also names its beginning and its end.
            assert_clean(outcome, longest=LONGEST_MESSAGE + 500)
        if isinstance(outcome, SessionResult) and outcome.session:
            assert_usable(outcome.session, method)
        if stored := sessions.entry.load():
            assert_usable(stored, method)
        if sessions.parent and (stored := sessions.parent.entry.load()):
            assert_usable(stored, "the partner")
        return not isinstance(outcome, BaseException)

    with tempfile.TemporaryDirectory(dir=folder) as store:
        client, with_mfa_id = build(), build(**MFA_ID).sessions
        sessions = client.sessions
        if works(lambda: sessions.ensure(require_trusted=require_trusted)):
            assert sessions.entry.load()
        for force in (False, True):
            answers = second if force else first
            works(partial(with_mfa_id.ensure, require_trusted=require_trusted, force=force))
            works(lambda: session_info(sessions, may_sign_in=False))
            works(lambda: challenge(client))
            works(lambda: validate(client, "CHALLENGE", "012345", remember_me=True, device="ci"))
            works(lambda: list(organizations(client)))
        if works(sessions.end):
            assert sessions.entry.load() is None
    # The log has the same content, and -vv shows it.
    for text in (*reporter.warnings, *reporter.logged, *reporter.progressed):
        assert text.isprintable()
        assert "findme" not in text
