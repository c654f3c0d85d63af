# Each target does its own set-up, into .venv; a second run finds it done. Needs Python 3.11 or later with venv and
# pip, and make. Another Python: make PYTHON=/path/to/python3.12 test

VENV := .venv
BIN := $(VENV)/bin
# Exact versions, also of what builds the package; older pips know the first of these only.
EXACT := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt
PIP := $(EXACT) $(BIN)/python -m pip --disable-pip-version-check --quiet
PROGRAMS := chromium strace postgresql redis-server
# Files of tests run beside each other; more browsers than four would only wait for one another.
JOBS = $(shell $(BIN)/python -c 'import os; print(min(4, os.cpu_count() or 1))')
# What the database has a say in, tried on PostgreSQL in every run; the whole suite there: make test-postgres.
ON_BOTH := tests/laws/test_one_question.py tests/laws/test_folding_over_http.py tests/laws/test_frozen_order.py \
	tests/live/test_watching.py tests/storage/test_doors.py tests/storage/test_upkeep.py \
	$(addprefix tests/api/test_,$(addsuffix .py,accounts comments decisions editions moderation pages publishing queue \
	races recent rules signing_in))
TYPESCRIPT := typescript@5.9.3

# The first Python that is new enough, whatever it is called here.
new_enough = import sys; sys.exit(sys.version_info < (3, 11))
PYTHON = $(firstword $(foreach name,python3 python3.11 python3.12 python3.13 python3.14 python,\
	$(shell $(name) -c '$(new_enough)' 2>/dev/null && echo $(name))))

.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what there is.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

.PHONY: demo
demo: $(VENV)/installed ## Install, and show an article whose every section has its own discussion.
	@$(BIN)/postil demo $(DEMO)

.PHONY: test
test: $(VENV)/tested programs ## Install what the tests need, and pass them all.
	@$(BIN)/python -X utf8 -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(TESTS)
	@[ -n "$(TESTS)" ] || $(MAKE) --no-print-directory test-postgres TESTS="$(ON_BOTH)"
	@$(MAKE) --no-print-directory types

.PHONY: test-postgres
test-postgres: $(VENV)/tested programs ## Pass them on PostgreSQL, each in a database of its own; all, or TESTS='…'
	@POSTIL_TEST_DATABASE=postgresql $(BIN)/python -X utf8 -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(TESTS)

.PHONY: soak
soak: $(VENV)/tested programs ## The long attacks: all of the corpora, 500 kills, deeper random histories.
	@$(BIN)/python -X utf8 -m pytest -m "soak or not soak" $(TESTS)

.PHONY: lint
lint: $(VENV)/tested ## Format, rules, types, arrows between rooms, models against migrations.
	@$(BIN)/ruff format --check --quiet || { echo "Run \`make format\`."; exit 1; }
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/python -m pytest --quiet tests/test_imports.py tests/test_migrations.py
	@$(PIP) check

.PHONY: format
format: $(VENV)/tested ## Lay the code out, and mend what can be mended by itself.
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format

.PHONY: bench
bench: $(VENV)/tested ## Measure reads, posts, pushes and more, each beside its floor. BENCH="push --rounds 9"
	@$(BIN)/python -X utf8 -m bench $(BENCH)

.PHONY: bench-scale
bench-scale: $(VENV)/tested ## Measure four workers behind nginx over PostgreSQL and Redis, to 10,000 sockets. BENCH=--short
	@$(BIN)/python -X utf8 -m bench.scale $(BENCH)

.PHONY: schema
schema: $(VENV)/tested ## Write down anew what the migrations make of an empty file.
	@$(BIN)/python -m tests.schema

.PHONY: pictures
pictures: $(VENV)/tested programs ## Take the pictures of README and docs anew, of the running demo.
	@$(BIN)/python docs/pictures/take.py
	@$(BIN)/python -m docs.pictures.themes

.PHONY: gallery
gallery: $(VENV)/tested programs ## Take a picture of every state of the widget, into build/gallery/. ONLY='preview*'
	@$(BIN)/python -m docs.pictures.gallery $(if $(ONLY),--only '$(ONLY)')

.PHONY: constraints
constraints: ## Take the newest releases that pyproject.toml allows; then run the tests.
	@$(MAKE) --no-print-directory VENV=.venv-newest .venv-newest/made
	@.venv-newest/bin/python -m pip install --quiet --upgrade --editable '.[fast,postgres,redis,test]'
	@.venv-newest/bin/python -m pip freeze --exclude-editable > constraints.txt
	@rm -r .venv-newest

.PHONY: clean
clean: ## Take away what was installed and built. The demo's data stays.
	@rm -rf $(VENV) .venv-* dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Node is never needed. Where it is, the widget's JSDoc types are checked too.
.PHONY: types
types: export npm_config_loglevel = error
types: export npm_config_fetch_retries = 0
types:
	@command -v npx >/dev/null && npx --yes --package=$(TYPESCRIPT) tsc --version >/dev/null 2>&1 || exit 0; \
	npx --yes --package=$(TYPESCRIPT) tsc --project client_widget && echo "The widget's types hold (tsc)."

# What Debian has and pip has not. Tests that miss one say so at their end; with CI=true they fail. Debian starts what
# it installs: the tests run servers of their own, so those are stopped again.
.PHONY: programs
programs:
	@missing=; for program in $(PROGRAMS); do command -v $$program >/dev/null || ls -d /usr/lib/$$program/*/bin >/dev/null 2>&1 || \
		missing="$$missing $$program"; done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing$$missing from Debian's packages."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
			$$missing fonts-dejavu-core >/dev/null || echo "They could not be installed."; \
		for service in $$missing; do case $$service in postgresql|redis-server) \
			service $$service stop >/dev/null 2>&1 ;; esac; done; true; \
	fi

# An environment that lost its Python is made anew; half an installation has no stamp, and is taken up again.
$(VENV)/made:
	@[ -n "$(PYTHON)" ] || { echo "Postil needs Python 3.11 or later: install it, or run make PYTHON=/path/to/it." >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Install what makes virtual environments (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@touch $@

$(VENV)/installed: pyproject.toml constraints.txt $(VENV)/made
	@echo "Installing Postil into $(VENV)."
	@$(PIP) install --editable .
	@touch $@

$(VENV)/tested: pyproject.toml constraints.txt $(VENV)/installed
	@echo "Installing what the tests need."
	@$(PIP) install --editable '.[fast,postgres,redis,test]'
	@touch $@
