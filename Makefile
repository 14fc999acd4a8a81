# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# make splits a path at its spaces. `rm -rf` would then remove a folder whose name is the part before the space.
ifneq ($(word 2,$(CURDIR)),)
$(error The path of this checkout has a space, which make cannot handle: $(CURDIR). Move the checkout)
endif
# The paths below are those of the current folder, and `make clean` removes files there.
ifneq ($(filter-out Makefile,$(MAKEFILE_LIST)),)
$(error Run make in the folder of the checkout, or with -C)
endif

# All results go to .work, which git ignores, and those of `make demo` to demo. `make clean` removes both.
WORK := $(CURDIR)/.work
VENV := $(WORK)/venv
BIN := $(VENV)/bin
STAGE := $(WORK)/stage
STAGED := $(STAGE)/ansible_collections/bill/connect

# A pyenv shim can exist and still not run, so each Python is tried. ansible-core 2.19 is the newest for Python 3.11. It supports
# Python 3.11 to 3.13. If none of these is there, a later Python is used, and a later ansible-core with it.
PYTHON ?= $(shell for below in 14 99; do for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, $$below))" 2>/dev/null && echo $$p && exit; \
	done; done)

# The installers, in releases that were tested.
INSTALLERS := pip==26.3 uv==0.13.9

PYTHON_SOURCES := plugins extensions tests tools noxfile.py

# The cores for `make matrix` and `make sanity-matrix`. Empty: all. CORES="2.16 2.21" names some. CORES="oldest newest" means the
# oldest and the newest core that have a Python on this machine.
CORES ?=

# Arguments for pytest or ansible-test: ARGS="-k some_name", ARGS=tests/unit/test_promises.py, ARGS=--pdb.
ARGS ?=
# All tests of a folder, on all processors. If ARGS names a test or a file, only those.
tests_in = $(if $(findstring tests/,$(ARGS)),,-n auto $(1)) $(ARGS)

export PYTHONPYCACHEPREFIX := $(WORK)/pycache
# Each step compiles the same files, so their code is kept, also on a machine that keeps none.
export PYTHONDONTWRITEBYTECODE :=
export RUFF_CACHE_DIR := $(WORK)/ruff
export MYPY_CACHE_DIR := $(WORK)/mypy
export UV_PYTHON_DOWNLOADS := never
# A company's proxy needs the certificates that this machine trusts.
export UV_SYSTEM_CERTS := 1

# Some tools write below HOME. They get their own HOME, so the user's HOME does not change.
IN_STAGE := cd $(STAGED) && env HOME=$(WORK)/home ANSIBLE_HOME=$(WORK)/home/.ansible \
	ANSIBLE_COLLECTIONS_PATH=$(STAGE) PYTHONPATH=$(STAGE):$(STAGED) PATH="$(BIN):$$PATH"

# The steps of `make test`. Targets joined by + run at the same time.
TEST := generate-check lint+types+docs+galaxy+community unit-quick e2e-quick
# `make check` runs these after them. The sanity tests and certification use one processor each, so something else runs beside them. They
# do not run beside each other, because both prepare environments of ansible-test.
CHECK := units-plugins certification+unit-slow sanity+awx+site e2e-slow eda sweep e2e-cores

.DEFAULT_GOAL := help
# The targets with a help text are no files.
.PHONY: stage $(shell sed -n 's/^\([a-z0-9-]*\):.*\#\# .*/\1/p' $(MAKEFILE_LIST))

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(VENV)/.stamp ## Create the development environment (again when pyproject.toml changes)

# uv is quick. If uv fails, pip installs the packages, because only pip reads a package index from pip's configuration. The old
# environment is removed first. If it is a link to another checkout, rm removes only the link. venv --clear would empty the environment.
$(VENV)/.stamp: pyproject.toml
	@test -n "$(PYTHON)" || { echo "No working Python 3.11 or later found: install one, or run make PYTHON=/path/to/it" >&2; exit 1; }
	@mkdir -p $(WORK)/home
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, install python3-venv" >&2; exit 1; }
	@rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(INSTALLERS)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group dev || $(BIN)/python -m pip install --quiet --group dev
	@touch $@

