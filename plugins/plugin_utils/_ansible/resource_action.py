# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the tasks that bring objects of BILL to a wanted state.

Private to bill.connect. A task of this kind names its resource. Everything else follows from the resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from .._core.errors import OptionError
from .._core.written_values import dict_or_list
from .._options.deprecation import DeprecatedUse
from .._options.spec import Option
from .._resources.calls import Calls
from .._resources.children import with_children
from .._resources.desired import (
    STATES,
    Desired,
    deprecated_uses,
    desired_of,
    has_deprecated,
    option_names,
    refuse_unknown_fields,
    secrets_among,
)
from .._resources.finder import Finder
from .._resources.many import ManyReconciler, Result, reconcile_singles
from .._resources.reconcile import Reconciler
from .._resources.references import References
from .._resources.spec import Resource
from .action import BillAction
from .context import TaskContext
from .resource_results import described, failure_of
from .task_result import TaskResult

_OF_ALL = ("kind", "state", "match_by", "objects", "purge", "replace", "archive_children")


class ResourceAction(BillAction):
    """The base class of a task for a resource. A subclass sets ``RESOURCES``: one, or several by the values of the option ``kind``.

    ``MORE_OPTIONS`` are options that do not follow from the resource.
    """

    RESOURCES: ClassVar[Mapping[str, Resource]]
    MORE_OPTIONS: ClassVar[tuple[Option, ...]] = ()
    FAILURE_DATA = {"status": None, "codes": [], "errors": [], "uncertain": False}

    def __init_subclass__(cls) -> None:
        cls.OWN_OPTIONS = (*options_of(cls.RESOURCES), *cls.MORE_OPTIONS)
        super().__init_subclass__()

    def perform(self, context: TaskContext) -> TaskResult:
        options = context.options
        resource = self.RESOURCES[options.get("kind", "")]
        # The secrets are registered first. Ansible may show the options even if they are rejected here.
        for given in (options, *_elements(options["objects"])):
            context.secrets.add_quietly(secrets_among(resource.fields, given))
        for use in _deprecated(resource, (options, *_elements(options["objects"]))):
            context.deprecate_once(use)
        calls = Calls(context.client, resource, context.reporter, context.writes)
        is_list = options["objects"] is not None
        wanted = self._listed(resource, options) if is_list else [self._single(resource, options)]
        if options["state"] == "present":
            references = References(calls)
            wanted = [references.resolved(each) for each in wanted]
        else:
            _refuse_children(wanted)
        results = [
            with_children(calls, each, check_mode=self._task.check_mode)
            for each in self._reconciled(calls, wanted, options, is_list=is_list)
        ]
        for each in results:
            for warning in each.warnings:
                context.reporter.warn(warning)
            context.secrets.add(each.secrets)
        if errors := failure_of(results, is_list=is_list):
            raise errors
        data = described(results, is_list=is_list)
        if not self._task.diff:
            data.pop("diff", None)
        return TaskResult(data, public=True)

    def _reconciled(
        self, calls: Calls, wanted: Sequence[Desired], options: Mapping[str, Any], *, is_list: bool
    ) -> list[Result]:
        state, check_mode = options["state"], self._task.check_mode
        if is_list and not calls.resource.is_single:
            many = ManyReconciler(calls, calls.reporter)
            return many.reconcile(wanted, state, purge=options.get("purge", False), check_mode=check_mode)
        if is_list:
            return reconcile_singles(calls, wanted, state, check_mode=check_mode)
        (desired,) = wanted
        own = calls.within(calls.resource, desired.parents)
        return [Result(desired, Reconciler(own, Finder(own)).reconcile(desired, state, check_mode=check_mode))]

    def _saved_result(self, result: dict[str, Any]) -> dict[str, Any]:
        # A task for a resource looks at BILL first, so another try of until is safe, unless a write is uncertain.
        return super()._saved_result(result) if result.get("uncertain") else dict(result)

    def _single(self, resource: Resource, options: Mapping[str, Any]) -> Desired:
        """The object in the options of the task. Raises OptionError if one of them belongs to another kind."""
        own = set(option_names(resource))
        foreign = [
            name
            for other in self.RESOURCES.values()
            for name in option_names(other)
            if name not in own and options[name] is not None
        ]
        if foreign:
            raise OptionError(
                f"There is no option {foreign[0]} for {resource.plural}. Their fields are: {', '.join(sorted(own))}."
            )
        return desired_of(resource, options, match_by=options.get("match_by"))

    def _listed(self, resource: Resource, options: Mapping[str, Any]) -> list[Desired]:
        """The objects of the option ``objects``. Raises OptionError."""
        alone = [
            option.name
            for option in self.OWN_OPTIONS
            if option.name not in _OF_ALL and options[option.name] not in (None, option.default)
        ]
        if alone:
            raise OptionError(f"The option {alone[0]} is for a single object. Write it in each element of objects.")
        given = _elements(options["objects"])
        if not isinstance(options["objects"], (list, tuple, str)) or not all(
            isinstance(each, Mapping) for each in given
        ):
            raise OptionError("The option objects must be a list of dictionaries.")
        if options.get("purge") and not given:
            raise OptionError(
                f"The option objects is empty, so purge would archive all {resource.plural}. Nothing was sent. Check where the list "
                "comes from."
            )
        rows = [_nested(each, f"objects[{number}]") for number, each in enumerate(given)]
        known = {*option_names(resource), *resource.parents, *([] if resource.is_single else ["id"]), "clear"}
        for number, each in enumerate(rows):
            refuse_unknown_fields(
                {name: None for name in each if name not in resource.refused}, f"objects[{number}]", known
            )
        consents = {name: options[name] for name in resource.consents}
        return [
            desired_of(resource, {**consents, **each}, match_by=options.get("match_by"), place=f"objects[{number}]")
            for number, each in enumerate(rows)
        ]


