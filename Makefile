# make demo   installs what is missing, builds the lab's kernel once, and shows what an APN does for two data centres
# make test   runs the tests, on two cores side by side: all but those that make long runs
# make long   runs those that take twenty seconds of computing or more each, or are one of several alike
# make quick  runs the tests that need no lab: under a minute on two free cores
# make wheel  builds the wheel and the sdist, installs each into an environment of its own and runs it from an empty folder
# make kernel-wheel  puts two wheels into dist/, apnemu's and one with the built kernel in it: what another machine needs
# make docs   builds the documentation site into site/, English and Japanese, to be read without a server or a network
# make setup  only installs and builds
# make check  format, lint, types, imports (what CI runs before the tests)
# make lock   writes constraints.txt anew: the newest versions that pyproject.toml admits, with their hashes
# make sbom   writes sbom.json: what is installed, Python and Debian, and the kernel's source, in CycloneDX

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.PHONY: demo test long quick wheel kernel-wheel docs setup check lock sbom clean

# A Python that fits: GNPy ends at 3.12. Debian's own where it will do, since every user of the machine can run it.
# It is looked for when an environment is made: by then Debian's is whole.
PYTHON ?=
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
NO_PYTHON := apnemu needs Python 3.11 or 3.12 (GNPy has none for 3.13): where apt has neither, as on Debian 13, run \
	"apt install pipx && pipx install uv && ~/.local/bin/uv python install 3.12" and make again, or name one: make PYTHON=...
define python
for p in $(or $(PYTHON),/usr/bin/python3 python3 python3.12 python3.11 \
	"$$(PATH="$$PATH:$$HOME/.local/bin" uv python find '>=3.11,<3.13' 2>/dev/null)"); do \
	if "$$p" -c '$(FITS)' 2>/dev/null; then python=$$p; break; fi; \
done; \
if [ -z "$${python:-}" ]; then echo '$(NO_PYTHON)' >&2; exit 1; fi
endef
VENV := .venv
APNEMU := $(VENV)/bin/apnemu
PIP := $(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
DEBIAN := build-essential flex bison bc libelf-dev xz-utils linux-source-6.12 python3-venv mininet openvswitch-switch \
	iproute2 iputils-ping net-tools tcpdump iperf3
DEBIAN_TEST := chromium tshark tmux
JOBS ?= 2

# Installed or not: asked each time, which takes milliseconds; apt is called only for what is missing.
define debian
missing=$$(for p in $(1); do dpkg-query -Wf '$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed || echo $$p; done); \
if [ -n "$$missing" ]; then \
	echo "installing Debian packages:" $$missing >&2; \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get update -qq; \
	echo "wireshark-common wireshark-common/install-setuid boolean false" | $(SUDO) debconf-set-selections; \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
fi
endef

setup: $(VENV)/.ready
	@$(call debian,$(DEBIAN))
	@$(APNEMU) lab build >/dev/null

# What is installed is what was tested: each file by its hash, nothing that is not in the list.
$(VENV)/.ready: pyproject.toml constraints.txt
	@if command -v apt-get >/dev/null; then $(call debian,python3-venv); fi
	@echo "installing Python packages" >&2
	@if [ ! -x $(VENV)/bin/python ]; then $(python); "$$python" -m venv $(VENV); fi
	@$(PIP) --requirement constraints.txt
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Ryu 4.34 builds with a setuptools of its time alone, and not in isolation. It is there for the tests: OS-Ken is the default.
$(VENV)/.ryu: $(VENV)/.ready apnemu/lab/ryu-build.txt apnemu/lab/ryu.txt
	@echo "installing Ryu 4.34" >&2
	@$(PIP) --requirement apnemu/lab/ryu-build.txt
	@$(PIP) --requirement apnemu/lab/ryu.txt --no-build-isolation
	@touch $@

# The site's tools go where apnemu is, whose code makes the reference. They are there for `make docs` and for its test.
$(VENV)/.docs: $(VENV)/.ready .ci/docs.txt
	@echo "installing MkDocs" >&2
	@$(PIP) --requirement .ci/docs.txt
	@touch $@

docs: $(VENV)/.docs
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet
	@echo "open site/index.html"

# Language of the demo's page: make demo PAGE=ja
PAGE ?= en
demo: setup
	@$(APNEMU) demo --lang $(PAGE)

check: $(VENV)/.ready
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

# Tests of a file stay together, since they share what its first one ran (JOBS=0: one file after another). What looks at times
# of the machine goes after them, alone.
test: setup $(VENV)/.ryu $(VENV)/.docs
	@$(call debian,$(DEBIAN_TEST))
	@$(APNEMU) setup all >/dev/null
	@$(VENV)/bin/python -m pytest -q -n $(JOBS) --dist loadfile -m "not alone and not wheel and not long"
	@$(VENV)/bin/python -m pytest -q -m "alone and not wheel"
	@$(VENV)/bin/python -m pytest -q -m wheel

long: setup
	@$(APNEMU) setup all >/dev/null
	@$(VENV)/bin/python -m pytest -q -n $(JOBS) -m long

quick: $(VENV)/.ready
	@$(VENV)/bin/python -m pytest -q -n $(JOBS) -m "not guest and not slow and not commands and not alone and not wheel"

wheel: setup
	@$(VENV)/bin/python -m pytest -q -m wheel

kernel-wheel: setup
	@rm -rf build
	@$(APNEMU) lab wheel --out dist
	@$(VENV)/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls dist/*.whl

# Tools of the two targets below, in an environment of their own: they are no part of what they list.
$(VENV)/.tools: $(VENV)/.ready .ci/tools.txt
	@$(VENV)/bin/python -m venv $(VENV)/tools
	@$(VENV)/tools/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement .ci/tools.txt
	@touch $@

LOCK := $(VENV)/tools/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--custom-compile-command "make lock" --upgrade --build-constraint .ci/ryu-build.in
lock: $(VENV)/.tools
	@$(LOCK) --extra dev pyproject.toml --output-file constraints.txt
	@$(LOCK) .ci/tools.in --output-file .ci/tools.txt
	@$(LOCK) .ci/docs.in --constraint constraints.txt --output-file .ci/docs.txt
	@$(LOCK) .ci/ryu-build.in --output-file apnemu/lab/ryu-build.txt
	@$(LOCK) .ci/ryu.in --constraint apnemu/lab/ryu-build.txt --output-file apnemu/lab/ryu.txt

sbom: setup $(VENV)/.tools
	@$(VENV)/tools/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml $(VENV)/bin/python \
		| $(VENV)/bin/python .ci/sbom.py $(DEBIAN) > sbom.json.part
	@mv sbom.json.part sbom.json

clean:
	rm -rf $(VENV) sbom.json runs site .pytest_cache .mypy_cache .ruff_cache .hypothesis
