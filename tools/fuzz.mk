# SPDX-License-Identifier: GPL-2.0-only
#
# The fuzzer of a tool, tests/fuzz.c: what it is given first lies in tests/corpus, and
# what inputs are made of in tests/words. Before it is included FUZZ_OBJECTS says what
# it is linked from, and FUZZ_RUNS how many inputs a check takes.

FUZZ_SECONDS	?= 600

# Nobody types.
FUZZ		:= build/fuzzed/fuzz -dict=tests/words -artifact_prefix=build/

build/fuzzed/fuzz: $(FUZZ_OBJECTS) $(LIB)/libfreeflow.a
	$(CLANG) $(SANITIZE) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# The same inputs each time.
check-fuzz: build/fuzzed/fuzz
	@rm -rf build/corpus-check && mkdir build/corpus-check
	$(FUZZ) -seed=1 -runs=$(FUZZ_RUNS) -verbosity=0 \
		build/corpus-check tests/corpus </dev/null

fuzz: build/fuzzed/fuzz
	@mkdir -p build/corpus
	$(FUZZ) -max_total_time=$(FUZZ_SECONDS) build/corpus tests/corpus </dev/null

.PHONY: check-fuzz fuzz
