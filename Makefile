# Every target sets up what it needs first; `make help` lists them. PYTHON is any Python 3.11 or newer,
# as in `make course PYTHON=python3.12`; only relative paths are used, so that folders may have spaces.

PYTHON = python3
IN_VENV = .venv/bin/python

.PHONY: help course gallery lab test check-long notebooks lint bench environment test-environment

help:
	@echo "make course       set up .venv and open the course in JupyterLab (ARGS=--no-browser: only print its address)"
	@echo "make gallery      set up and serve all demos, in large type, for a projector"
	@echo "make lab          set up and serve the GAN lab alone, in large type, for a projector"
	@echo "make test         set up and run everything that CI runs: lint, tests, lectures, a browser"
	@echo "make check-long   set up and run what takes long: soaks, kill runs, anchors against published tables"
	@echo "make notebooks    execute notebooks/source into notebooks (ONLY=02: one lecture)"
	@echo "make lint         check the code's style, the lectures' too (FIX=1: mend what can be mended)"
	@echo "make bench        measure and print the table of ratios"

course: environment
	@$(IN_VENV) -m gancourse course $(ARGS)

gallery: test-environment
	@$(IN_VENV) -m gancourse gallery $(ARGS)

lab: test-environment
	@$(IN_VENV) -m gancourse lab $(ARGS)

test: test-environment
	@$(IN_VENV) tools/checks.py $(ARGS)

check-long: test-environment
	@$(IN_VENV) tools/checks.py long $(ARGS)

notebooks: test-environment
	@$(IN_VENV) tools/notebooks.py $(ONLY)

lint: test-environment
	@$(IN_VENV) tools/checks.py $(if $(FIX),mend,lint)

bench: test-environment
	@$(IN_VENV) -m benchmarks $(ARGS)

environment:
	@"$(PYTHON)" tools/setup.py course

test-environment:
	@"$(PYTHON)" tools/setup.py test
