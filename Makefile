# Lethe: one Makefile, no recursion. FLAVOUR is release, debug, asan, tsan, coverage or fuzz; CC gcc or clang.
FLAVOUR ?= release
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
CXX     := $(if $(filter default,$(origin CXX)),g++,$(CXX))
# A compiler's objects are its own: build/release is gcc's, build/release-clang clang's (a fuzz build is always clang's).
B       := build/$(FLAVOUR)$(if $(findstring clang,$(CC)),$(if $(filter fuzz,$(FLAVOUR)),,-clang))
GEN     := build/gen
Q       := $(if $(V),,@)
PY      := build/venv/bin/python
VERSION := $(shell cat VERSION 2>/dev/null || echo 0.1.0)

SERVICES := intake consent dedupe retention erasure mailer backup admin
PKGS     := rdkafka hiredis libpq jansson libmicrohttpd libsodium libcurl libcyaml yaml-0.1 gmime-3.0 libidn2 icu-uc icu-i18n

WARN := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wcast-align \
        -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference \
        -Wdouble-promotion -Wno-overlength-strings
WARN_C := -Wstrict-prototypes -Wmissing-prototypes
ifneq ($(findstring clang,$(CC)),clang)
WARN_C += -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wjump-misses-init
HARDEN := -ftrivial-auto-var-init=zero
endif
HARDEN += -fno-common -fstack-protector-strong -fstack-clash-protection -fPIE
LINK   := -pie -Wl,-z,relro,-z,now -Wl,--as-needed

OPT.release  := -O2 -g -D_FORTIFY_SOURCE=3
OPT.debug    := -O0 -g3
OPT.asan     := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -DLETHE_SANITIZED=1
OPT.tsan     := -O1 -g -fno-omit-frame-pointer -fsanitize=thread -DLETHE_SANITIZED=1
OPT.coverage := -O0 -g --coverage
OPT.fuzz     := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all \
                -DLETHE_SANITIZED=1
ifeq ($(OPT.$(FLAVOUR)),)
$(error FLAVOUR=$(FLAVOUR): one of release debug asan tsan coverage fuzz)
endif

CPPFLAGS := -I. -I$(GEN) -D_GNU_SOURCE -DLETHE_VERSION='"$(VERSION)"' \
            $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
CFLAGS   := -std=c17 $(WARN) $(WARN_C) $(HARDEN) $(OPT.$(FLAVOUR)) $(EXTRA_CFLAGS)
CXXFLAGS := -std=c++17 -Wall -Wextra -Werror -fno-common -fPIE $(OPT.$(FLAVOUR))
LDFLAGS  := $(LINK) $(filter -fsanitize% --coverage,$(OPT.$(FLAVOUR)))
LIBS     := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lphonenumber -lstdc++ -lpthread -lm

