# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the documentation site in a browser, on the screens of a desktop and of a phone. Fails if a page is wider than its screen.

Needs chromium on this machine. Takes pictures of the pages in ``PICTURES``.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import shutil
import sys
import threading
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
PICTURES = (
    "index.html",
    "readme.html",
    "tasks.html",
    "bill_vendor_module.html",
    "trust_role.html",
    "playbooks/webhook.html",
    "event_sources/bill_webhook.html",
    "docsite/guide_choose.html",
    "docsite/guide_connect.html",
    "docsite/guide_faults.html",
    "docsite/guide_security.html",
    "docsite/guide_speed.html",
    "contributing.html",
    "changelog.html",
)
# Two results. The first is how many pixels the page is wider than the screen. The second is what is too wide for its place: a box with a
# table, because the end of each line would be hidden until the reader scrolls, and anything else that is in no box that scrolls.
_TOO_WIDE = """() => {
  const scrolls = (node) => node && (['auto', 'scroll'].includes(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
  const wide = [...document.querySelectorAll('article .table-wrapper')].filter((box) => box.scrollWidth > box.clientWidth + 1);
  const out = [...document.querySelectorAll('article *')].filter((node) =>
    node.offsetParent && node.getBoundingClientRect().right > window.innerWidth + 1 && !scrolls(node.parentElement));
  return [
    Math.max(0, document.scrollingElement.scrollWidth - window.innerWidth),
    [...wide, ...out].slice(0, 3).map((node) => `${node.tagName}.${node.className}: ${node.textContent.trim().replace(/\\s+/g, ' ').slice(0, 40)}`),
  ];
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def _look(page: Page, address: str, pages: list[str], screen: str, pictures: Path) -> list[str]:
    wrong = []
    for path in pages:
        page.goto(f"{address}/{path}")
        wide, out = page.evaluate(_TOO_WIDE)
        if wide > 0 or out:
            wrong.append(f"{path} on a {screen}: {wide} pixels too wide: {', '.join(out)}")
        if path in PICTURES:
            picture = pictures / f"{path.removesuffix('.html').replace('/', '-')}.{screen}.png"
            # The beginning of a long page is enough.
            height = min(page.evaluate("document.scrollingElement.scrollHeight"), 6000)
            page.screenshot(
                path=picture, full_page=True, clip={"x": 0, "y": 0, "width": SCREENS[screen][0], "height": height}
            )
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path, help="the folder of `make site`")
    work: Path = parser.parse_args().work.resolve()
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        sys.exit("There is no chromium on this machine. On Debian and Ubuntu, install the package chromium.")
    html, pictures = work / "html", work / "look"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir()
    pages = sorted(path.relative_to(html).as_posix() for path in html.rglob("*.html"))
    wrong = [f"{path} does not exist, but PICTURES names it" for path in PICTURES if path not in pages]
    handler = functools.partial(_Quiet, directory=str(html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as play:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        # Chromium cannot use its sandbox as root, and a container often has only root. It shows our own pages only.
        started = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for screen, (width, height) in SCREENS.items():
            page = started.new_page(viewport={"width": width, "height": height})
            wrong += _look(page, address, pages, screen, pictures)
        started.close()
        server.shutdown()
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    print(f"{len(pages)} pages on {len(SCREENS)} screens; pictures: {pictures}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
