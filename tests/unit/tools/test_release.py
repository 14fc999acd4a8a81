# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release is made only if everything fits together, and a refusal changes nothing. Each test has a small collection in its own git."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._options.deprecation import Deprecation
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import Option
from ansible_collections.bill.connect.plugins.plugin_utils._resources.fields import Nested, Text
from tools.release.__main__ import main, release
from tools.release.checks import Candidate
from tools.release.removals import Removal, removals_in, resources, tables
from tools.release.trial import Step, steps
from tools.release.versions import Version, version_in_galaxy, versions_in_guides

ROOT = Path(__file__).resolve().parents[3]

MODULE = '''\
DOCUMENTATION = r"""
module: {name}
short_description: Work
description: [Works.]
{added}
options:
  color:
    description: The colour.
    type: dict
    {option}
    suboptions:
      shade: {{description: The shade., type: str}}
author: [somebody (@somebody)]
"""
EXAMPLES = ""
RETURN = ""
'''
FRAGMENT_OF_DOCS = '''\
class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  shared:
    description: Shared.
"""
'''
ROLE = "argument_specs:\n  main:\n    short_description: Work.\n    {added}\n    options:\n      bill_size: {{type: int}}\n"
GUIDE = """\
Install it::

   collections:
     - name: https://github.com/bill-connect/bill.connect
       type: git
       version: "{version}"
"""


@dataclass
class Checkout:
    """A checkout of a small collection, and the output of its releases."""

    root: Path
    capsys: pytest.CaptureFixture[str]
    removals: tuple[Removal, ...] = ()
    output: str = ""

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def fragment(self, name: str = "next.yml", **sections: object) -> None:
        self.write(f"changelogs/fragments/{name}", yaml.safe_dump(sections))

    def module(self, name: str = "bill_work", added: str = "version_added: 1.0.0", option: str = "default: {}") -> None:
        self.write(f"plugins/modules/{name}.py", MODULE.format(name=name, added=added, option=option))

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", self.root, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Change something")

    def state(self) -> tuple[str, ...]:
        """Everything that a refusal must not change."""
        return self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--porcelain")

    def release(self, version: str, *to_run: Step, do: bool = False) -> bool:
        candidate = Candidate(self.root, Version.of(version), self.removals)
        done = release(candidate, self.root / ".work" / "release", to_run, do=do)
        self.output = self.capsys.readouterr().out
        return done

    def refusals(self, version: str, *to_run: Step) -> list[str]:
        """What a release refuses. It must change nothing."""
        before = self.state()
        assert not self.release(version, *to_run, do=True), self.output
        assert self.state() == before
        assert "Nothing was changed." in self.output
        return [line.strip().removeprefix("- ") for line in self.output.splitlines() if line.startswith("        - ")]


