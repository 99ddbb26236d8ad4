# The commands of the project. `make help` lists them.

.PHONY: help demo test soak mistakes bench

help: ## List the commands.
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## Run a real pipeline twice: the second time nothing runs.
	@scripts/demo

test: ## Install what the tests need and run every check.
	@scripts/test

soak: ## Break it again and again for an hour (HOURS=1).
	@scripts/soak $(or $(HOURS),1)

mistakes: ## Plant mistakes, and see that each check catches its own.
	@scripts/mistakes

bench: ## Measure, and print ratios.
	@scripts/bench
