# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the texts that follow from the option table, or from the simulation, into the repository, between markers.

``make generate`` writes. ``make generate-check`` only compares, and names each stale region. A region begins with a comment line
``generated: NAME`` and ends with a comment line ``end generated``. This program owns everything between these lines.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ansible_collections.bill.connect.plugins.plugin_utils._auth.methods import METHODS
from tools import awx_form, code_texts, option_texts, playbook_texts, resource_texts
from tools.simulation import page as simulation_page

# How a comment line begins and ends in YAML and Python, reStructuredText and Markdown.
_COMMENTS = {".yml": ("# ", ""), ".py": ("# ", ""), ".rst": (".. ", ""), ".md": ("<!-- ", " -->")}
# These formats need a blank line between a comment and the next text.
_BLANK_LINES = (".rst", ".md")


@dataclass(frozen=True)
class Region:
    """A generated part of a file: the path of the file, the name in the markers, and the function that writes the text."""

    path: str
    name: str
    write: Callable[[], str]


REGIONS = (
    Region("plugins/doc_fragments/sign_in.py", "options", option_texts.fragment_of_options),
    Region("plugins/doc_fragments/sign_in.py", "lookup-options", option_texts.fragment_of_lookups),
    Region("plugins/doc_fragments/request.py", "list-options", option_texts.fragment_of_lists),
    Region("plugins/plugin_utils/_core/api_fields.py", "api-fields", option_texts.api_fields),
    Region("roles/login/meta/argument_specs.yml", "role-options", option_texts.role_options),
    Region("roles/login/meta/argument_specs.yml", "role-variables", option_texts.role_variables),
    *(
        Region(f"playbooks/{name}.yml", "about", partial(playbook_texts.header, name))
        for name in playbook_texts.PLAYBOOKS
    ),
    Region("playbooks/disconnect.yml", "account-secrets", option_texts.account_secrets),
    Region("playbooks/files/awx/inputs.yml", "awx-inputs", option_texts.awx_inputs),
    Region("playbooks/files/awx/injectors.yml", "awx-injectors", option_texts.awx_injectors),
    *(
        Region(f"playbooks/files/awx/{method}/{file}.yml", f"awx-{name}", partial(write, method))
        for method in METHODS
        for file, name, write in (
            ("inputs", "inputs", option_texts.awx_inputs),
            ("inputs", "required", option_texts.awx_required_fields),
            ("injectors", "injectors", option_texts.awx_injectors),
        )
    ),
    Region("playbooks/awx_credential_type.yml", "awx-methods", option_texts.awx_methods),
    *(
        Region(f"plugins/modules/{task}.py", "options", partial(resource_texts.task_options, resources))
        for task, resources in resource_texts.TASKS.items()
    ),
    *(
        Region(f"plugins/modules/{task}.py", "return-values", partial(resource_texts.return_values, resources))
        for task, resources in resource_texts.TASKS.items()
    ),
    *(
        Region(f"plugins/modules/{task}.py", "options", partial(resource_texts.info_options, resources))
        for task, resources in resource_texts.INFO_TASKS.items()
        # The organization of the session needs no option.
        if resource_texts.info_options(resources)
    ),
    Region("docs/docsite/rst/guide_options.rst", "option-table", option_texts.option_table),
    Region("docs/docsite/rst/guide_options.rst", "option-details", option_texts.option_details),
    Region("docs/docsite/rst/guide_connect.rst", "first-questions", option_texts.first_questions),
    Region("docs/docsite/rst/guide_connect.rst", "questions-of-methods", option_texts.questions_of_methods),
    Region("docs/docsite/rst/guide_awx.rst", "awx-form", awx_form.drawn),
    Region("docs/docsite/rst/guide_awx.rst", "awx-fields", awx_form.explained),
    Region("docs/docsite/rst/guide_awx.rst", "awx-types", option_texts.awx_types),
    Region("docs/docsite/rst/guide_faults.rst", "codes", code_texts.table),
    Region("docs/docsite/rst/guide_fleet.rst", "simulation-chart", simulation_page.chart),
    Region("docs/docsite/rst/guide_fleet.rst", "simulation-table", simulation_page.table),
)


class MarkerError(Exception):
    """A file does not exist, has no markers of a region, or has them twice."""


def rewritten(text: str, region: Region) -> str:
    """The text of the region's file, with the region written again. Raises MarkerError unless its markers are there exactly once."""
    suffix = Path(region.path).suffix
    begins, ends = (re.escape(part) for part in _COMMENTS[suffix])
    pattern = re.compile(
        rf"^(?P<begin>(?P<indent> *){begins}generated: {region.name}{ends}\n).*?(?P<end>^ *{begins}end generated{ends}\n)",
        re.MULTILINE | re.DOTALL,
    )
    found = list(pattern.finditer(text))
    if len(found) != 1:
        raise MarkerError(
            f"{region.path} has the region {region.name} {len(found)} times, not once. It begins with a comment line "
            f"'generated: {region.name}' and ends with a comment line 'end generated'."
        )
    (match,) = found
    blank = "\n" if suffix in _BLANK_LINES else ""
    written = textwrap.indent(region.write().strip("\n"), match["indent"]) + "\n"
    return text[: match.start()] + match["begin"] + blank + written + blank + match["end"] + text[match.end() :]


def stale_regions(root: Path, regions: Sequence[Region] = REGIONS) -> Iterator[tuple[Region, str]]:
    """Each stale region below ``root``, with the text that the whole file should have."""
    texts: dict[str, str] = {}
    for region in regions:
        if not (root / region.path).exists():
            raise MarkerError(
                f"{region.path} does not exist. Copy a file of the same kind, and keep its lines with generated."
            )
        text = texts.get(region.path) or (root / region.path).read_text(encoding="utf-8")
        texts[region.path] = rewritten(text, region)
        if texts[region.path] != text:
            yield region, texts[region.path]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check. Returns the exit status: 1 if the check finds a stale region."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="the checkout")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something is stale")
    given = parser.parse_args(arguments)
    try:
        stale = list(stale_regions(given.root))
    except MarkerError as error:
        print(error, file=sys.stderr)
        return 1
    for region, text in stale:
        if given.check:
            print(
                f"{region.path} is stale (region {region.name}): it differs from the option table. Run: make generate",
                file=sys.stderr,
            )
        else:
            (given.root / region.path).write_text(text, encoding="utf-8")
            print(f"Wrote {region.path} (region {region.name}).")
    return 1 if given.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
