# The commands of the project. `make help` lists them.

.PHONY: help demo test bench

help: ## List the commands.
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## Run a real pipeline twice: the second time nothing runs.
	@scripts/demo

test: ## Install what the tests need and run every check.
	@scripts/test

bench: ## Measure, and print ratios.
	@scripts/bench
