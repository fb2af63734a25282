# SPDX-License-Identifier: MIT
# The front door; CMakeLists.txt holds the build. `make help` lists the doors.

SHELL     = /bin/sh
BUILD    ?= build
PREFIX   ?= /usr/local
DESTDIR  ?=
JOBS     ?= $(shell nproc)
SECS     ?= 20
T        ?=

CONFIGURE = cmake -S . -G Ninja
# A test mostly waits for a peer, so more of them than processors run at once.
CTEST     = ctest --output-on-failure --no-tests=error -j $$(($(JOBS) * 2))
FUZZERS   = $(patsubst test/fuzz/%_fuzz.cc,%,$(wildcard test/fuzz/*_fuzz.cc))
FORMATTED = $$(find src test bench -name '*.cc' -o -name '*.h' -o -name '*.c')

.DEFAULT_GOAL = build
.PHONY: help deps try-page build demo demo-check check e2e model fuzz bench bench-counts install format lint clean

help:
	@echo 'make build       build/release/rosterd'
	@echo 'make demo        web app, server and accounts on loopback, until Ctrl-C'
	@echo 'make demo-check  the same scene, played by two clients and checked'
	@echo 'make check       every test, with sanitizers; T=name runs those that match'
	@echo 'make e2e         the end-to-end tests alone'
	@echo 'make model       random histories against the reference model for SECS=20 seconds'
	@echo 'make fuzz        every fuzzer for SECS=20 seconds'
	@echo 'make bench       measure'
	@echo 'make bench-counts  count instructions; fails when one has grown'
	@echo 'make install     to DESTDIR and PREFIX=/usr/local'
	@echo 'make deps        the Debian packages of packages.txt'
	@echo 'make format, make lint, make clean'

deps: deps-build,demo,page,check,fuzz,bench

# deps-build,demo installs what these parts need. Does nothing, and needs no network, when all of
# it is there; a program of a package's name does for it, from wherever it came.
deps-%:
	@missing=; \
	while read -r name part why; do \
	  case "$$name" in ''|'#'*) continue ;; esac; \
	  case ",$*," in *,"$$part",*) ;; *) continue ;; esac; \
	  command -v "$$name" >/dev/null && continue; \
	  dpkg-query -W -f '$${Status}' "$$name" 2>/dev/null | grep -q ' installed$$' \
	    || missing="$$missing $$name"; \
	done < packages.txt; \
	if [ -n "$$missing" ]; then \
	  echo "installing:$$missing"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update && $$sudo env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y --no-install-recommends $$missing || exit 1; \
	  for service in prometheus nginx haproxy prosody; do \
	    case "$$missing " in *" $$service "*) \
	      [ ! -d /run/systemd/system ] || $$sudo systemctl disable --now $$service ;; \
	    esac; \
	  done; \
	fi

build: deps-build
	@$(CONFIGURE) -B $(BUILD)/release -DCMAKE_BUILD_TYPE=RelWithDebInfo -DROSTERD_TESTS=OFF \
	  -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	@cmake --build $(BUILD)/release -j $(JOBS)

# Without npm there is a demo without its chat page; it says so.
try-page:
	@$(MAKE) --no-print-directory deps-page || true

# By which protocol rosterd lets the web application's users in: http-json, http-basic or jwt.
LOGIN ?= http-json

demo: deps-demo try-page build
	@exec /usr/bin/python3 -B examples/demo/demo.py --rosterd $(BUILD)/release/rosterd --login $(LOGIN)

demo-check: deps-demo try-page build
	@/usr/bin/python3 -B examples/demo/demo_check.py --rosterd $(BUILD)/release/rosterd

$(BUILD)/check: deps-build,demo,page,check
	@$(CONFIGURE) -B $@ -DCMAKE_BUILD_TYPE=Debug -DROSTERD_SANITIZE=ON
	@cmake --build $@ -j $(JOBS)
.PHONY: $(BUILD)/check

check: $(BUILD)/check
	@$(CTEST) --test-dir $(BUILD)/check $(if $(T),-R '$(T)')

e2e: $(BUILD)/check
	@$(CTEST) --test-dir $(BUILD)/check -R '^e2e_.*$(T)'

# Seeds that nobody has played yet; a failing one is shrunk and shown (test/model/README.md).
model: deps-build,check
	@$(CONFIGURE) -B $(BUILD)/model -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO='-O2 -g' -DROSTERD_SANITIZE=ON
	@cmake --build $(BUILD)/model -j $(JOBS) --target model
	@$(BUILD)/model/test/model/model --search $(SECS)

# As many at once as there are processors.
fuzz: deps-build,check,fuzz
	@$(CONFIGURE) -B $(BUILD)/fuzz -DCMAKE_BUILD_TYPE=RelWithDebInfo -DROSTERD_SANITIZE=ON \
	  -DROSTERD_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_C_COMPILER=clang
	@cmake --build $(BUILD)/fuzz -j $(JOBS) --target $(FUZZERS:%=fuzz_%)
	@printf '%s\n' $(FUZZERS) | xargs -P $(JOBS) -n 1 test/fuzz/run $(BUILD)/fuzz $(SECS)

bench: deps-build,demo,bench
	@bench/run

bench-counts: deps-build,demo,bench
	@bench/counts

install: build
	@DESTDIR='$(DESTDIR)' cmake --install $(BUILD)/release

format: deps-check
	@clang-format -i $(FORMATTED)

# The rules of the tree that a program can check; part of `make check` as well.
lint: deps-check
	@set -e; for check in test/lint/*.sh; do echo "== $$check"; $$check; done

clean:
	@rm -rf $(BUILD)