# ---- what there is -------------------------------------------------------------------------------------------------
PURE     := error arena text buf clock uuid retry event crypto policy normal
MODULES  := $(notdir $(patsubst %/,%,$(wildcard common/*/)))
COMMON_C := $(wildcard common/*/*.c) $(wildcard proto/*.c)
COMMON_X := $(wildcard common/*/*.cc)
PURE_O   := $(patsubst %,$(B)/%.o,$(foreach m,$(PURE),$(wildcard common/$m/*.c)) $(wildcard proto/*.c) $(COMMON_X))
COMMON_O := $(patsubst %,$(B)/%.o,$(COMMON_C) $(COMMON_X))
BINS     := $(foreach s,$(SERVICES),$(if $(wildcard services/$s/main.c),$(B)/bin/lethe-$s)) \
            $(if $(wildcard services/admin/lethectl/*.c),$(B)/bin/lethectl) \
            $(if $(wildcard services/erasure/verify/*.c),$(B)/bin/lethe-verify)
TOOLS    := $(patsubst %.c,$(B)/%,$(wildcard deploy/local/*.c tests/bench/*.c tests/tools/*.c))
UNIT     := $(patsubst %.c,$(B)/%,$(shell find tests/unit -name 'test_*.c' 2>/dev/null | sort))
FUZZ     := $(patsubst %.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
EMBEDDED := $(foreach d,$(sort $(dir $(patsubst %/,%,$(wildcard common/*/sql/ common/*/migrations/ common/*/*/migrations/ services/*/sql/ services/*/migrations/)))),$(d))
MESSAGES  := $(wildcard services/*/messages/)
LETTERS   := $(wildcard services/*/letters/)
NICKNAMES := $(sort $(wildcard services/dedupe/engine/nicknames/*.txt))
GENERATED := $(GEN)/.stamp

.DEFAULT_GOAL := build
.PHONY: build help setup test browser test-no-redis check unit contract integration lint layers format asan tsan fuzz fuzz-replay chaos bench \
        coverage demo up down status clean
.DELETE_ON_ERROR:
.SECONDARY:

build: $(BINS) $(TOOLS) ## the eight services, lethectl and the tools, into build/release/bin

help: ## this list
	@grep -hE '^[a-z -]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

# ---- generated tables of SQL and of texts ----------------------------------------------------------------------------------------
$(GENERATED): $(shell find common services -name '*.sql' 2>/dev/null) deploy/build/embed.py $(EMBEDDED) \
              deploy/build/catalogue.py $(foreach d,$(MESSAGES),$(wildcard $d*.json)) $(foreach d,$(LETTERS),$(wildcard $d*/*.txt)) \
              deploy/build/nicknames.py $(NICKNAMES)
	@mkdir -p $(GEN)/gen
	@for d in $(EMBEDDED); do python3 deploy/build/embed.py $$(basename $$d) $$d $(GEN)/gen || exit 1; done
	@for d in $(MESSAGES) $(LETTERS); do python3 deploy/build/catalogue.py $$(basename $$d) $$(basename $$(dirname $$d)) \
	    $$d $(GEN)/gen || exit 1; done
	@python3 deploy/build/nicknames.py $(GEN)/gen/nicknames.inc $(NICKNAMES)
	@touch $@

# ---- rules ----------------------------------------------------------------------------------------------------------
# Written anew where compiler or flags have changed: all objects hang on it.
FLAGS := $(B)/.flags
$(shell mkdir -p $(B); printf '%s' '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS) $(CXXFLAGS))' | cmp -s - $(FLAGS) || \
        printf '%s' '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS) $(CXXFLAGS))' >$(FLAGS))
$(B)/%.c.o: %.c $(GENERATED) $(FLAGS)
	@mkdir -p $(@D)
	@$(if $(V),,echo '  cc $<')
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$(B)/%.cc.o: %.cc $(FLAGS)
	@mkdir -p $(@D)
	@$(if $(V),,echo '  c++ $<')
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c $< -o $@
$(B)/libpure.a: $(PURE_O)
	@rm -f $@; ar rcs $@ $^
$(B)/libcommon.a: $(COMMON_O)
	@rm -f $@; ar rcs $@ $^

