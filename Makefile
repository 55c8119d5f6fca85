# The commands of the project. `make help` lists them.

SHELL := bash
.DEFAULT_GOAL := help
export PATH := $(HOME)/.cargo/bin:$(PATH)

# Another PHP than the one in the PATH: make PHP=/path/to/php. The build wants a full path.
ifdef PHP
export PHP := $(or $(shell command -v $(PHP)),$(PHP))
endif
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
export EXTENSION ?= $(TARGET)/release/libws_server.so
# Packages for the tests are installed here, never into the system.
TOOLS := $(abspath target/tools)
PYTHON := $(TOOLS)/python/bin/python

.PHONY: help deps test-deps build run test test-core test-phpt test-interop test-browser micro check valgrind bench autobahn fuzz clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

deps: ## install what building and running needs (PHP, libclang, a C compiler, Rust), where it is missing
	@tools/install/packages build
	@tools/install/rust

build: deps ## build the extension: target/release/libws_server.so
	@cargo build --release
	@# Whoever has set another target folder finds the extension in the usual place too.
	@[ "$(TARGET)" = "$(CURDIR)/target" ] || { mkdir -p target/release && cp "$(TARGET)/release/libws_server.so" target/release/; }

run: build ## run the example: push server, page and push.php (WS_PORT, HTTP_PORT, HOST)
	@exec php/examples/notify/run

test-deps: deps $(PYTHON) tests/node_modules/.package-lock.json
	@tools/install/packages test

$(PYTHON): tests/interop/requirements.txt
	@tools/install/packages test
	@rm -rf $(TOOLS)/python && python3 -m venv $(TOOLS)/python
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r tests/interop/requirements.txt
	@touch $@

tests/node_modules/.package-lock.json: tests/package-lock.json
	@tools/install/packages test
	@cd tests && npm ci --silent --no-audit --no-fund
	@touch $@

test: test-core test-phpt test-interop test-browser ## all tests

# Sockets are served by PHP's own thread or by I/O threads: every test of a server runs with both.
THREADS := 2

test-core: deps ## cargo tests of the core, without PHP
	@cargo test --no-default-features
	@WS_IO_THREADS=$(THREADS) cargo test --no-default-features --test server --test tls
	@WS_TLS=1 cargo test --no-default-features --test server
	@WS_TLS=1 WS_IO_THREADS=$(THREADS) cargo test --no-default-features --test server

test-phpt: build ## PHP tests, with PHP's own runner
	@tools/phpt $(EXTENSION)
	@WS_IO_THREADS=$(THREADS) tools/phpt $(EXTENSION)

test-interop: build test-deps ## real clients (Python, node, raw sockets) against the running server
	@cd tests/interop && $(PYTHON) -m pytest -q
	@cd tests/interop && WS_IO_THREADS=$(THREADS) $(PYTHON) -m pytest -q

test-browser: build test-deps ## Chromium drives the example page
	@cd tests/browser && node --test --test-reporter=tap

check: build test-deps ## format, lints, layers, stubs, PHP tests under valgrind, instructions an echo
	@cargo fmt --check
	@cargo clippy --all-targets -- -D warnings
	@cargo clippy --all-targets --no-default-features -- -D warnings
	@cargo fmt --check --manifest-path benches/wsload/Cargo.toml
	@tools/layers
	@tools/stubs $(EXTENSION)
	@tools/lockfiles
	@tools/valgrind $(EXTENSION) quick
	@tools/instructions $(EXTENSION)

valgrind: build test-deps ## all PHP tests that are worth it, under valgrind
	@tools/valgrind $(EXTENSION)

# LOAD="echo-1 burst": these loads alone, and nothing is written. Figures of a machine that does something else are of no use.
bench: build test-deps ## throughput beside the floor and other servers, in ratios; results in benches/results, and from there in the README
	@benches/run $(LOAD)
ifndef LOAD
	@$(PYTHON) benches/transports.py 1000 100000 | tee benches/results/transports.txt
	@php -d extension=$(EXTENSION) benches/legacy_cost.php </dev/null | tee benches/results/legacy_cost.txt
	@php -d extension=$(EXTENSION) benches/callback_cost.php </dev/null | tee benches/results/callback_cost.txt
	@tools/figures
endif

micro: deps ## the parts by themselves: frames, masks, UTF-8, requests, outbox, topics (criterion)
	@cargo bench --quiet --no-default-features --bench micro

autobahn: build ## the Autobahn suite, all cases, plain and through TLS, against the running server
	@tests/autobahn/check

fuzz: deps ## fuzz each parser for FUZZ_SECONDS (60)
	@tools/fuzz $(or $(FUZZ_SECONDS),60)

clean: ## remove everything that was built or installed here
	@cargo clean
	@rm -rf target tests/node_modules
