# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site, without a network, and check it. Fails if a tool warns, or if a page or a link is missing."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import yaml

from tools.site import check, pages
from tools.stage import stage


def _run(*command: str, folder: Path, collections: Path) -> None:
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def _release(root: Path, collections: Path) -> bool:
    """Turn the fragments of the copy into a release, if there are any. So the site shows what the next release brings."""
    has_fragments = any((root / "changelogs/fragments").glob("*.yml"))
    if has_fragments:
        _run("antsibull-changelog", "release", folder=root, collections=collections)
    return has_fragments


def _say_unreleased(changelog: Path, version: str) -> None:
    """Say below the title of the changelog that its newest version is not released."""
    lines = changelog.read_text(encoding="utf-8").splitlines()
    title_end = max(number for number, line in enumerate(lines[:10]) if line.startswith("==="))
    lines.insert(title_end + 1, f"\n.. note::\n   Version {version} is not released yet.\n")
    changelog.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _documented(root: Path) -> list[str]:
    """The files of the collection that must have a page."""
    patterns = ["docs/docsite/rst/*.rst", "plugins/modules/bill_*.py", "plugins/lookup/*.py", "playbooks/*.yml"]
    patterns += ["roles/*/meta/argument_specs.yml", "extensions/eda/plugins/event_source/*.py"]
    return sorted(path.relative_to(root).as_posix() for pattern in patterns for path in root.glob(pattern))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path, help="the folder for the site; the pages are in html below it")
    work: Path = parser.parse_args().work.resolve()
    start = time.monotonic()
    collections, source, html = work / "stage", work / "rst", work / "html"
    # A page of an earlier run could hide that it is missing now.
    for folder in (collections, source, html):
        shutil.rmtree(folder, ignore_errors=True)
    source.mkdir(parents=True)
    root = stage(collections)
    galaxy = yaml.safe_load((root / "galaxy.yml").read_text())
    is_unreleased = _release(root, collections)
    _run(
        *("antsibull-docs", "--config-file", "docs/site/antsibull-docs.cfg", "collection", "--use-current"),
        *(
            "--squash-hierarchy",
            "--fail-on-error",
            "--dest-dir",
            str(source),
            f"{galaxy['namespace']}.{galaxy['name']}",
        ),
        folder=root,
        collections=collections,
    )
    if is_unreleased:
        _say_unreleased(source / "changelog.rst", galaxy["version"])
    made = pages.write(root, source)
    for pictures in ("docs/pictures", "docs/simulation"):
        shutil.copytree(root / pictures, source / pictures)
    shutil.copytree(root / "docs/site/static", source / "static")
    settings = "\n".join(f"{f'bill_{key}'} = {json.dumps(value)}" for key, value in asdict(made).items())
    (source / "conf.py").write_text(f"{(root / 'docs/site/conf.py').read_text()}\n{settings}\n")
    _run(
        *("sphinx-build", "-q", "-W", "--keep-going", "-n", "-j", "auto", "-d", str(work / "doctrees"), "-E"),
        *(str(source), str(html)),
        folder=root,
        collections=collections,
    )
    shown = {*made.files.values()}
    wrong = [f"{path} has no page" for path in _documented(root) if path not in shown]
    wrong += check.problems(html)
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    count = len(list(html.rglob("*.html")))
    print(f"{count} pages in {time.monotonic() - start:.0f} seconds: {html / 'index.html'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