define service_rule
$(B)/bin/lethe-$1: $(patsubst %,$(B)/%.o,$(wildcard services/$1/*.c $(foreach d,engine command,services/$1/$d/*.c))) $(B)/libcommon.a
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LIBS)
endef
$(foreach s,$(SERVICES),$(eval $(call service_rule,$s)))
$(B)/bin/lethectl: $(patsubst %,$(B)/%.o,$(wildcard services/admin/lethectl/*.c)) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bin/lethe-verify: $(patsubst %,$(B)/%.o,$(wildcard services/erasure/verify/*.c))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lsodium -ljansson
.SECONDEXPANSION:
$(TOOLS): $$@.c.o $(B)/libcommon.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# A unit test of services/X/NAME.c links that object and the pure part of common alone: purity is a link error.
# A test of common/M links all of common. A test names further pure objects of its service in a line "link: a.c b.c".
unit_objects = $(if $(findstring tests/unit/services/,$1),\
    $(patsubst %,$(B)/%.o,$(patsubst tests/unit/%,%,$(dir $1))$(patsubst test_%,%,$(notdir $1)).c \
    $(addprefix $(patsubst tests/unit/%,%,$(dir $1)),$(shell sed -n 's/.*link: \([a-z_. ]*\).*/\1/p' $1.c))) $(B)/libpure.a,\
    $(B)/libcommon.a)
$(UNIT): $$@.c.o $$(call unit_objects,$$(patsubst $(B)/%,%,$$@))
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

# ---- checks ---------------------------------------------------------------------------------------------------------
setup: ## install what is missing (Debian, Maven, PyPI), once
	@deploy/setup/install.sh all

unit: $(UNIT) ## unit tests of this flavour
	@tests/run_unit.sh $(UNIT)

contract: build ## schemas, SQL, pages and grants against the binaries
	$(PY) -m pytest -q tests/contract

# Two stacks at a time: a test waits more than it computes.
PYTEST_STACKS = $(PY) -m pytest -q -n 2 --dist loadfile
integration: build ## the real stack
	$(PYTEST_STACKS) tests/integration

browser: build ## the public pages in a headless Chromium, with axe-core; screenshots in build/browser
	$(PY) -m pytest -q -rs tests/browser

test-no-redis: build ## all integration tests with Redis stopped
	LETHE_TEST_NO_REDIS=1 $(PYTEST_STACKS) tests/integration

check: ## quick: units under ASan, contracts, layers, the fuzz corpus
	@$(MAKE) --no-print-directory FLAVOUR=asan unit
	@$(MAKE) --no-print-directory layers fuzz-replay contract

test: setup ## everything that a merge must pass; its last line counts
	@tests/run_all.sh

lint: ## clang-format, clang-tidy, cppcheck, layers
	@deploy/lint/lint.sh
layers: ## who may include whom
	@python3 deploy/lint/layers.py
format: ## clang-format in place
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

asan tsan: ## build and unit-test that flavour
	@$(MAKE) --no-print-directory FLAVOUR=$@ build unit
coverage: ## unit tests' coverage, as pages in build/coverage/html
	@$(MAKE) --no-print-directory FLAVOUR=coverage build unit
	@lcov -q -c -d build/coverage -o build/coverage/all.info && \
	    lcov -q -r build/coverage/all.info '/usr/*' '*/tests/*' '*/build/gen/*' -o build/coverage/ours.info && \
	    genhtml -q -o build/coverage/html build/coverage/ours.info && lcov --summary build/coverage/ours.info

build/fuzz/tests/fuzz/%: build/fuzz/tests/fuzz/%.c.o build/fuzz/libcommon.a
	@clang++ -fsanitize=address,undefined,fuzzer -pie -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)
build/fuzz/tests/fuzz/fuzz_scan: build/fuzz/services/intake/scan.c.o
.PHONY: fuzz-build
fuzz-build:
	@$(MAKE) --no-print-directory FLAVOUR=fuzz CC=clang CXX=clang++ $(FUZZ)
fuzz: fuzz-build ## each decoder under libFuzzer for FUZZ_SECONDS (60)
	@tests/fuzz/run.sh $(or $(FUZZ_SECONDS),60) $(FUZZ)
fuzz-replay: fuzz-build ## the corpus alone
	@tests/fuzz/run.sh replay $(FUZZ)

chaos: build ## kill -9 at each named point, and at random (long)
	$(PY) -m pytest -q tests/chaos
bench: build ## benchmarks, one JSON object a line; ONLY=part
	@$(PY) tests/bench/run.py $(ONLY)

# ---- the local stack ------------------------------------------------------------------------------------------------
demo: ## install, build, start, play the story, stop
	@deploy/demo/demo.sh
up: ## start the local stack (LETHE_HOME, LETHE_PORT_BASE)
	@deploy/setup/install.sh all && $(MAKE) --no-print-directory -j$$(nproc) build && python3 deploy/local/stack.py up
down: ## stop it; data stay
	@python3 deploy/local/stack.py down
status: ## what runs
	@python3 deploy/local/stack.py status
clean: ## remove what was built (not the stack's data, the venv or Kafka)
	rm -rf $(foreach f,release debug asan tsan coverage fuzz,build/$f build/$f-clang) build/gen

-include $(shell find $(B) -name '*.d' 2>/dev/null)
