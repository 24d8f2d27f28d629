# Everything a user or developer does, by name. The work is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help setup build test demo run stop logs lint bench dashboard clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | column -t -s '	'

setup: ## install what is missing: system packages, Swift packages, browser tests
	@scripts/setup

build: ## build all programs in release mode
	@swift build -c release

test: ## run the whole test suite on private servers
	@scripts/test

demo: ## run everything against simulated exchanges, until Ctrl-C
	@scripts/suite demo

run: ## run everything against the live exchanges, until Ctrl-C
	@scripts/suite live

stop: ## end what demo or run started
	@scripts/stop

logs: ## follow the logs: make logs SERVICE=collector
	@scripts/logs $(SERVICE)

lint: ## layout, import walls, warnings
	@scripts/lint

bench: ## ratios, side by side in one run; writes .run/bench.json
	@scripts/bench

dashboard: ## build the dashboard
	@scripts/dashboard

clean: ## remove everything that was built or started here
	@scripts/stop
	@rm -rf .build .build-* .run .venv
