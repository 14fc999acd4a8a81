# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-doc shows the manual of every part."""

from __future__ import annotations

import pytest

from tests.integration.project import Project


@pytest.mark.parametrize(
    ("kind", "name", "sentences"),
    [
        (
            "module",
            "bill.connect.bill_login",
            ["Gives later tasks a session of BILL (bill.com).", "BILL_DEV_KEY", "CVE-2024-8775", "expires_at"],
        ),
        (
            "module",
            "bill.connect.bill_request",
            ["Sends one request to BILL (bill.com), or reads a whole list", "BILL_DEV_KEY", "paginate", "look_at"],
        ),
        ("lookup", "bill.connect.bill_request", ["it signs in only if no session is stored", "- name: bill_dev_key"]),
        ("lookup", "bill.connect.bill_login", ["so any number of lookups makes one sign-in", "- name: bill_dev_key"]),
        ("role", "bill.connect.login", ["Sign in to BILL, once, and store the session", "bill_organization_id"]),
    ],
)
def test_ansible_doc_of_each_part_shows_expected_sentences(
    project: Project, kind: str, name: str, sentences: list[str]
) -> None:
    run = project.run("ansible-doc", "-t", kind, name)
    assert run.code == 0, run.output
    # The examples must not be far below, because a reader scrolls to them. There were once 560 lines before them.
    lines = run.output.splitlines()
    if kind != "role":
        assert next(number for number, line in enumerate(lines) if line.startswith("EXAMPLES")) < 500, run.output
    # Some versions of ansible-core warn about their own collection, _protomatter.
    assert [warning for warning in run.warnings if "_protomatter" not in warning] == []
    for sentence in sentences:
        assert run.shows(sentence), run.output


def test_ansible_doc_list_names_every_part(project: Project) -> None:
    for kind, name in (
        ("module", "bill_login"),
        ("module", "bill_request"),
        ("lookup", "bill_login"),
        ("lookup", "bill_request"),
        ("role", "login"),
    ):
        assert project.run("ansible-doc", "-t", kind, "-l", "bill.connect").shows(f"bill.connect.{name}")
