# make setup  set up .venv
# make run    set up .venv and run the demonstration
# make test   set up .venv with the test tools and run all tests
# make coverage   the same, a sixth slower, and print which lines of the package they left out; what runs in processes
#                 that tests start, such as the ranks and the jobs of the workflow, is not counted
# make lint   check the style of all code, and the types of the package
# make lock   resolve the dependencies of pyproject.toml anew
# make docs   write what the schema and config/README.md say of the training options anew

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PIP := .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps
# Settings of a user that would keep packages out of .venv, or others in its way.
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_DRY_RUN PYTHONPATH PYTHONHOME

.PHONY: run test coverage lint lock docs setup

run: setup
	snakemake --profile profiles/local
	@echo "The report is results/report.html"

# The tests on a cluster mostly wait for SLURM, so the others run beside them.
test: setup .venv/tested-with
	@pytest tests/slurm >.venv/tests_on_a_cluster.txt 2>&1 & cluster=$$!; \
	pytest --ignore tests/slurm; others=$$?; \
	echo "The tests on a cluster, which have run at the same time:"; \
	wait $$cluster; on_cluster=$$?; cat .venv/tests_on_a_cluster.txt; \
	[ $$others -eq 0 ] && [ $$on_cluster -eq 0 ]

coverage: setup .venv/tested-with
	pytest --cov

lint: setup .venv/tested-with
	ruff check
	ruff format --check
	mypy
	snakefmt --check --format-shell Snakefile rules
	snakemake --lint

lock: .venv/tested-with
	python envs/lock.py

docs: setup
	python -m deepgalaxy.training.describe_options

setup: .venv/horovod .venv/package

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is not one of them: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/requirements: .venv/python envs/requirements.txt envs/requirements-horovod.txt
	@echo "Installing the packages of envs/requirements.txt (2 GB on disk) ..."
	$(PIP) -r envs/requirements.txt -r envs/requirements-horovod.txt
	.venv/bin/python envs/check_installed.py envs/requirements.txt envs/requirements-horovod.txt
	@touch $@

.venv/horovod: .venv/requirements envs/train.post-deploy.sh
	envs/train.post-deploy.sh
	@touch $@

.venv/package: .venv/requirements pyproject.toml
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@

.venv/tested-with: .venv/requirements envs/requirements-test.txt
	$(PIP) -r envs/requirements-test.txt
	.venv/bin/python envs/check_installed.py envs/requirements-test.txt
	@touch $@