def _deprecated(resource: Resource, objects: Sequence[Any]) -> Iterator[DeprecatedUse]:
    """What objects use that is deprecated, also in the objects that belong to them."""
    # Usually nothing is deprecated. A list can have thousands of objects.
    if has_deprecated(resource.fields):
        for given in objects:
            yield from deprecated_uses(resource.fields, given)
    for name, child in resource.children.items():
        if has_deprecated(child.fields):
            for given in objects:
                yield from deprecated_uses(child.fields, given.get(name) if isinstance(given, Mapping) else None)


def _refuse_children(wanted: Sequence[Desired]) -> None:
    """Raise OptionError if an object is to be absent, and the user has given objects that belong to it."""
    if given := next((each for each in wanted if each.children), None):
        option = given.children[0].option
        raise OptionError(
            f"{f'{given.place}.' if given.place else ''}{option} has no effect with state: absent. Leave it out."
        )


def _elements(given: object) -> list[Any]:
    """The elements of the option ``objects``. Empty if it is not a list."""
    if isinstance(given, str):
        given = dict_or_list(given)
    return list(given) if isinstance(given, (list, tuple)) else []


def _nested(row: Mapping[str, Any], place: str) -> dict[str, Any]:
    """An element of ``objects``, in which a name with a dot goes into an object. So the columns of a table can be such names."""
    result: dict[str, Any] = {}
    for name, value in row.items():
        outer, dot, inner = str(name).partition(".")
        if not dot:
            result[outer] = value
        elif value not in (None, ""):
            found = result.setdefault(outer, {})
            if not isinstance(found, dict):
                raise OptionError(f"{place} has {outer} and {outer}.{inner}. Keep one of them.")
            result[outer] = {**found, inner: value}
    return result


def options_of(resources: Mapping[str, Resource]) -> tuple[Option, ...]:
    """The options of the task for a resource, or for several kinds of it."""
    every = list(resources.values())
    kinds = tuple(kind for kind in resources if kind)
    keys = tuple(dict.fromkeys(key for resource in every for key in resource.keys))
    parents = dict.fromkeys(name for resource in every for name in resource.parents)
    consents = dict.fromkeys(name for resource in every for name in resource.consents)
    fields = dict.fromkeys(name for resource in every for name in option_names(resource))
    return (
        *([Option("kind", choices=kinds, required=True, shared=False)] if kinds else []),
        Option("state", default="present", choices=STATES, shared=False),
        *(Option(name, shared=False, is_data=True) for name in parents),
        *([] if every[0].is_single else [Option("id", shared=False, is_data=True)]),
        *([Option("match_by", choices=keys, shared=False)] if len(keys) > 1 else []),
        Option("clear", kind="raw", shared=False, is_data=True),
        *(Option(name, kind="bool", default=False, shared=False) for name in consents),
        Option("objects", kind="raw", shared=False, is_data=True),
        *([Option("purge", kind="bool", default=False, shared=False)] if every[0].can_purge else []),
        *(Option(name, kind="raw", shared=False, is_data=True) for name in fields),
    )
