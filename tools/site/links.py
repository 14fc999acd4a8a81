# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Sphinx extension: links of the repository become links of the documentation site.

- A link to a file of the repository goes to the page that shows the file, or else to the file at GitHub. A link to no file is a warning.
- The name of a plugin, role or playbook as a literal, such as ``bill.connect.bill_login``, is a link to its page.
- Some labels of Ansible's own documentation are links to it. The site is built without a network, so it cannot look them up.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from tools.github_view import REPOSITORY, ROOT, path_of

_LOG = logging.getLogger(__name__)
_ANSIBLE = "https://docs.ansible.com/ansible/latest"
_LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
_PLUGIN = re.compile(r"ansible_collections\.(?P<namespace>\w+)\.(?P<name>\w+)\.(?P<plugin>\w+_(?:module|lookup|role))")


class Pictures(SphinxTransform):
    """A picture of a page is the one of the repository. The pages lie elsewhere than their files, so the relative path changes."""

    # Before Sphinx looks for the pictures.
    default_priority = 200

    def apply(self, **_arguments: Any) -> None:
        source = self.config.bill_files.get(self.env.docname, "")
        for node in self.document.findall(nodes.image):
            meant = path_of(node["uri"], source) if source else None
            if meant:
                node["uri"] = f"/{meant[0]}"


class FileLinks(SphinxPostTransform):
    """A link to a file of the repository goes to its page, or to GitHub."""

    # Before Sphinx makes addresses of its own references.
    default_priority = 5

    def run(self, **_arguments: Any) -> None:
        page = self.env.docname
        source = self.config.bill_files.get(page, "")
        pages = {file: name for name, file in self.config.bill_files.items()}
        for node in self.document.findall(nodes.reference):
            target = node.get("refuri", "")
            # A generated page has no file in the repository, so its relative links are those of Sphinx.
            is_link_of_sphinx = not source and "://" not in target
            if not target or target.startswith("#") or is_link_of_sphinx:
                continue
            meant = path_of(target, source)
            if not meant:
                continue
            path, anchor = meant
            if path in pages:
                node["refuri"] = self.app.builder.get_relative_uri(page, pages[path])
                node["internal"] = True
            elif (ROOT / path).exists():
                node["refuri"] = f"{REPOSITORY}/{'tree' if (ROOT / path).is_dir() else 'blob'}/main/{path}"
            else:
                _LOG.warning("link to %s, which does not exist", target, location=node, type="bill", subtype="link")
            if anchor:
                node["refuri"] += f"#{anchor}"


class NameLinks(SphinxPostTransform):
    """The first literal in a section with the name of a plugin, role or playbook is a link to its page."""

    default_priority = 6

    def run(self, **_arguments: Any) -> None:
        page = self.env.docname
        seen: set[tuple[int, str]] = set()
        for node in list(self.document.findall(nodes.literal)):
            name = self.config.bill_names.get(node.astext())
            if not name or name == page:
                continue
            above: list[nodes.Node] = []
            parent = node.parent
            while parent is not None:
                above.append(parent)
                parent = parent.parent
            if any(
                isinstance(each, (nodes.reference, nodes.title)) or each.tagname == "pending_xref" for each in above
            ):
                continue
            section = next((each for each in above if isinstance(each, nodes.section)), self.document)
            if (id(section), name) in seen:
                continue
            seen.add((id(section), name))
            link = nodes.reference("", "", internal=True, refuri=self.app.builder.get_relative_uri(page, name))
            node.replace_self(link)
            link += node


class Contents(SphinxPostTransform):
    """The list of contents at the top of a page stays.

    The theme has a list of its own, which narrow screens do not show. So it accepts another one only with this class.
    """

    default_priority = 7

    def run(self, **_arguments: Any) -> None:
        for node in self.document.findall(nodes.topic):
            if "contents" in node["classes"]:
                node["classes"].append("this-will-duplicate-information-and-it-is-still-useful-here")


def of_ansible(_app: Sphinx, _env: Any, node: Any, shown: nodes.Node) -> nodes.reference | None:
    """The link for a label of Ansible's documentation."""
    label = node["reftarget"]
    plugin = _PLUGIN.fullmatch(label)
    if plugin and plugin["namespace"] != "bill":
        path = f"collections/{plugin['namespace']}/{plugin['name']}/{plugin['plugin']}.html"
    elif label in _LABELS:
        path = _LABELS[label]
    else:
        return None
    link = nodes.reference("", "", internal=False, refuri=f"{_ANSIBLE}/{path}")
    link += shown
    return link


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("bill_files", {}, "env", types=(dict,))
    app.add_config_value("bill_names", {}, "env", types=(dict,))
    app.add_transform(Pictures)
    app.add_post_transform(FileLinks)
    app.add_post_transform(NameLinks)
    app.add_post_transform(Contents)
    app.connect("missing-reference", of_ansible)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
