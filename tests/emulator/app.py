# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the application: BILL under /connect, /connect-events and /authx, the control interface under /control."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from . import bill, control, oauth, webhooks
from .door import BillMiddleware
from .errors import NOT_SUPPORTED, RefusalError
from .state import Emulator


def build(emulator: Emulator | None = None, calls: APIRouter = bill.router) -> FastAPI:
    """The application. ``calls`` are the calls below /connect. The fewer there are, the faster FastAPI finds one."""
    emulator = emulator or Emulator()
    app = _app(emulator)
    for path, router in (("/connect", calls), ("/connect-events", webhooks.router), ("/authx", oauth.router)):
        theirs = _app(emulator, router)
        theirs.add_exception_handler(RefusalError, _refused)
        theirs.add_exception_handler(HTTPException, _not_supported)
        app.mount(path, BillMiddleware(theirs, emulator))
    app.mount("/control", _app(emulator, control.router))
    return app


def _app(emulator: Emulator, router: APIRouter | None = None) -> FastAPI:
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.emulator = emulator
    if router is not None:
        app.include_router(router)
    return app


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusalError)
    emulator: Emulator = request.app.state.emulator
    return JSONResponse(error.envelope(emulator.clock, emulator.settings), error.status(emulator.settings))


async def _not_supported(request: Request, error: Exception) -> JSONResponse:
    """Refuse an unknown path (BILL's FAQ: 404). Inferred: the same for a known path with the wrong method."""
    return await _refused(request, RefusalError(NOT_SUPPORTED))
