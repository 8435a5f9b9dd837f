# make demo   installs what is missing, builds the lab's kernel once, and shows what an APN does for two data centres
# make test   runs the tests
# make setup  only installs and builds
# make check  format, lint, types, imports (what CI runs before the tests)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.PHONY: demo test setup check clean

# Debian's own Python where it will do: one that every user of the machine can run.
PYTHON ?= $(shell for p in /usr/bin/python3 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
APNEMU := $(VENV)/bin/apnemu
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
DEBIAN := build-essential flex bison bc libelf-dev xz-utils linux-source-6.12 python3-venv mininet openvswitch-switch \
	iproute2 iputils-ping net-tools tcpdump iperf3
DEBIAN_TEST := chromium tshark

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

$(VENV)/.ready: pyproject.toml
	@$(call debian,$(DEBIAN))
	@echo "installing Python packages" >&2
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Ryu 4.34 builds with a setuptools of its time alone, and not in isolation. It is there for the tests: OS-Ken is the default.
$(VENV)/.ryu: $(VENV)/.ready
	@echo "installing Ryu 4.34" >&2
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check 'setuptools<67' wheel pbr
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-build-isolation ryu==4.34
	@touch $@

demo: setup
	@$(APNEMU) demo

check: $(VENV)/.ready
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

test: setup $(VENV)/.ryu
	@$(call debian,$(DEBIAN_TEST))
	@$(APNEMU) setup all >/dev/null
	@$(VENV)/bin/python -m pytest -q

clean:
	rm -rf $(VENV) runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
