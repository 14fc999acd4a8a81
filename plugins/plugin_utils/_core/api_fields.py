# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option that each field of a request comes from, by BILL's name of the field.

Private to bill.connect. An error of BILL names a field. The message can then name the option, without a copy of BILL's text.
The mapping is a copy of a column of the option table, because ``_core`` imports no other package.
"""

from __future__ import annotations

# generated: api-fields
OPTION_OF_FIELD = {
    "username": "username",
    "userName": "username",
    "password": "password",
    "organizationId": "organization_id",
    "orgId": "organization_id",
    "devKey": "dev_key",
    "consoleApiToken": "console_api_token",
    "appKey": "app_key",
    "userId": "user_id",
    "rememberMeId": "remember_me_id",
    "mfaId": "remember_me_id",
    "device": "device",
    "deviceId": "device",
    "challengeId": "challenge_id",
    "token": "token",
    "machineName": "machine_name",
}
# end generated
