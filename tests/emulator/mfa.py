# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MFA: the phone of a user, the codes that BILL sends to it, and how a session becomes trusted.

Documented by BILL unless a comment says otherwise: reference/setup, validate, validatechallenge, stepupsession, and the
changelog of 2026, which removed the secondary phone.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from . import errors, fields
from .errors import RefusalError
from .trust import Phone, new_remember_me_id
from .who import CanBeTrusted, TheEmulator

# BILL documents TEXT. VOICE comes from a third party.
TYPES = ("TEXT", "VOICE")

router = APIRouter()


@router.post("/v3/mfa/setup")
async def setup(session: CanBeTrusted, given: fields.Fields, emulator: TheEmulator) -> dict[str, str]:
    number, kind = fields.require(given, "phone", "type")
    _check_type(kind)
    if given.get("primary") not in (None, True):
        raise RefusalError(emulator.settings.codes.secondary_phone, "primary: must be true")
    _check_no_phone(emulator.trust.phones.get(session.user_id))
    return {"setupId": emulator.trust.send(session.user_id, Phone(number, kind), "setup")}


# BILL's pages document the second path. The first path is in the client that was generated from BILL's OpenAPI file.
@router.post("/v3/mfa/setup/validate")
@router.post("/v3/mfa/validate")
async def validate_setup(session: CanBeTrusted, given: fields.Fields, emulator: TheEmulator) -> dict[str, str]:
    setup_id, kind, code = fields.require(given, "setupId", "type", "token")
    _check_type(kind)
    _check_no_phone(emulator.trust.phones.get(session.user_id))
    message = emulator.trust.accept_code(session.user_id, "setup", setup_id, code)
    # A phone does not make the session trusted. That needs a challenge.
    emulator.trust.phones[session.user_id] = Phone(message.phone, message.type)
    # This response comes from a third party.
    return {"status": "SUCCESS"}


def _check_type(kind: str) -> None:
    if kind not in TYPES:
        # The code is inferred.
        raise RefusalError(errors.INVALID_FIELD, f"type: must be one of {', '.join(TYPES)}")


def _check_no_phone(phone: Phone | None) -> None:
    if phone is not None:
        raise RefusalError(errors.MFA_BLOCKED)


@router.post("/v3/mfa/challenge")
async def challenge(session: CanBeTrusted, given: fields.Fields, emulator: TheEmulator) -> dict[str, str]:
    if given.get("useBackup") not in (None, False):
        raise RefusalError(emulator.settings.codes.secondary_phone, "useBackup: must be false")
    phone = emulator.trust.phones.get(session.user_id)
    if phone is None:
        raise RefusalError(errors.NO_PHONE)
    return {"challengeId": emulator.trust.send(session.user_id, phone, "challenge")}


@router.post("/v3/mfa/challenge/validate")
async def validate_challenge(session: CanBeTrusted, given: fields.Fields, emulator: TheEmulator) -> dict[str, str]:
    challenge_id, code = fields.require(given, "challengeId", "token")
    remember = given.get("rememberMe") is True
    if remember:
        # Documented: a request with rememberMe also sends the device. Inferred: BILL refuses it without the device.
        fields.require(given, "device")
    emulator.trust.accept_code(session.user_id, "challenge", challenge_id, code)
    session.trusted = True
    if remember:
        return {"rememberMeId": emulator.trust.remember(session.user_id, fields.text(given, "device"))}
    if emulator.settings.remember_me_id_always:
        # In v2 such an id expires with its session, so it is valid for no other session.
        return {"rememberMeId": new_remember_me_id()}
    return {}


@router.post("/v3/mfa/step-up")
async def step_up(session: CanBeTrusted, given: fields.Fields, emulator: TheEmulator) -> dict[str, bool]:
    remember_me_id, device = fields.require(given, "rememberMeId", "device")
    good = emulator.trust.is_remembered(session.user_id, remember_me_id, device)
    session.trusted = session.trusted or good
    # Observed: for a wrong pair, BILL answers `trusted: false` and no error.
    return {"trusted": good}


@router.get("/v3/mfa/phones")
async def phones(session: CanBeTrusted, emulator: TheEmulator) -> dict[str, Any]:
    phone = emulator.trust.phones.get(session.user_id)
    if phone is None:
        return {"results": []}
    # The names of the fields come from a third party.
    return {"results": [{"type": phone.type, "last4digits": phone.number[-4:], "primary": True}]}
