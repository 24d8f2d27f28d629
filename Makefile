# Everything a user or developer does, by name. The work is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help setup build test kills demo run install stop logs lint bench backfill-bench soak fuzz dashboard clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | column -t -s '	'

setup: ## install what is missing: system packages, Swift packages, browser tests
	@scripts/setup

build: ## build all programs in release mode
	@swift build -c release

test: ## run the whole test suite on private servers
	@scripts/test

kills: ## kill the backfiller at 200 random moments and places, and compare what it stored: make kills KILLS=200
	@FUNDING_TEST_KILLS=$(or $(KILLS),200) scripts/test --filter BackfillKillTests

demo: ## run everything against simulated exchanges, until Ctrl-C: make demo EXCHANGES=bybit,kraken
	@scripts/suite demo $(if $(EXCHANGES),--exchanges $(EXCHANGES))

run: ## run everything against the live exchanges, until Ctrl-C
	@scripts/suite live $(if $(EXCHANGES),--exchanges $(EXCHANGES))

install: ## build without need of Swift at run time and install: programs, systemd units; PREFIX=/usr/local, DESTDIR
	@scripts/install

stop: ## end what demo or run started
	@scripts/stop

logs: ## follow the logs: make logs SERVICE=collector
	@scripts/logs $(SERVICE)

lint: ## layout, import walls, warnings
	@scripts/lint

bench: ## ratios, side by side in one run; writes .run/bench.json
	@scripts/bench

backfill-bench: ## 30 days of every simulated contract against the exchanges' limits: make backfill-bench SPEED=5
	@scripts/backfill-bench $(SPEED)

soak: ## let the collector run for half an hour and watch its memory: make soak MINUTES=30
	@scripts/soak $(MINUTES)

fuzz: ## bad input for longer: the JSON parser, and a running API by its description: make fuzz API=http://127.0.0.1:8000
	@Fuzz/run
	@if [ -n "$(API)" ]; then Fuzz/api $(API) 1800; fi

dashboard: ## build the dashboard
	@scripts/dashboard

clean: ## remove everything that was built or started here
	@scripts/stop
	@rm -rf .build .build-* .run .venv
