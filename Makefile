# make help   show these lines
# make setup  set up .venv
# make run    set up .venv, run the demonstration, and say what came out
#             with GPU=1, both are for one NVIDIA GPU, and with GPU=nccl for several, as .venv then remembers; GPU=0 is
#             for CPUs: docs/gpu.md
# make report open the report in a browser
# make clean  delete results, logs and benchmarks, after asking; .venv and downloads stay
# make test   set up .venv with the test tools and run all tests; in a .venv for a GPU, those of the GPU
# make coverage   the same, a sixth slower, and print which lines of the package they left out; what runs in processes
#                 that tests start, such as the ranks and the jobs of the workflow, is not counted
# make lint   check the style of all code, and the types of the package
# make lock   resolve the dependencies of pyproject.toml anew
# make docs   write anew what is made of other files: the training options in the schema, and the reference in docs/
# make site   build the documentation as a website, site/index.html
# make links  ask whether the addresses of others that the documentation names still answer; it takes a network

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Settings of a user that would keep packages out of .venv, or others in its way, or have all code compiled at each start.
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_DRY_RUN PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
unexport UV_CONSTRAINT UV_OVERRIDE UV_EXCLUDE UV_EXCLUDE_NEWER UV_NO_VERIFY_HASHES UV_PROJECT UV_WORKING_DIR

# .venv is for CPUs, for a GPU or for several, and a file in it says which. A variable GPU of the user's shell means
# something else.
ifneq ($(origin GPU),command line)
override GPU :=
endif
MADE_FOR := $(shell cat .venv/kind 2>/dev/null || { test ! -e .venv/python || echo cpu; })
KIND_ := $(or $(MADE_FOR),cpu)
KIND_0 := cpu
KIND_1 := gpu
KIND_nccl := nccl
KIND := $(KIND_$(GPU))
$(if $(KIND),,$(error GPU=$(GPU) is neither GPU=1, for one GPU, nor GPU=nccl, for several, nor GPU=0, for CPUs))

NAME_cpu := CPUs
NAME_gpu := one GPU
NAME_nccl := several GPUs
LOCKS_cpu := envs/requirements.txt envs/requirements-horovod.txt
LOCKS_gpu := envs/requirements-gpu.txt
LOCKS_nccl := envs/requirements-gpu.txt envs/requirements-horovod.txt envs/requirements-nvcc.txt
HOROVOD_cpu := .venv/horovod
HOROVOD_nccl := .venv/horovod
PATCH_nccl := envs/horovod-nccl.patch
TESTS_gpu := tests/integration/test_gpu.py
TESTS_nccl := tests/integration/test_gpu.py tests/integration/test_nccl.py
GPUS_gpu := 1
GPUS_nccl := 2
CONFIGURE_gpu := --configfile config/one_gpu.yaml
PARTS := .venv/requirements $(HOROVOD_$(KIND)) .venv/package .venv/compiled

# A stage of the set-up, which says what it does, and how many seconds that took.
stage = @echo "$(1) ..."; start=$$(date +%s); $(2) && touch $@ && echo "$(1): $$(($$(date +%s) - start)) s"

.PHONY: run help report clean test coverage lint lock docs site links setup

ifneq ($(KIND),cpu)
# Whether there are GPUs, one for each worker, is asked before there are any packages, and again with TensorFlow.
.PHONY: gpu
gpu:
	@$(PYTHON_FITS)
	@PYTHONPATH=workflow/scripts $(PYTHON) -m deepgalaxy.gpu --gpus $(GPUS_$(KIND)) > /dev/null
ANY_GPU := gpu
CHECK_GPU := python -m deepgalaxy.gpu --gpus $(GPUS_$(KIND)) tensorflow
endif

# Ctrl-C ends make by itself. With an error status of Snakemake beside it, make would say so in a line of its own.
run: $(ANY_GPU) $(PARTS)
	@$(CHECK_GPU)
	@trap 'exit 0' INT; snakemake --profile profiles/local --logger deepgalaxy $(CONFIGURE_$(KIND))
	@python -m deepgalaxy.report.outcome results config/config.yaml

