# `make help` says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
CARGO ?= cargo
MANDATE := target/release/mandate
# Market data that is not part of the project; see README.md.
DATA ?= $(if $(MANDATE_DATA),$(MANDATE_DATA),../shared/data)

# Worked examples of other people's systems, not part of the project either.
VECTORS ?= $(if $(MANDATE_VECTORS),$(MANDATE_VECTORS),../shared/vectors)

# `make test-rust` builds every program too, with the features of the whole workspace. PREBUILT=1 takes those as they stand in target/release:
# building them once more by themselves, with fewer features of a hundred libraries, would take a machine some minutes.
ifdef PREBUILT
SOUNDNESS := target/release/mandate-soundness
else
SOUNDNESS := $(CARGO) run --release --locked -p mandate-soundness --bin mandate-soundness --
endif

.PHONY: help vectors gas analyze coverage-contracts mutants-contracts tools build snarkjs demo demo-watch demo-real test test-rust test-contracts soundness pins pins-check fuzz mutants bench bench-backends bench-peers peers-verdicts lint audit fmt

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

tools: ## install the contracts' tools and the local node (npm, from the lock file)
	contracts/tools/setup.sh

build: ## build the command line
	$(if $(PREBUILT),test -x $(MANDATE),$(CARGO) build --release --locked -p mandate-cli)

demo: tools build ## the whole story on made-up data, with a local chain
	$(MANDATE) demo

demo-watch: tools build ## an agent keeps a deposit gate open on a local chain, through a price move and being killed
	$(MANDATE) demo --watch --size tiny

demo-real: tools build ## the same on the Deribit chain of 2026-02-05, where DATA has it
	@if [ ! -d "$(DATA)" ]; then \
	  echo "demo-real: no market data at $(DATA); name its folder with DATA=... or MANDATE_DATA" >&2; exit 2; fi
	$(MANDATE) demo --real $(DATA)

demo-strikes: tools build ## five templates in one mandate over every listed strike of that chain's BTC options
	@if [ ! -d "$(DATA)" ]; then \
	  echo "demo-strikes: no market data at $(DATA); name its folder with DATA=... or MANDATE_DATA" >&2; exit 2; fi
	$(MANDATE) demo --real $(DATA) --strikes

test: test-rust test-contracts ## all tests

test-rust: tools ## Rust tests, those of the command line included
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	  $(CARGO) test --release --locked --workspace --doc --quiet && \
	  $(CARGO) nextest run --release --locked --workspace --no-fail-fast; \
	else \
	  $(CARGO) test --release --locked --workspace --no-fail-fast; \
	fi

test-contracts: ## tests of the contracts
	contracts/tools/test.sh

gas: tools ## what everything on chain costs, beside the goals; writes contracts/snapshots/gas.json
	contracts/tools/gas.sh

analyze: tools ## static and symbolic analysis of the contracts (slither, halmos; pip, pinned)
	contracts/tools/analyze.sh

coverage-contracts: tools ## lines and branches of the contracts that no test reaches (minutes)
	contracts/tools/coverage.sh

mutants-contracts: tools ## break the contracts one check at a time; the tests must fail each time (hours); ONLY=word for some
	contracts/tools/mutants.py $(ONLY)
	contracts/tools/switches.py $(ONLY)

soundness: ## attack the trusted core, print the scores, fail if one falls; ARGS=--accept takes new ones
	$(SOUNDNESS) $(ARGS)

vectors: ## compute other people's worked examples, print how many agree; VECTORS=DIR, ARGS=--json or --write
	@if [ ! -d "$(VECTORS)" ]; then \
	  echo "vectors: no vectors at $(VECTORS); name their folder with VECTORS=... or MANDATE_VECTORS" >&2; exit 2; fi
	@$(CARGO) run --release --locked --quiet -p mandate-vectors -- $(VECTORS) $(ARGS)

fuzz: ## fuzz every reader of untrusted bytes, 6 seconds each; FOR=600 for longer, ONLY="bundle rules" for some
	fuzz/run.sh $(or $(FOR),6) $(ONLY)

snarkjs: build ## proofs and constraints checked by snarkjs, free wires looked for; SHAPES="t32 s256", SOLVER=1 asks cvc5 too
	tools/snarkjs/setup.sh
	$(if $(PREBUILT),test -x target/release/examples/story,$(CARGO) build --release --locked -p mandate-export --example story)
	SOLVER=$(SOLVER) tools/snarkjs/check.sh $(SHAPES)

pins: ## write the pinned artefacts: after a change that is meant, say in the commit what and why
	$(CARGO) run --release --locked -p mandate-soundness --bin pins -- --write

pins-check: ## compare the pinned artefacts, key and stored proof of the largest shape included (minutes)
	$(CARGO) run --release --locked -p mandate-soundness --bin pins -- --check

mutants: ## change the trusted code one place at a time: some test must fail (an hour or two); ARGS="--minutes 30", again to go on
	tools/mutants/run.py $(ARGS)

bench: ## figures, each beside plain ark-groth16 in the same run
	$(CARGO) bench --locked --workspace --bench groth16 --bench arith -- $(ARGS)

bench-backends: ## both proof systems on the same statements, the table of docs/backends.md (minutes); ARGS="m1024" for some shapes
	$(CARGO) bench --locked --workspace --bench backends -- $(ARGS)

bench-peers: ## the same statement in other provers: docs/peers.md; SLOTS="64 256", PEERS="ours ark", ARGS=--fresh
	@benches/peers/run.py --slots "$(or $(SLOTS),64 256 1024 4096)" --peers "$(or $(PEERS),ours transparent ark taceo bb snarkjs)" $(ARGS)

peers-verdicts: ## do the other provers' circuits judge lawful and unlawful books as the reference does?
	cd benches/peers && $(CARGO) test --release
	@benches/peers/run.py --verdicts $(ARGS)

lint: ## format, clippy with warnings as errors, dependencies where cargo-deny is there
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny check bans licenses sources; \
	else echo "lint: cargo-deny is not installed; licences and sources were not checked" >&2; fi

audit: ## advisories, which are fetched (needs cargo-deny)
	$(CARGO) deny check advisories

fmt: ## format everything
	$(CARGO) fmt --all
	contracts/tools/forge fmt