@pytest.fixture
def checkout(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A collection that can be released as 1.0.0, its first version."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "somebody@example.com")
    made = Checkout(tmp_path / "checkout", capsys)
    made.write(".gitignore", "/.work/\n")
    made.write("galaxy.yml", "namespace: bill\nname: connect\nversion: 1.0.0\nreadme: README.md\nauthors: [somebody]\n")
    made.write("README.md", "# Small\n")
    made.write("meta/runtime.yml", 'requires_ansible: ">=2.16.0"\n')
    made.write("roles/work/meta/argument_specs.yml", ROLE.format(added="version_added: 1.0.0"))
    made.write("plugins/doc_fragments/shared.py", FRAGMENT_OF_DOCS)
    made.write("docs/docsite/rst/guide_install.rst", GUIDE.format(version="1.0.0"))
    made.write("changelogs/config.yaml", (ROOT / "changelogs/config.yaml").read_text())
    made.module()
    made.fragment(release_summary="The first release.", major_changes=["Everything."])
    made.git("init", "--quiet")
    made.commit()
    return made


@pytest.fixture
def released(checkout: Checkout) -> Checkout:
    """The same collection after the release of 1.0.0, with a fragment for the next version."""
    checkout.write("changelogs/changelog.yaml", yaml.safe_dump({"ancestor": None, "releases": {"1.0.0": {}}}))
    checkout.commit()
    checkout.git("tag", "1.0.0")
    checkout.fragment(release_summary="The next release.", bugfixes=["A fault is gone."])
    checkout.commit()
    return checkout


def step(code: str) -> Step:
    return Step("the step works", (sys.executable, "-c", code))


CHANGELOG = Step("the changelog can be written", ("antsibull-changelog", "release", "--version", "1.0.0"))


# --- What a release does ---


def test_release_without_do_shows_what_it_would_do_and_changes_nothing(checkout: Checkout) -> None:
    before = checkout.state()
    assert checkout.release("1.0.0", step("open('CHANGELOG.rst', 'w').write('new')"))
    assert checkout.state() == before
    assert "bill.connect 1.0.0, a major version after no release" in checkout.output
    assert "REFUSED" not in checkout.output
    assert "It changes: CHANGELOG.rst\n" in checkout.output
    assert "To release: make release VERSION=1.0.0 DO=yes" in checkout.output


def test_release_with_do_commits_and_tags_what_was_tried(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real program for the changelog. It finds the plugins with ansible-doc."""
    # Under ansible-test, ansible-doc is a program that does not find ansible-core by itself.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    checkout.write("galaxy.yml", (checkout.root / "galaxy.yml").read_text().replace("1.0.0", "0.9.0"))
    checkout.write("docs/docsite/rst/guide_install.rst", GUIDE.format(version="0.9.0"))
    checkout.commit()
    assert checkout.release("1.0.0", CHANGELOG, do=True), checkout.output
    assert checkout.git("status", "--porcelain") == ""
    assert checkout.git("tag", "--points-at", "HEAD") == "1.0.0"
    assert checkout.git("cat-file", "-t", "1.0.0") == "tag"
    assert checkout.git("log", "-1", "--format=%s") == "Release 1.0.0"
    assert version_in_galaxy(checkout.root) == "1.0.0"
    assert list(versions_in_guides(checkout.root)) == [("docs/docsite/rst/guide_install.rst", "1.0.0")]
    changelog = (checkout.root / "CHANGELOG.rst").read_text()
    assert "v1.0.0" in changelog
    assert "bill.connect.bill_work - Work" in changelog
    # The fragments of a release are used up, so the next version needs new ones.
    assert list((checkout.root / "changelogs/fragments").glob("*.yml")) == []
    refusals = checkout.refusals("1.0.0")
    assert "1.0.0 is not newer than 1.0.0, the last release." in refusals
    assert "The tag 1.0.0 exists." in refusals
    assert "changelogs/fragments is empty. Each change for users needs a fragment." in refusals


def test_release_of_a_patch_and_a_minor_version_is_accepted(released: Checkout) -> None:
    assert released.release("1.0.1"), released.output
    assert "a patch version after 1.0.0" in released.output
    released.fragment("other.yml", minor_changes=["A new module."], deprecated_features=["An old one."])
    released.module("bill_more", added="version_added: 1.1.0")
    released.commit()
    assert released.release("1.1.0"), released.output


def test_first_release_may_have_any_fragment(checkout: Checkout) -> None:
    assert checkout.release("1.1.0"), checkout.output


def test_release_with_a_failing_step_is_refused_with_its_output_and_ends(checkout: Checkout) -> None:
    failing = step("import sys; print('a text is stale'); sys.exit(1)")
    never = step("raise AssertionError('never reached')")
    assert checkout.refusals("1.0.0", step("open('new', 'w')"), failing, never) == ["a text is stale"]


@pytest.mark.parametrize("is_committed", [False, True])
def test_release_of_a_checkout_that_changed_meanwhile_is_refused(checkout: Checkout, is_committed: bool) -> None:
    """The steps take minutes. What somebody did in the meantime was not checked, and must not be overwritten."""
    work = checkout.root / "galaxy.yml"
    commit = f"import subprocess; subprocess.run(['git', '-C', {str(checkout.root)!r}, 'commit', '-qam', 'More'], check=True)"
    meanwhile = f"open({str(work)!r}, 'a').write('# more\\n'); {commit if is_committed else ''}"
    write = "open('galaxy.yml', 'a').write('# of the release')"
    assert not checkout.release("1.0.0", step(write), step(meanwhile), do=True)
    assert "The checkout has changed since the trial began. Nothing was released." in checkout.output
    assert work.read_text().endswith("# more\n")
    assert checkout.git("tag") == ""
    assert checkout.git("log", "-1", "--format=%s") != "Release 1.0.0"


def test_release_that_git_does_not_commit_leaves_the_checkout_and_says_why(checkout: Checkout) -> None:
    hook = checkout.root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho not on this branch >&2\nexit 1\n")
    hook.chmod(0o755)
    before = checkout.state()
    assert not checkout.release("1.0.0", step("open('CHANGELOG.rst', 'w'); open('README.md', 'w')"), do=True)
    assert "git did not commit. Nothing was released: not on this branch" in checkout.output
    assert checkout.state() == before
    assert not (checkout.root / "CHANGELOG.rst").exists()


def test_release_that_git_does_not_tag_leaves_the_checkout_and_says_why(checkout: Checkout) -> None:
    checkout.git("config", "tag.gpgSign", "true")
    checkout.git("config", "gpg.program", "false")
    before = checkout.state()
    assert not checkout.release("1.0.0", step("open('CHANGELOG.rst', 'w'); open('README.md', 'w')"), do=True)
    assert "git did not tag. Nothing was released: " in checkout.output
    assert checkout.state() == before


def test_steps_of_a_release_check_the_texts_the_changelog_and_the_archive() -> None:
    commands = [" ".join(each.command) for each in steps("1.2.0", Path("/dist"), "import {archive} /bin")]
    assert commands == [
        "antsibull-changelog lint",
        "antsibull-changelog release --version 1.2.0",
        "antsibull-changelog lint-changelog-yaml changelogs/changelog.yaml",
        "python -m tools.generate --check .",
        "antsibull-docs lint-collection-docs --plugin-docs .",
        "yamllint --strict .",
        "ansible-galaxy collection build --force --output-path /dist",
        "import /dist/bill-connect-1.2.0.tar.gz /bin",
    ]
    assert len(list(steps("1.2.0", Path("/dist"), ""))) == len(commands) - 1


# --- What a release refuses ---


@pytest.mark.parametrize("version", ["", "1.0", "1.0.0-rc.1", "v1.0.0", "1.00.0", "1.0.0 ", "1.0.0.0"])
def test_release_of_something_that_is_no_version_is_refused(
    version: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([version, "--root", str(tmp_path)]) == 2
    assert "is not a version such as 1.2.0" in capsys.readouterr().err


@pytest.mark.parametrize("version", ["1.0.0", "0.9.0"])
def test_release_of_a_version_that_is_not_newer_is_refused(released: Checkout, version: str) -> None:
    assert f"{version} is not newer than 1.0.0, the last release." in released.refusals(version)


def test_release_of_a_version_before_that_of_galaxy_yml_is_refused(checkout: Checkout) -> None:
    assert "galaxy.yml already has 1.0.0, which is newer than 0.9.0." in checkout.refusals("0.9.0")


@pytest.mark.parametrize("name", ["README.md", "new.txt"])
def test_release_of_a_dirty_tree_is_refused(checkout: Checkout, name: str) -> None:
    checkout.write(name, "changed")
    assert checkout.refusals("1.0.0") == [f"Git does not have everything: {name}. Commit it, or remove it."]


def test_release_without_a_file_that_git_has_is_refused(checkout: Checkout) -> None:
    (checkout.root / "plugins/modules/bill_work.py").unlink()
    assert checkout.refusals("1.0.0")[0].startswith("Git does not have everything: plugins/modules/bill_work.py.")


def test_release_with_a_tag_that_exists_is_refused(checkout: Checkout) -> None:
    checkout.git("tag", "1.0.0")
    assert checkout.refusals("1.0.0") == ["The tag 1.0.0 exists."]


def test_release_without_the_tag_of_the_last_one_is_refused(released: Checkout) -> None:
    released.git("tag", "0.9.0")
    released.git("tag", "--delete", "1.0.0")
    assert released.refusals("1.0.1") == ["The tag 1.0.0 of the last release is missing here. Run: git fetch --tags"]


def test_release_without_fragments_or_a_summary_is_refused(checkout: Checkout) -> None:
    checkout.fragment(major_changes=["Everything."])
    checkout.commit()
    (summary,) = checkout.refusals("1.0.0")
    assert summary.startswith("No file in changelogs/fragments has a release_summary.")
    shutil.rmtree(checkout.root / "changelogs/fragments")
    checkout.commit()
    assert checkout.refusals("1.0.0") == ["changelogs/fragments is empty. Each change for users needs a fragment."]


@pytest.mark.parametrize(
    ("section", "version", "needed"),
    [
        ("breaking_changes", "1.1.0", "a major version may bring. This is a minor version."),
        ("removed_features", "1.1.0", "a major version may bring. This is a minor version."),
        ("major_changes", "1.1.0", "a major version may bring. This is a minor version."),
        ("minor_changes", "1.0.1", "a major or minor version may bring. This is a patch version."),
        ("deprecated_features", "1.0.1", "a major or minor version may bring. This is a patch version."),
    ],
)
def test_release_with_a_fragment_of_the_wrong_kind_is_refused(
    released: Checkout, section: str, version: str, needed: str
) -> None:
    released.fragment("more.yml", **{section: ["Something."]})
    released.commit()
    assert released.refusals(version) == [f"more.yml has {section}, which only {needed}"]
    assert released.release("2.0.0"), released.output


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ("", "the module bill_work has no version_added."),
        ("version_added: 1.1.0", "the module bill_work says version_added: 1.1.0, which is later than 1.0.0."),
        ("version_added: 1.0", "version_added of the module bill_work: 1.0 is not a version such as 1.2.0"),
    ],
    ids=["missing", "later", "no-version"],
)
def test_release_with_a_wrong_age_of_a_module_is_refused(checkout: Checkout, added: str, problem: str) -> None:
    checkout.module(added=added)
    checkout.commit()
    (refusal,) = checkout.refusals("1.0.0")
    assert refusal.startswith("plugins/modules/bill_work.py: ")
    assert problem in refusal


def test_release_with_a_role_without_its_age_is_refused(checkout: Checkout) -> None:
    checkout.write("roles/work/meta/argument_specs.yml", ROLE.format(added=""))
    checkout.commit()
    assert checkout.refusals("1.0.0") == [
        "roles/work/meta/argument_specs.yml: the role work (main) has no version_added."
    ]


def test_release_with_new_options_and_modules_names_those_without_this_version(released: Checkout) -> None:
    released.write(
        "plugins/doc_fragments/shared.py", FRAGMENT_OF_DOCS.replace("  shared:", "  new: {type: str}\n  shared:")
    )
    released.module("bill_late", added="version_added: 1.0.0")
    released.module(option="version_added: 1.3.0")
    released.fragment("more.yml", minor_changes=["Something."])
    released.commit()
    assert released.refusals("1.1.0") == [
        "plugins/doc_fragments/shared.py: the option new of shared is new, but it has no version_added. Write 1.1.0.",
        "plugins/modules/bill_late.py: the module bill_late is new, but it says version_added: 1.0.0. Write 1.1.0.",
        "plugins/modules/bill_work.py: the option color of bill_work says version_added: 1.3.0, which is later than 1.1.0.",
    ]


def test_release_with_a_new_suboption_without_its_age_is_refused(released: Checkout) -> None:
    path = "plugins/modules/bill_work.py"
    text = (released.root / path).read_text()
    released.write(path, text.replace("suboptions:\n", "suboptions:\n      hue: {description: The hue., type: str}\n"))
    released.fragment("more.yml", minor_changes=["Something."])
    released.commit()
    (refusal,) = released.refusals("1.1.0")
    assert "the option color.hue of bill_work is new, but it has no version_added" in refusal


def test_release_of_a_patch_with_something_new_is_refused(released: Checkout) -> None:
    released.module("bill_more", added="version_added: 1.0.1")
    released.commit()
    assert released.refusals("1.0.1") == [
        "plugins/modules/bill_more.py: the module bill_more is new. A patch version brings nothing new."
    ]


@pytest.mark.parametrize(
    ("version", "refusal"),
    [
        ("1.0.0", "The option old should be gone: its removal was announced for 1.0.0."),
        ("1.5.0", "The option old is announced to be removed in 1.5.0. Only a major version removes something."),
        (
            "soon",
            "The option old is deprecated, but the version that removes it is wrong: soon is not a version such as 1.2.0",
        ),
    ],
)
def test_release_with_an_overdue_or_unclear_removal_is_refused(checkout: Checkout, version: str, refusal: str) -> None:
    checkout.removals = (Removal("The option old", version),)
    assert checkout.refusals("1.0.0")[0].startswith(refusal)


def test_release_with_a_deprecation_that_is_not_due_is_accepted(checkout: Checkout) -> None:
    checkout.removals = (Removal("The option old", "2.0.0"),)
    assert checkout.release("1.0.0"), checkout.output


def test_release_with_a_module_that_should_be_gone_is_refused(released: Checkout) -> None:
    routing = {"modules": {"bill_work": {"deprecation": {"removal_version": "2.0.0", "warning_text": "Use another."}}}}
    released.write("meta/runtime.yml", yaml.safe_dump({"plugin_routing": routing}))
    released.commit()
    assert released.release("1.0.1"), released.output
    assert released.refusals("2.0.0") == [
        "The entry bill_work of modules in meta/runtime.yml should be gone: its removal was announced for 2.0.0."
    ]


def test_release_with_a_guide_of_another_version_is_refused(checkout: Checkout) -> None:
    checkout.write("docs/docsite/rst/guide_install.rst", GUIDE.format(version="0.9.0"))
    checkout.commit()
    assert checkout.refusals("1.0.0") == [
        "docs/docsite/rst/guide_install.rst names the version 0.9.0, but galaxy.yml has 1.0.0."
    ]


# --- The real collection ---


def test_removals_name_the_option_its_owner_and_the_version() -> None:
    gone = Option("old", deprecated=Deprecation("It has no effect.", "3.0.0", "Leave it out."))
    assert removals_in([("the lookup bill_request", [gone])], []) == (
        Removal("The option old of the lookup bill_request", "3.0.0"),
    )


def test_removals_name_the_field_of_an_object_or_of_what_belongs_to_it() -> None:
    owners = dict(resources(ROOT))
    assert {"the action bill_vendor", "contacts of the action bill_customer"} <= owners.keys()
    deprecation = Deprecation("Nobody has one.", "2.0.0", "Leave it out.")
    fields = (Text("fax", deprecated=deprecation), Nested("address", fields=(Text("line5", deprecated=deprecation),)))
    vendor = replace(owners["the action bill_vendor"], fields=fields)
    assert removals_in([], [("the action bill_vendor", vendor)]) == (
        Removal("The field fax of the action bill_vendor", "2.0.0"),
        Removal("The field address.line5 of the action bill_vendor", "2.0.0"),
    )


def test_tables_of_the_collection_include_those_of_each_task_and_lookup() -> None:
    owners = dict(tables(ROOT))
    assert len(owners["the shared options"]) > 20
    assert {"the action bill_vendor", "the action bill_request", "the lookup bill_login"} <= owners.keys()
    assert any(option.name == "unless" for option in owners["the action bill_request"])


def test_guides_of_the_collection_name_the_version_of_galaxy_yml() -> None:
    assert {version for _guide, version in versions_in_guides(ROOT)} == {version_in_galaxy(ROOT)}
