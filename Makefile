# One build configuration for everything: numeric tests are hundreds of times slower without optimisation,
# and tests keep a folder of their own, because what `@testable` needs would rebuild the product at every turn.
SWIFT ?= swift
# For example SWIFT_FLAGS="-Xcc -march=x86-64-v3", or --static-swift-stdlib to install where Swift is not.
SWIFT_FLAGS ?=
PREFIX ?= /usr/local
PYTHON ?= python3
# Tests are built without debug information, which takes a tenth of their compile time; TEST_FLAGS= to debug one.
TEST_FLAGS ?= -Xswiftc -gnone
# For example BENCH="frequency --python path/to/venv/bin/python"; BENCH=--help lists the rest.
BENCH ?=
# For example FUZZ="--minutes 60 --targets pickle,zip"; FUZZ=--help lists the rest.
FUZZ ?=
# For example COVERAGE="--simulations 2000 --seed 1".
COVERAGE ?=
# For example CERTIFICATES="--count 30 --trained 10 --only random,trained".
CERTIFICATES ?=
# Whose mpi.h and library `make mpi` builds with; mpirun must be of the same MPI.
MPICC ?= mpicc
MPIRUN ?= mpirun
# For example FAULTS="--kills 20 --only pretrain,disk".
FAULTS ?=
# For example KERNELS="Haswell Nehalem", or KERNELS=all; Scripts/check_numbers.sh says more.
KERNELS ?=

BUILD = $(SWIFT) build -c release $(SWIFT_FLAGS)
MPI_BUILD = $(SWIFT) build -c release --scratch-path .build-mpi --traits MPI $(SWIFT_FLAGS)
# Asked of SwiftPM when used: the folder's name holds the platform.
BIN = $(shell $(BUILD) --show-bin-path)
MPI_BIN = $(shell $(MPI_BUILD) --show-bin-path)
LIBEXEC = $(DESTDIR)$(PREFIX)/libexec/mff-inspect
SHARE = $(DESTDIR)$(PREFIX)/share