# ansible-test requires a folder .../ansible_collections/bill/connect. A checkout can have another name.
stage: venv
	@$(if $(IS_STAGED),,$(BIN)/python -m tools.stage $(STAGE) >/dev/null)

demo: build ## Show a sign-in with the emulator; you need no BILL account
	@$(BIN)/python -m tests.demo.run $(WORK)/dist/bill-connect-*.tar.gz

emulator: venv ## Start the BILL emulator on loopback (ARGS="--help" shows its options)
	@$(BIN)/python -m tests.emulator $(ARGS)

test: venv ## Run the quick checks after a change; takes some minutes
	@$(BIN)/python -m tools.gate $(TEST)

check: venv ## Run all checks, as the workflow Weekly does, beginning with `make test`; takes about half an hour
	@$(BIN)/python -m tools.gate $(TEST) $(CHECK)

generate: stage ## Write the generated texts: documentation, forms, lists
	@$(IN_STAGE) python -m tools.generate $(CURDIR)

generate-check: stage ## Check that the generated texts are up to date
	@$(IN_STAGE) python -m tools.generate --check $(CURDIR)

format: venv ## Format the Python files
	$(BIN)/ruff format $(PYTHON_SOURCES)
	$(BIN)/ruff check --fix $(PYTHON_SOURCES)

lint: stage ## Check format and style: Python, YAML, shell, Ansible, changelog, workflows
	@$(IN_STAGE) ruff format --check $(PYTHON_SOURCES)
	@$(IN_STAGE) ruff check $(PYTHON_SOURCES)
	@$(IN_STAGE) yamllint --strict .
	@$(IN_STAGE) shellcheck .ci/run
	@$(IN_STAGE) antsibull-changelog lint
	@$(IN_STAGE) ansible-lint --offline
	@$(IN_STAGE) check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(IN_STAGE) check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	@$(IN_STAGE) check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(IN_STAGE) check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(IN_STAGE) zizmor --quiet --offline --persona pedantic .github

# The plugins have the module names of Ansible. The tests have the module names of pytest and `python -m`.
types: stage ## Check the types with mypy, in strict mode
	@cd $(STAGE) && $(BIN)/mypy --config-file $(STAGED)/pyproject.toml $(addprefix ansible_collections/bill/connect/,plugins extensions)
	@cd $(STAGED) && MYPYPATH=$(STAGE) $(BIN)/mypy tests tools

unit: stage ## Run the unit tests with pytest (ARGS="-k some_name" runs one)
	@$(IN_STAGE) pytest $(call tests_in,tests/unit)

unit-quick: ## Run the unit tests that are not marked slow
	@$(MAKE) --no-print-directory unit ARGS='-m "not slow"'

unit-slow: ## Run the unit tests that are marked slow
	@$(MAKE) --no-print-directory unit ARGS='-m slow'

# ansible-test starts a process for each test, so this takes twice as long as `make unit`.
units: stage ## Run all unit tests with ansible-test, or those of the files in ARGS
	@$(BIN)/python -m tools.ansible_test units $(ARGS)

units-plugins: ## Run the unit tests of what Ansible loads with ansible-test
	@$(MAKE) --no-print-directory units ARGS="$(wildcard tests/unit/plugins/test_*.py)"

docs: stage ## Check the documentation of the plugins and roles, and the guides
	@$(IN_STAGE) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all --disallow-unknown-collection-refs \
		--check-extra-docs-refs .

# antsibull-nox.toml has the settings. `nox` without arguments runs all its sessions, each in an environment of its own. The copy is new,
# because reuse would also read what other checks have left in the staged copy.
community: venv ## Check what the community package asks for: licences, action groups, stray files
	@rm -rf $(WORK)/community
	@$(BIN)/python -m tools.stage $(WORK) community >/dev/null
	@cd $(WORK)/community && env HOME=$(WORK)/home PATH="$(BIN):$$PATH" \
		nox --no-venv --envdir $(WORK)/nox --sessions license-check extra-checks

