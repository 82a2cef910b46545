# The targets of a homework with C++ or CUDA. A Makefile sets MODULES and includes this file:
#
#     MODULES := src/ndarray_backend_cpu.cc=python/needle/backend_ndarray/ndarray_backend_cpu
#     include native/targets.mk

PYTHON ?= python3
BUILD := $(PYTHON) $(dir $(lastword $(MAKEFILE_LIST)))build.py
# what `make cuda-check` runs, and in which order of threads
TESTS ?= tests -k cuda
SEED ?= 1

.DEFAULT_GOAL := all
.PHONY: all native clean cuda-check

all native:  # build the modules in place
	$(BUILD) $(MODULES)

cuda-check:  # run the tests of CUDA on the CPU, with AddressSanitizer and the threads out of order
	$(BUILD) --cuda emulated --sanitize address $(MODULES)
	CUDA_EMULATION_ORDER=$(SEED) $(BUILD) --run-sanitized $(PYTHON) -m pytest $(TESTS); \
	result=$$?; $(BUILD) $(MODULES) && exit $$result

clean:  # remove what was built
	rm -rf build/native
	rm -f $(foreach module,$(MODULES),$(lastword $(subst =, ,$(module))).*so)
