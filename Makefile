# Two commands do everything: `make run` and `make test`. Both install what they need into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check soak pocket fmt lock audit bench backup restore clean

run: ## Start: the Discord bot with DISCORD_TOKEN set, else the terminal chat.
	@$(PYTHON) install.py
	@$(BIN)/python -m bot

test: ## Format, lint, types, import contracts, all tests.
	@$(PYTHON) install.py --dev
	@$(MAKE) --no-print-directory check

check: # What `make test` runs once everything is installed.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 4 --dist worksteal

soak: ## Ten minutes of random faults under twenty members (SOAK_SECONDS and SOAK_SEED change it).
	@$(PYTHON) install.py --dev
	SOAK_SECONDS=$${SOAK_SECONDS:-600} $(BIN)/python -m pytest tests/test_soak.py -n 0

pocket: ## Train the toy models anew (under two hours on two cores; it goes on where it was broken off) and grade them.
	@$(PYTHON) install.py --dev
	$(BIN)/python -m training
	$(BIN)/python -m bench pocket --weights data/training/weights

fmt: ## Format the code and mend what ruff can mend.
	@$(PYTHON) install.py --dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## Write all lock files anew from pyproject.toml (needs the network).
	@$(PYTHON) install.py --dev
	$(BIN)/pip install --quiet uv==0.13.9
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes \
		--no-emit-package torch --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate --output-file requirements.lock
	@for group in hosted-openai hosted-anthropic dev; do \
		$(BIN)/uv pip compile --group $$group --quiet --universal --generate-hashes \
			--constraint requirements.lock --no-emit-index-url --no-emit-find-links \
			--no-header --no-annotate --output-file requirements-$$group.lock || exit 1; \
	done

audit: ## Ask for known holes in what is installed, and write sbom.json with each licence (needs the network).
	@$(PYTHON) install.py --dev
	$(BIN)/pip install --quiet uv==0.13.9
	$(BIN)/uv tool run --from cyclonedx-bom==7.5.0 cyclonedx-py environment $(BIN)/python \
		--output-file sbom.json
	$(BIN)/uv tool run --from pip-audit==2.10.1 pip-audit --strict --progress-spinner off \
		--path "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

backup: ## Write the data folder into FILE=….tar.gz, also while the bot runs.
	@$(BIN)/python -m bot backup "$(FILE)"

restore: ## Let the data folder be what FILE=….tar.gz holds, while no bot runs on it.
	@$(BIN)/python -m bot restore "$(FILE)"

clean: ## Remove the virtual environment and every cache; the data folder stays.
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