help:
	@sed -n '/^#/!q; s/^# //p' $(firstword $(MAKEFILE_LIST))

REPORT := results/report.html
report:
	@test -e $(REPORT) || { echo "There is no $(REPORT) yet; make run writes it." >&2; exit 1; }
	@echo $(REPORT)
	@$(PYTHON) -m webbrowser "file://$(CURDIR)/$(REPORT)" > /dev/null

MADE := $(wildcard results logs benchmarks)
clean:
	@test -n "$(MADE)" || { echo "There is nothing to delete."; exit 0; }; \
	du -sh $(MADE); printf 'Delete them? [y/N] '; read -r answer; \
	case "$$answer" in [yY]*) rm -r $(MADE) ;; *) echo "Nothing was deleted." ;; esac

# Two processes compute and a third one mostly waits for SLURM; a file of tests stays in one of them (tests/conftest.py).
PYTEST := pytest --numprocesses 4 --durations 10 $(TESTS_$(KIND))

test: setup .venv/tested-with
	$(PYTEST)

coverage: setup .venv/tested-with
	$(PYTEST) --cov

lint: setup .venv/tested-with
	ruff check
	ruff format --check
	mypy
	snakefmt --check --format-shell Snakefile rules
	snakemake --lint

lock: .venv/python
	python envs/lock.py

docs: setup
	python -m deepgalaxy.training.describe_options
	python docs/site/reference.py
	python docs/site/rule_picture.py

site: .venv/documented-with
	python -m sphinx -W --keep-going -q -c docs/site . site

links: .venv/documented-with
	python -m sphinx -b linkcheck -q -c docs/site . site/links

setup: $(PARTS)
ifneq ($(KIND),cpu)
	@$(CHECK_GPU) || echo "All is set up nevertheless, for where there $(if $(HOROVOD_$(KIND)),are GPUs,is a GPU)." >&2
endif

PYTHON_FITS = $(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	{ echo "Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is not one of them: make PYTHON=python3.11" >&2; exit 1; }

.venv/python:
	@$(PYTHON_FITS)
	$(call stage,Environment .venv,$(PYTHON) -m venv .venv && echo $(KIND) > .venv/kind)

.venv/requirements: .venv/python envs/install.py envs/requirements-uv.txt $(LOCKS_$(KIND))
	$(call stage,Packages of $(firstword $(LOCKS_$(KIND))),.venv/bin/python envs/install.py $(LOCKS_$(KIND)))

ifneq ($(KIND),$(or $(MADE_FOR),$(KIND)))
.PHONY: other-kind
other-kind:
	@echo "This .venv is for $(NAME_$(MADE_FOR)), and GPU=$(GPU) is for $(NAME_$(KIND)): delete it (rm -r .venv) and run" \
		"this again; what was downloaded stays in uv's cache." >&2; exit 1
.venv/requirements .venv/python: other-kind
endif

.venv/horovod: .venv/requirements envs/train.post-deploy.sh $(PATCH_$(KIND))
	$(call stage,Horovod,envs/train.post-deploy.sh $(KIND))

.venv/package: .venv/requirements pyproject.toml
	$(call stage,Command deepgalaxy,.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps \
		--no-build-isolation --editable .)

.venv/compiled: .venv/package workflow/scripts/deepgalaxy/simulation/gravity.py
	$(call stage,Gravity of the simulations,.venv/bin/python -c "from deepgalaxy.simulation.gravity import compile_all; compile_all()")

.venv/tested-with: .venv/requirements envs/requirements-docs.txt envs/requirements-test.txt
	$(call stage,Packages of the tests,.venv/bin/python envs/install.py $(filter %-docs.txt %-test.txt,$^))

.venv/documented-with: .venv/python envs/requirements-docs.txt
	$(call stage,Packages of the website,.venv/bin/python envs/install.py envs/requirements-docs.txt)
