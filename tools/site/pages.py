# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the documentation site that antsibull-docs does not make: the start page, lists, playbooks and event sources."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from antsibull_docs_parser.parser import Context, parse
from antsibull_docs_parser.rst import to_rst_plain

from tools.option_texts import list_table
from tools.playbook_texts import PLAYBOOKS, Playbook, shown
from tools.python_texts import texts_in

COLLECTION = "bill.connect"
_SOURCES = "extensions/eda/plugins/event_source"
# Pages that are files of the repository: the name of the page, and the file.
_FILES = {
    "readme": "README.md",
    "contributing": "CONTRIBUTING.md",
    "architecture": "docs/ARCHITECTURE.md",
    "reporting": "SECURITY.md",
}


@dataclass
class Pages:
    """What the Sphinx extension must know of the pages.

    ``files`` has the file in the repository that a page shows, by page. ``names`` has the page of a name that texts have as a literal.
    """

    files: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def _rst(*paragraphs: str) -> str:
    """Texts with Ansible's markup as reStructuredText."""
    return str(to_rst_plain(parse(list(paragraphs), Context()), par_start="", par_end="", par_sep="\n\n")).strip()


def _title(text: str, line: str = "=") -> list[str]:
    return [text, line * len(text), ""]


def _toctree(pages: Sequence[str], caption: str = "", *, is_hidden: bool = False) -> list[str]:
    options = [f"   :caption: {caption}"] if caption else []
    if is_hidden:
        options.append("   :hidden:")
    return [".. toctree::", "   :maxdepth: 1", *options, "", *(f"   {page}" for page in pages), ""]


def _listing(pages: dict[str, tuple[str, str]]) -> list[str]:
    """A list of pages, with the name and the summary of each."""
    lines = [f"- :doc:`{name} <{page}>`: {summary}" for page, (name, summary) in pages.items()]
    return [*lines, "", *_toctree([f"{name} <{page}>" for page, (name, _summary) in pages.items()], is_hidden=True)]


def _cell(paragraphs: str) -> str:
    return textwrap.indent(paragraphs, "       ").strip()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], widths: str) -> list[str]:
    return [list_table(widths, head, ([_cell(cell) for cell in row] for row in rows)), ""]


def _plugins(folder: Path, kind: str) -> dict[str, tuple[str, str]]:
    """The pages of antsibull-docs about plugins of one kind, with the name and the summary of each."""
    found = {}
    for path in sorted(folder.glob(f"bill_*_{kind}.rst") if kind != "role" else folder.glob("*_role.rst")):
        title = next(line for line in path.read_text(encoding="utf-8").splitlines() if f" {kind} -- " in line)
        found[path.stem] = (path.stem.removesuffix(f"_{kind}"), title.partition(" -- ")[2])
    return found


# --- playbooks ---


def _tasks_of(content: Any) -> Iterator[str]:
    """The tasks and roles of the collection that a playbook uses."""
    if isinstance(content, list):
        for each in content:
            yield from _tasks_of(each)
    elif isinstance(content, dict):
        for key, value in content.items():
            if key.startswith(f"{COLLECTION}."):
                yield key
            yield from _tasks_of(value)


def _variable_rows(playbook: Playbook) -> Iterator[tuple[str, str]]:
    for variable in playbook.variables:
        about = _rst(variable.summary)
        if variable.task:
            about += f"\n\nSee the option ``{variable.option}`` of ``{COLLECTION}.{variable.task}``."
        elif variable.required:
            about += "\n\nRequired."
        elif variable.default is not None:
            about += f"\n\nDefault: ``{shown(variable.default)}``"
        if variable.choices:
            about += f"\n\nOne of {', '.join(f'``{choice}``' for choice in variable.choices)}."
        kind = f"\n\n*{variable.type}*" if variable.type else ""
        yield f"``{variable.name}``{kind}", about


def _playbook_page(playbook: Playbook) -> str:
    lines = [
        *_title(f"{COLLECTION}.{playbook.name} playbook"),
        f"{_rst(playbook.summary)}.",
        "",
        _rst(*playbook.description),
        "",
    ]
    if playbook.examples:
        lines += [".. code-block:: console", "", *(f"   $ {example}" for example in playbook.examples), ""]
    if playbook.variables:
        lines += [*_title("Variables", "-"), *_table(("Variable", "Meaning"), [*_variable_rows(playbook)], "35, 65")]
    tasks = list(dict.fromkeys(_tasks_of(yaml.safe_load(playbook.path.read_text(encoding="utf-8")))))
    lines += _title("See also", "-")
    lines += [f"- :doc:`/docsite/{guide}`" for guide in playbook.guides]
    lines += [f"- ``{task}``, which the playbook runs" for task in tasks]
    return "\n".join([*lines, ""])


# --- event sources ---


def _texts(description: str | list[str]) -> list[str]:
    return [description] if isinstance(description, str) else description