# An environment of its own: galaxy-importer needs older releases of packages that other tools use.
$(WORK)/galaxy/.stamp: $(VENV)/.stamp
	@rm -rf $(WORK)/galaxy
	$(BIN)/python -m venv $(WORK)/galaxy
	$(BIN)/uv pip install --quiet --python $(WORK)/galaxy/bin/python --group galaxy
	@touch $@

galaxy: build $(WORK)/galaxy/.stamp ## Check that Galaxy imports the archive without an error or a warning
	@$(BIN)/python -m tools.galaxy $(WORK)/dist/bill-connect-*.tar.gz $(WORK)/galaxy/bin

certification: build stage ## Run the import, ansible-lint and some sanity tests with the releases of Red Hat's certification
	@$(BIN)/python -m tools.certification $(WORK)/dist/bill-connect-*.tar.gz

# A play waits for some of its time, so there are more of them than processors.
PLAYS_AT_ONCE = $(shell $(BIN)/python -c "import os; print(os.cpu_count() * 3 // 2)")

e2e: stage ## Run playbooks against the emulator (ARGS as for unit; BILL_TEST_CORE_BIN names another core)
	@$(IN_STAGE) PYTEST_XDIST_AUTO_NUM_WORKERS=$(PLAYS_AT_ONCE) BILL_TEST_CORE_BIN=$${BILL_TEST_CORE_BIN:-$(BIN)} pytest $(call tests_in,tests/integration)

e2e-quick: ## Run the e2e tests that are not marked slow or terminal
	@$(MAKE) --no-print-directory e2e ARGS='-m "not slow and not terminal"'

e2e-slow: ## Run the e2e tests that are marked slow or terminal
	@$(MAKE) --no-print-directory e2e ARGS='-m "slow or terminal"'

# `make e2e-quick` and `make e2e-slow` run every test on the core of the development environment.
e2e-cores: stage ## Run half of the e2e tests that are not marked slow on the oldest core, and the other half on the newest
	@BILL_TEST_ARGS='-m "not slow"' $(BIN)/python -m tools.cores e2e-parts oldest newest

# awx.awx and read_csv of community.general, in the release that pyproject.toml names.
$(WORK)/awx/.stamp: $(VENV)/.stamp tools/awx.py
	@rm -rf $(WORK)/awx
	@$(BIN)/python -m tools.awx $(WORK)/awx
	@touch $@

awx: stage $(WORK)/awx/.stamp ## Run what needs another collection: the credential types and a job template with AWX's own modules, vendors from a CSV file
	@$(IN_STAGE) BILL_TEST_AWX=$(WORK)/awx BILL_TEST_CORE_BIN=$${BILL_TEST_CORE_BIN:-$(BIN)} pytest -n auto tests/awx

# An environment of its own: ansible-rulebook, Java, PostgreSQL and the reverse proxies are large.
$(WORK)/eda/.stamp: $(VENV)/.stamp
	@rm -rf $(WORK)/eda
	$(BIN)/python -m venv $(WORK)/eda
	$(BIN)/uv pip install --quiet --python $(WORK)/eda/bin/python --group dev --group eda
	@touch $@

eda: stage $(WORK)/eda/.stamp ## Run the rulebooks with ansible-rulebook against the emulator, behind real proxies and with a real database
	@$(IN_STAGE) PATH="$(WORK)/eda/bin:$$PATH" $(WORK)/eda/bin/pytest $(call tests_in,tests/eda)

# The documentation site, in an environment of its own: Sphinx, its theme and the parser of Markdown.
$(WORK)/site/env/.stamp: $(VENV)/.stamp
	@rm -rf $(WORK)/site/env
	$(BIN)/python -m venv $(WORK)/site/env
	$(BIN)/uv pip install --quiet --python $(WORK)/site/env/bin/python --group site
	@touch $@

IN_SITE := PATH="$(WORK)/site/env/bin:$$PATH" $(WORK)/site/env/bin/python

