# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the finished documentation site: its links and anchors lead to something, and each page is reachable."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Pages of Sphinx that the search field and the theme need.
_OF_SPHINX = {"search.html", "genindex.html"}


@dataclass
class Page:
    """The anchors of a page, its links inside the site (the page and the anchor of each), and the other files that it names."""

    anchors: set[str] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.page = path, Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.page.anchors.add(given["id"])
        if tag in ("a", "link") and "href" in given:
            self._add(given["href"], is_page=tag == "a")
        if "src" in given:
            self._add(given["src"], is_page=False)

    def _add(self, target: str, *, is_page: bool) -> None:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            return
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), unquote(parts.path)))
        path = path if parts.path else self.path
        if is_page and path.endswith(".html"):
            self.page.links.append((path, unquote(parts.fragment)))
        else:
            self.page.files.append(path)


def read(html: Path) -> dict[str, Page]:
    """The pages of the site, by path."""
    found = {}
    for file in sorted(html.rglob("*.html")):
        reader = _Reader(file.relative_to(html).as_posix())
        reader.feed(file.read_text(encoding="utf-8"))
        found[reader.path] = reader.page
    return found


def problems(html: Path) -> list[str]:
    """What is wrong with the links of the site. Each problem is one line."""
    pages = read(html)
    wrong = []
    for path, page in pages.items():
        for target, anchor in dict.fromkeys(page.links):
            if target not in pages:
                wrong.append(f"{path}: link to {target}, which is no page")
            elif anchor and anchor not in pages[target].anchors:
                wrong.append(f"{path}: link to {target}#{anchor}, which is no anchor")
        wrong += [f"{path}: {file} is missing" for file in dict.fromkeys(page.files) if not (html / file).exists()]
    reached, new = set(), {"index.html"}
    while new:
        reached |= new
        new = {target for path in new & {*pages} for target, _anchor in pages[path].links} - reached
    wrong += [f"{path} is not reachable from the start page" for path in sorted({*pages} - reached - _OF_SPHINX)]
    return wrong
