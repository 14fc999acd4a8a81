# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the event sources of bill.connect share. Private to bill.connect.

This package needs Python's standard library and aiohttp, which ansible-rulebook brings. It needs neither Ansible nor the rest of the collection.
"""
