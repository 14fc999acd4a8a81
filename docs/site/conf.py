# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Sphinx for the documentation site. ``make site`` reads it."""

project = "bill.connect"
author = "the bill.connect authors"
copyright = "2026, the bill.connect authors"
html_title = "bill.connect"
html_short_title = "bill.connect"

# tools.site.links makes links to pages of the links to files, and fails if one leads to nothing.
extensions = ["sphinx_antsibull_ext", "myst_parser", "tools.site.links"]
# Every link of a Markdown page goes through tools.site.links, as the links of the guides do.
myst_all_links_external = True
myst_heading_anchors = 4

nitpicky = True
default_role = "any"
highlight_language = "YAML+Jinja"
# ``--option`` and "quotes" stay as they are written, because readers copy them.
smartquotes = False

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_theme_options = {
    "footer_icons": [],
    # Most pages are generated, so the theme cannot name the file to edit.
    "top_of_page_buttons": [],
    "navigation_with_keys": False,
}