site: stage $(WORK)/site/env/.stamp ## Build the documentation site into .work/site/html, and check its links; takes a minute
	@$(IN_STAGE) $(IN_SITE) -m tools.site $(WORK)/site

# It needs chromium (on Debian and Ubuntu, the package chromium). So `make check` does not run it.
site-look: site ## Look at the site in a browser: no page may be wider than a phone; pictures go to .work/site/look
	@$(BIN)/uv pip install --quiet --python $(WORK)/site/env/bin/python --group look
	@$(IN_STAGE) $(IN_SITE) -m tools.site.look $(WORK)/site

pictures: stage ## Update the pictures in the guides with runs against the emulator
	@PYTHONPATH=$(STAGE) $(BIN)/python -m tools.pictures $(ARGS)

simulation: stage ## Simulate a day of a fleet, for the guide; takes a minute or two
	@PYTHONPATH=$(STAGE) $(BIN)/python -m tools.simulation $(ARGS)
	@$(MAKE) --no-print-directory generate

sanity: stage ## Run ansible-test's sanity tests
	@$(BIN)/python -m tools.ansible_test sanity $(ARGS)

matrix: stage ## Run the e2e tests on every supported ansible-core, or on CORES="2.16 2.21"
	@$(BIN)/python -m tools.cores e2e $(CORES)

sanity-matrix: stage ## Run the sanity tests of every supported ansible-core (slow)
	@$(BIN)/python -m tools.cores sanity $(CORES)

# It fails if a figure misses its target. ARGS="-k lookups" measures some figures, ARGS="--effort 3" measures three times as often.
# Only a run of all figures writes to the docs.
benchmark: stage ## Measure how fast bill.connect is, for the guide; takes some minutes (BILL_TEST_CORE_BIN as for e2e)
	@$(IN_STAGE) BILL_TEST_CORE_BIN=$${BILL_TEST_CORE_BIN:-$(BIN)} pytest -s tests/benchmarks --write-to $(CURDIR) $(ARGS)

# This sweep starts 200 processes at once. The others use one processor each.
TWO_HUNDRED := tests/sweeps/test_two_hundred.py

sweep: stage ## Run the slow tests: many processes, many malformed responses, all combinations (BILL_TEST_CORE_BIN as for e2e)
	@$(IN_STAGE) pytest -n auto --ignore=$(TWO_HUNDRED) tests/sweeps
	@$(IN_STAGE) BILL_TEST_CORE_BIN=$${BILL_TEST_CORE_BIN:-$(BIN)} pytest $(TWO_HUNDRED)

build: venv ## Build the collection's archive into .work/dist
	@rm -rf $(WORK)/build $(WORK)/dist
	@$(BIN)/python -m tools.stage $(WORK)/build >/dev/null
	@cd $(WORK)/build/ansible_collections/bill/connect && env HOME=$(WORK)/home $(BIN)/ansible-galaxy collection build --force --output-path $(WORK)/dist

release: stage $(WORK)/galaxy/.stamp ## Try the release VERSION=1.2.0 and show its checks; DO=yes commits and tags it
	@PYTHONPATH=$(STAGE) $(BIN)/python -m tools.release "$(VERSION)" --root $(CURDIR) $(if $(filter yes,$(DO)),--do) \
		--importer "python -m tools.galaxy {archive} $(WORK)/galaxy/bin"

# The other lines have what tools leave if somebody runs them by hand.
clean: ## Remove everything that make has created: .work, demo, and the caches of tools
	rm -rf $(WORK) demo
	rm -rf tests/output tests/integration/inventory changelogs/.plugin-cache.yaml bill-connect-*.tar.gz
	find . \( -path ./.git -o -path ./.venv \) -prune -o \( -name '*.pyc' -o -name '*.retry' -o -name __pycache__ -o -name .ansible -o -name .coverage \
		-o -name .hypothesis -o -name .mypy_cache -o -name .nox -o -name .pytest_cache -o -name .ruff_cache \) -prune -exec rm -rf {} +
