# Two commands do everything: `make serve` and `make test`.

CITY   ?= data/beijing
LISTEN ?= 127.0.0.1:12345
DEMO   := $(patsubst %/places.csv,target/demo/%.gpkg,$(wildcard $(CITY)/places.csv))
PACK   := $(shell find $(CITY) -type f -not -path '*/.*')

.DEFAULT_GOAL := help
.PHONY: help serve build web test lint bench fuzz data deny clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: build $(addsuffix .made,$(DEMO)) ## build everything and serve the default city
	./target/release/servicemap serve --city $(CITY) $(addprefix --database ,$(DEMO)) --listen $(LISTEN)

# Made-up tickets to look at, drawn over the places of the city; a city without places has none.
# Made once, and anew when the pack has changed. Whatever is interrupted begins again.
DEMO_TICKETS := 300000

$(DEMO).made: $(PACK) | build
	mkdir -p $(@D)
	rm -rf $(DEMO)*
	./target/release/servicemap generate tickets --count $(DEMO_TICKETS) --city $(CITY) --database $(DEMO)
	./target/release/servicemap release make --city $(CITY) --database $(DEMO)
	touch $@

build: web ## build the program, with the page in it
	cargo build --release --locked

web: web/dist/index.html ## build the page

# Rebuilt when anything that goes into the page is newer than the last build.
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run build

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@scripts/need npm node
	cd web && npm ci

test: web ## install what the tests need, and run all of them
	scripts/test-needs
	cd web && npm run typecheck && npm test && npm run check:styles
	scripts/cargo-tests
	cd web && npm run e2e && npm run check:tiles

lint: web ## formatting, lints, types
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --document-private-items --locked
	cd web && npm run lint && npm run typecheck && npm run check:format

bench: web ## print the performance figures
	cargo bench --locked
	cargo build --release --locked
	scripts/with-postgis ./target/release/servicemap bench locate
	scripts/with-postgis ./target/release/servicemap bench tiles
	POSTGIS_FSYNC=on scripts/with-postgis ./target/release/servicemap bench store
	scripts/with-duckdb ./target/release/servicemap bench density --tickets 10000000

FUZZ_SECONDS ?= 60

fuzz: ## fuzz every reader for FUZZ_SECONDS each (needs nightly and cargo-fuzz)
	@scripts/need cargo-fuzz
	for target in $$(cargo +nightly fuzz list); do \
	  cargo +nightly fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 || exit 1; \
	done

data: ## build the default city's pack again from its sources
	@scripts/need python3 npm
	python3 -m venv data/beijing/.cache/venv
	data/beijing/.cache/venv/bin/pip install --quiet -r data/recipe/beijing/requirements.txt
	data/beijing/.cache/venv/bin/python data/recipe/beijing

deny: ## licences and advisories of the dependencies
	@scripts/need cargo-deny
	cargo deny check

clean: ## remove everything that was built
	cargo clean
	rm -rf web/dist web/node_modules tests/artefacts
