# One command each: `make run` shows the product, `make test` checks all of it.

CARGO ?= cargo
# What a Debian machine with Rust lacks.
RUN_PACKAGES  = gcc libc6-dev libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 fonts-noto-cjk
SHOW_PACKAGES = xvfb xdotool imagemagick poppler-utils zbar-tools espeak-ng
TEST_PACKAGES = qpdf openssl python3 python3-venv default-jre-headless \
                libpdfbox2-java libjaxb-api-java libactivation-java libcommons-logging-java postgresql-15 sqlite3 xxd \
                xserver-xorg-core xserver-xorg-video-dummy cups-ipp-utils \
                cups-filters-core-drivers avahi-daemon dbus
PACKAGES      = $(RUN_PACKAGES) $(SHOW_PACKAGES) $(TEST_PACKAGES)
SUDO          = $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test deps show-deps build lint format screens mishaps monkey bench bench-audit bench-devices bench-journal bench-screens oracle crash soak fuzz

run: show-deps build ## the whole product on this machine: central, simulated devices, kiosk
	./target/debug/permit-kiosk demo

test: deps ## format, lint, all tests, the independent programs
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) check --features recordings
	$(CARGO) test --bins --lib
	KIOSK_TEST_PYTHON=$(CURDIR)/.venv/bin/python KIOSK_TEST_POSTGRES=1 $(CARGO) test --test integration

build:
	$(CARGO) build

# Installs those of the packages $(1) that are missing.
define install
	@missing=""; for package in $(1); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

show-deps: ## what running and showing needs
	$(call install,$(RUN_PACKAGES) $(SHOW_PACKAGES))

deps: ## all Debian packages, and the Python oracles of the tests
	$(call install,$(PACKAGES))
	@test -e .venv/ready-2 || (python3 -m venv .venv && \
	  .venv/bin/pip -q install python-escpos==3.1 pyserial==3.5 cwt==3.3.0 openpyxl==3.1.5 pyarrow==26.0.1 && touch .venv/ready-2)

lint:
	$(CARGO) fmt --check && $(CARGO) clippy --all-targets -- -D warnings && $(CARGO) check --features recordings

format:
	$(CARGO) fmt

monkey: ## a monkey at the screen: 10 000 touches, keys, cards and codes at random
	KIOSK_MONKEY_EVENTS=10000 $(CARGO) test --test integration -- ui::monkey --nocapture

mishaps: ## the long form of what goes wrong in a visit, through the real window: every pause and every device
	KIOSK_TEST_MISHAPS=all $(CARGO) test --test integration -- journey::mishaps --nocapture

screens: ## make the pictures of docs/screens anew
	UPDATE_SCREENS=1 $(CARGO) test --test integration -- ui::

bench: ## the rule engine beside three others: every limit, measured
	cd benches && $(CARGO) run --release

bench-journal: ## journal and central beside the disk, SQLite and PostgreSQL: every limit, measured
	cd benches/journal && $(CARGO) run --release

bench-audit: ## export and verification beside the sqlite3 shell: every limit, measured
	$(call install,sqlite3)
	cd benches/audit && $(CARGO) run --release

oracle: ## a million evaluations of random conditions, beside an engine we did not write
	KIOSK_ORACLE_EVALUATIONS=1000000 $(CARGO) test --test integration -- what_the_checker_accepts --nocapture

crash: ## the long form of power cuts and kills: 20 000 cuts of a working day, 1 000 kills, 100 with paper
	KIOSK_POWER_CUTS=20000 KIOSK_KILLS=1000 KIOSK_KILLS_WITH_PAPER=100 \
	  KIOSK_TEST_PYTHON=$(CURDIR)/.venv/bin/python \
	  $(CARGO) test --test integration -- power:: mishap::killed --nocapture

bench-devices: ## what the devices cost, beside the time of their bytes on the line: every limit, measured
	cd benches/devices && CARGO_TARGET_DIR=../target $(CARGO) run --release

bench-screens: ## first frame, memory, idle cost and answer to a touch, beside Chromium with an equal page
	$(call install,$(RUN_PACKAGES) $(SHOW_PACKAGES) chromium libxtst6)
	$(CARGO) build --release --bin permit-kiosk
	python3 benches/screens/measure.py

SOAK_VISITS ?= 1000
SOAK_SEED   ?= 2026

# The pages are drawn and packed for every visit: with the product's own code optimised, a visit takes a
# second and a half instead of six. One arena, as in the kiosk's unit: each power cut begins threads anew.
soak: ## a thousand visits at full speed with faults of the devices by chance
	KIOSK_SOAK_VISITS=$(SOAK_VISITS) KIOSK_SOAK_SEED=$(SOAK_SEED) CARGO_PROFILE_DEV_OPT_LEVEL=2 MALLOC_ARENA_MAX=1 \
	  $(CARGO) test --test integration -- mishap::soak --nocapture

# Each target for so many seconds. Coverage comes from the stable compiler: there is no unsafe code for a
# sanitizer to watch.
SECONDS_EACH ?= 600
FUZZ_FLAGS = --cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
             -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
             -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks
FUZZ_TARGET = x86_64-unknown-linux-gnu

CODECS = sam sam_stream scanner scanner_stream receipt receipt_stream page page_stream panel panel_stream

fuzz: ## whatever text and bytes: the rules' parser, checker and loading, the codecs of the devices
	cd fuzz && RUSTFLAGS="$(FUZZ_FLAGS)" $(CARGO) build --release --target $(FUZZ_TARGET)
	mkdir -p fuzz/corpus/parse fuzz/corpus/check fuzz/corpus/edition
	grep -h "^when = '[^']" kiosk-config/rulebook/rules/*.toml | sed "s/^when = '//; s/'$$//" \
	  | split -l 1 - fuzz/corpus/check/rule-
	cp fuzz/corpus/check/rule-* fuzz/corpus/parse
	n=0; for file in manifest schema params calendar catalogue rules/10-visit; do \
	  { printf "\\$$n"; cat kiosk-config/rulebook/$$file.toml; } > fuzz/corpus/edition/$$n; n=$$((n+1)); done
	for target in $(CODECS); do mkdir -p fuzz/corpus/$$target tests/device/inputs/$$target; \
	  fuzz/target/$(FUZZ_TARGET)/release/$$target fuzz/corpus/$$target tests/device/inputs/$$target \
	    -max_total_time=$(SECONDS_EACH) -timeout=10 -artifact_prefix=tests/device/inputs/$$target/ || exit 1; done
	for target in parse check edition; do \
	  fuzz/target/$(FUZZ_TARGET)/release/$$target fuzz/corpus/$$target tests/rules/inputs/$$target \
	    -max_total_time=$(SECONDS_EACH) -timeout=10 -max_len=16384 -artifact_prefix=tests/rules/inputs/$$target/ || exit 1; done