def _option_rows(options: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, option in options.items():
        about = _rst(*_texts(option["description"]))
        if option.get("required"):
            about += "\n\nRequired."
        if "default" in option:
            about += f"\n\nDefault: ``{shown(option['default'])}``"
        elements = f" of {option['elements']}" if "elements" in option else ""
        yield f"``{above}{name}``\n\n*{option['type']}{elements}*", about
        yield from _option_rows(option.get("suboptions", {}), f"{above}{name}.")


def _source_page(name: str, texts: dict[str, str]) -> str:
    about = yaml.safe_load(texts["DOCUMENTATION"])
    lines = [
        *_title(f"{COLLECTION}.{name} event source"),
        f"{_rst(about['short_description'])}",
        "",
        *(f"- {_cell(_rst(text)).replace(chr(10), chr(10) + '  ')}" for text in _texts(about["description"])),
        "",
        *_title("Options", "-"),
        *_table(("Option", "Meaning"), [*_option_rows(about["options"])], "35, 65"),
    ]
    if about.get("notes"):
        lines += [*_title("Notes", "-"), *(f"- {_rst(text)}" for text in about["notes"]), ""]
    lines += [
        *_title("Example", "-"),
        ".. code-block:: yaml",
        "",
        textwrap.indent(texts["EXAMPLES"].strip(), "   "),
        "",
    ]
    lines += [*_title("See also", "-"), "- :doc:`/docsite/guide_events`", ""]
    return "\n".join(lines)


# --- all of them ---


def _help(root: Path) -> list[str]:
    """Where to ask and what to report, from the files that antsibull-docs and Galaxy read, too."""
    links = yaml.safe_load((root / "docs/docsite/links.yml").read_text(encoding="utf-8"))
    galaxy = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))
    listed = [(each["topic"], each["url"]) for each in links["communication"]["forums"]]
    listed += [("Report a fault", galaxy["issues"]), ("The source", galaxy["repository"])]
    listed += [(each["description"], each["url"]) for each in links["extra_links"]]
    # The pages of the plugins link to this label.
    label = f".. _communication_for_{COLLECTION}:"
    return [label, "", *_title("Help", "-"), *(f"- `{text} <{url}>`__" for text, url in listed), ""]


def _start(root: Path) -> str:
    sections = yaml.safe_load((root / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    lines = [*_title(COLLECTION), (root / "docs/site/start.rst").read_text(encoding="utf-8").partition("\n\n")[2], ""]
    lines += _toctree(["Overview <readme>"], COLLECTION)
    for section in sections:
        lines += _toctree([f"docsite/{guide}" for guide in section["toctree"]], section["title"])
    reference = ["tasks", "lookups", "roles", "playbooks", "event_sources"]
    reference.append("Environment variables <environment_variables>")
    lines += _toctree(reference, "Reference")
    lines += _toctree(
        ["Changelog <changelog>", "contributing", "architecture", "Report a vulnerability <reporting>"], "The project"
    )
    lines += _help(root)
    return "\n".join(lines)


def write(root: Path, folder: Path) -> Pages:
    """Write the pages into ``folder``, which has those of antsibull-docs. ``root`` is the collection."""
    pages = Pages()

    def page(name: str, text: str, file: str = "", literal: str = "") -> None:
        (folder / f"{name}.rst").parent.mkdir(exist_ok=True)
        (folder / f"{name}.rst").write_text(text, encoding="utf-8")
        if file:
            pages.files[name] = file
        if literal:
            pages.names[literal] = name

    variables = {variable.name for playbook in PLAYBOOKS.values() for variable in playbook.variables}
    for kind, title, where in (
        ("lookup", "Lookups", "plugins/lookup/{}.py"),
        ("module", "Tasks", "plugins/modules/{}.py"),
        ("role", "Roles", "roles/{}/meta/argument_specs.yml"),
    ):
        found = _plugins(folder, kind)
        page("tasks" if kind == "module" else f"{kind}s", "\n".join([*_title(title), *_listing(found)]))
        for name, (plugin, _summary) in found.items():
            pages.files[name] = where.format(plugin)
            # A name that a task and a lookup share means the task. A short name that is a variable, too, means the variable.
            pages.names[f"{COLLECTION}.{plugin}"] = name
            if plugin.startswith("bill_") and plugin not in variables:
                pages.names[plugin] = name

    sources = {
        path.stem: dict(texts_in(path.read_text(encoding="utf-8"))) for path in sorted((root / _SOURCES).glob("*.py"))
    }
    for name, texts in sources.items():
        page(f"event_sources/{name}", _source_page(name, texts), f"{_SOURCES}/{name}.py", f"{COLLECTION}.{name}")
    listed = {
        f"event_sources/{name}": (name, _rst(yaml.safe_load(texts["DOCUMENTATION"])["short_description"]))
        for name, texts in sources.items()
    }
    page("event_sources", "\n".join([*_title("Event sources"), *_listing(listed)]))

    for name, playbook in PLAYBOOKS.items():
        page(f"playbooks/{name}", _playbook_page(playbook), f"playbooks/{name}.yml", f"{COLLECTION}.{name}")
    listed = {f"playbooks/{name}": (name, _rst(playbook.summary)) for name, playbook in PLAYBOOKS.items()}
    page("playbooks", "\n".join([*_title("Playbooks"), *_listing(listed)]))

    for name, file in _FILES.items():
        (folder / f"{name}.md").write_text((root / file).read_text(encoding="utf-8"), encoding="utf-8")
        pages.files[name] = file
    for path in (folder / "docsite").glob("*.rst"):
        pages.files[f"docsite/{path.stem}"] = f"docs/docsite/rst/{path.name}"
    pages.files["changelog"] = "CHANGELOG.rst"
    page("index", _start(root))
    return pages
