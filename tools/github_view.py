# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What GitHub shows of a page, and where the links of a page go.

GitHub reads reStructuredText with plain docutils (its program rest2html, in the repository github/markup). It knows no role of Sphinx or
Ansible, and shows ``:ref:`...``` as it is written. So the guides have ordinary links to files. The documentation
site makes links to its own pages of them (``tools/site/links.py``).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import yaml
from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import directives
from docutils.parsers.rst.directives.body import CodeBlock

ROOT = Path(__file__).resolve().parents[1]
REPOSITORY: str = yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"]
# Where GitHub has the files themselves, such as the picture of the README.
RAW = REPOSITORY.replace("https://github.com", "https://raw.githubusercontent.com")

# What rest2html sets, with one exception: it hides the messages of docutils, and this module returns them.
_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": True,
    "syntax_highlight": "none",
    "doctitle_xform": True,
    "report_level": 2,
    "halt_level": 5,
}
# A link of Markdown, its definition at another place, or a link or picture of HTML.
_MARKDOWN_LINK = re.compile(r"\]\(([^()\s]+)\)|^\[[^\]]+\]: (\S+)|\b(?:href|src)=[\"']?([^\"'>\s]+)", re.MULTILINE)
_MARKDOWN_CODE = re.compile(r"^( *)```.*?^\1```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_MARKDOWN_TITLE = re.compile(r"^#+ (.+)$", re.MULTILINE)


class _CodeBlock(CodeBlock):
    """rest2html drops the options of a directive that docutils does not know, such as the caption."""

    option_spec: ClassVar[dict[str, Any]] = {**CodeBlock.option_spec, "caption": directives.unchanged}


def path_of(target: str, source: str) -> tuple[str, str] | None:
    """The path in the repository, and the anchor, that a link of the file ``source`` means. None for a link to another place.

    An address of a file at GitHub means the file, too.
    """
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        address = f"{parts.scheme}://{parts.netloc}{parts.path}"
        found = re.fullmatch(rf"(?:{re.escape(REPOSITORY)}/(?:blob|tree)|{re.escape(RAW)})/(?:main|HEAD)/(.+)", address)
        return (unquote(found[1]).rstrip("/"), parts.fragment) if found else None
    if not parts.path:
        return source, parts.fragment
    path = (ROOT / source).parent / unquote(parts.path)
    try:
        return path.resolve().relative_to(ROOT).as_posix(), parts.fragment
    except ValueError:
        return parts.path, parts.fragment


@cache
def _read(file: Path) -> tuple[nodes.document, str]:
    # Not at the import, because Sphinx has a directive of the same name and imports this module, too.
    directives.register_directive("code-block", _CodeBlock)
    messages = io.StringIO()
    text = file.read_text(encoding="utf-8")
    document = publish_doctree(text, file.name, settings_overrides={**_SETTINGS, "warning_stream": messages})
    return document, messages.getvalue()


def shown_raw(path: str) -> str:
    """What docutils says about the parts of a .rst file that it cannot read. Empty if it can read all of it."""
    return _read(ROOT / path)[1]


def links(path: str) -> Iterator[str]:
    """The targets of the links and pictures in a .rst or .md file."""
    if path.endswith(".rst"):
        document = _read(ROOT / path)[0]
        for node in document.findall(nodes.reference):
            yield node.get("refuri") or f"#{node['refid']}"
        for node in document.findall(nodes.image):
            yield node["uri"]
        return
    text = _MARKDOWN_CODE.sub("", (ROOT / path).read_text(encoding="utf-8"))
    for found in _MARKDOWN_LINK.finditer(text):
        yield found[1] or found[2] or found[3]


def anchors(path: str) -> set[str]:
    """The anchors of a .rst or .md file at GitHub."""
    if path.endswith(".rst"):
        return {name for node in _read(ROOT / path)[0].findall(nodes.Element) for name in node.get("ids", ())}
    text = re.sub(r"^( *)```.*?^\1```", "", (ROOT / path).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = _MARKDOWN_TITLE.findall(text)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def dead_links(path: str) -> list[str]:
    """The links of a .rst or .md file to a file or an anchor of the repository that does not exist."""
    dead = []
    for target in links(path):
        meant = path_of(target, path)
        if not meant:
            continue
        file, anchor = meant
        if not (ROOT / file).exists() or (
            anchor and file.endswith((".rst", ".md")) and unquote(anchor) not in anchors(file)
        ):
            dead.append(target)
    return dead