# The command and its bundled data stay together, as the program looks for them beside itself.
define installed_from
set -ex; ls -d "$(1)"/*_Fixtures.resources >/dev/null; \
mkdir -p "$(LIBEXEC)" "$(DESTDIR)$(PREFIX)/bin"; \
rm -rf "$(LIBEXEC)"/*_Fixtures.resources; \
cp -R "$(1)"/*_Fixtures.resources "$(LIBEXEC)/"; \
install -m 755 "$(1)/mff-inspect" "$(LIBEXEC)/mff-inspect"; \
ln -sf ../libexec/mff-inspect/mff-inspect "$(DESTDIR)$(PREFIX)/bin/mff-inspect"; \
mkdir -p "$(SHARE)/bash-completion/completions" "$(SHARE)/zsh/site-functions" "$(SHARE)/fish/vendor_completions.d"; \
"$(1)/mff-inspect" --generate-completion-script bash > "$(SHARE)/bash-completion/completions/mff-inspect"; \
"$(1)/mff-inspect" --generate-completion-script zsh > "$(SHARE)/zsh/site-functions/_mff-inspect"; \
"$(1)/mff-inspect" --generate-completion-script fish > "$(SHARE)/fish/vendor_completions.d/mff-inspect.fish"
endef

.DEFAULT_GOAL := help
.PHONY: help demo build test check-numbers check-kernels sanitize lint check-coverage check-certificates check-report check-faults mpi check-mpi fuzz \
  fuzz-replay fuzz-build install install-mpi bench \
  bench-mpi fixtures docs deps clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## build, then draw the spectrum of the bundled checkpoint's layers
	"$(BIN)/mff-inspect" frequency Fixtures/ckpt.bin
	@echo "The figure is $(CURDIR)/frequency.png"

build: deps ## the release binary
	$(BUILD) --product mff-inspect

mpi: deps ## the release binary that divides its work under mpirun, in .build-mpi
	@MPICC="$(MPICC)" Scripts/install_dependencies.sh mpi
	flags=$$(Scripts/mpi_flags.sh "$(MPICC)") && $(MPI_BUILD) $$flags --product mff-inspect

check-mpi: build mpi ## the same results from 1, 2 and 4 ranks, and a quick end when one of them dies
	@MPICC="$(MPICC)" Scripts/install_dependencies.sh check-mpi
	$(PYTHON) Scripts/check_mpi.py "$(MPI_BIN)/mff-inspect" "$(BIN)/mff-inspect" .build-mpi/check \
	  --mpirun "$(MPIRUN)"

test: deps ## build and run all tests but the long comparisons, which check-numbers runs
	$(SWIFT) test -c release --scratch-path .build-tests $(SWIFT_FLAGS) $(TEST_FLAGS) --skip '[.][A-Za-z]*LongTests/'

check-numbers: deps ## numeric tests and long comparisons, with two kernels of OpenBLAS (KERNELS=all for each that can run)
	@SWIFT="$(SWIFT)" KERNELS="$(KERNELS)" Scripts/check_numbers.sh $(SWIFT_FLAGS) $(TEST_FLAGS)

sanitize: deps ## all tests under the thread sanitizer, then under the address sanitizer (about an hour on four cores)
	@SWIFT="$(SWIFT)" Scripts/sanitize.sh thread $(SWIFT_FLAGS)
	@SWIFT="$(SWIFT)" Scripts/sanitize.sh address $(SWIFT_FLAGS)

lint: ## formatting, memory safety, and nothing unfinished or bound to one machine
	$(SWIFT) format lint --strict --recursive Sources Tests Fixtures Benchmarks Coverage Fuzzing Package.swift
	@! grep -rnE '\b(TODO|FIXME|XXX)\b|[" (]/(home|root|work|Users)/' --include='*.swift' --include='*.[chm]*' \
	  --include='*.py' --include='*.sh' --include='*.sbatch' Sources Tests Fixtures Scripts Benchmarks Coverage Fuzzing/Sources Package.swift \
	  || { echo 'lint: unfinished work, or a path of one machine (above)' >&2; exit 1; }
	@! awk -v RS='\n    [.]' '/^(executableT|t)arget\(/ && !/name: "(PNGCodec|MPIShim|ProcessorProbe)"/ && !/swiftSettings: settings/' Package.swift | grep . \
	  && grep -q '^  [.]strictMemorySafety(),$$' Package.swift \
	  || { echo 'lint: a Swift target without strict memory safety (above), or `settings` without it' >&2; exit 1; }

check-coverage: ## how often intervals contain the truth, 20,000 simulations a claim (COVERAGE="--simulations 2000" for a tenth)
	$(SWIFT) run -c release $(SWIFT_FLAGS) --package-path Coverage --scratch-path .build-coverage coverage $(COVERAGE)

check-certificates: build .build/certificates/venv ## what hessian certifies, against PyTorch in double precision (an hour; CERTIFICATES for less)
	.build/certificates/venv/bin/python Scripts/check_certificates.py "$(BIN)/mff-inspect" .build/certificates $(CERTIFICATES)

# PyTorch without a GPU's libraries is enough.
.build/certificates/venv: Scripts/requirements.txt
	$(PYTHON) -m venv $@
	grep -E '^(torch|numpy|pillow|safetensors)==' $< > $@/requirements.txt
	$@/bin/pip install -q --extra-index-url https://download.pytorch.org/whl/cpu -r $@/requirements.txt
	@touch $@

check-report: build ## make the report of the bundled models and look at it with a headless browser
	@Scripts/install_dependencies.sh report
	$(PYTHON) Scripts/check_report.py "$(BIN)/mff-inspect" .build/report-check

check-faults: build ## kill it 200 times, fill its disk, move its clock, and look at what is left (half an hour; FAULTS for less)
	@Scripts/install_dependencies.sh faults
	$(PYTHON) Scripts/check_faults.py "$(BIN)/mff-inspect" .build/faults $(FAULTS)

check-kernels: build ## the right matrix kernel with OpenBLAS of Debian 11, 12 and 13 in all builds (downloads 60 MB; two minutes)
	@Scripts/install_dependencies.sh kernels
	$(PYTHON) Scripts/check_kernels.py "$(BIN)/mff-inspect" .build/kernels

fuzz: fuzz-build ## throw damaged files at every reader of files, ten minutes by default
	$(PYTHON) Scripts/fuzz.py .build-fuzz/release/fuzz $(FUZZ)

fuzz-replay: fuzz-build ## read all files once that fuzzing found worth keeping, former crashes among them
	$(PYTHON) Scripts/fuzz.py .build-fuzz/release/fuzz --replay

# swiftc obeys one -sanitize only, SwiftPM passes one for each: the last names both.
fuzz-build: deps
	$(SWIFT) build -c release --sanitize=fuzzer --sanitize=address -Xswiftc -sanitize=fuzzer,address \
	  --package-path Fuzzing --scratch-path .build-fuzz --product fuzz

install: build ## the command, its bundled data and shell completions into PREFIX (default /usr/local)
	@$(call installed_from,$(BIN))

install-mpi: mpi ## the same of the build that divides its work under mpirun
	@$(call installed_from,$(MPI_BIN))

bench: build ## time and memory against PyTorch, in alternating pairs
	$(SWIFT) build -c release $(SWIFT_FLAGS) --package-path Benchmarks --scratch-path .build-benchmarks
	$(PYTHON) Benchmarks/run.py --binary "$(BIN)/mff-inspect" $(BENCH)

bench-mpi: mpi ## several ranks against one, and what an exchange between them takes (twelve minutes; BENCH for less)
	$(PYTHON) Benchmarks/run_mpi.py --binary "$(MPI_BIN)/mff-inspect" --mpicc "$(MPICC)" \
	  --mpirun "$(MPIRUN)" $(BENCH)

fixtures: build ## train the bundled models anew (half an hour on three cores); what is interrupted goes on
	Scripts/make_fixtures.sh "$(BIN)/mff-inspect" Fixtures

docs: deps ## the modules' documentation as a web site
	@SWIFT="$(SWIFT)" Scripts/make_documentation.sh

deps: ## install the Debian packages that are missing
	@Scripts/install_dependencies.sh

clean: ## remove everything built
	rm -rf .build .build-tests .build-docs .build-bench .build-benchmarks .build-coverage .build-fuzz .build-sanitize-thread \
	  .build-sanitize-address .build-mpi
