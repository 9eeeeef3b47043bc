# SPDX-License-Identifier: GPL-2.0-only
#
# How the objects of a tool are made: in build/plain, in build/sanitized under the
# sanitizers, and in build/fuzzed for libFuzzer. Before it is included PACKAGES
# says what they need of pkg-config, and TOOL_CFLAGS what else.

.DEFAULT_GOAL	:= all

INSTALL		?= install
PKG_CONFIG	?= pkg-config
# With libFuzzer.
CLANG		?= clang

LIB		:= ../../userlib

CFLAGS		?=
ALL_CFLAGS	:= -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror \
		   -Wno-missing-field-initializers -O2 -g -MMD -MP \
		   -I. -I$(LIB) -I$(LIB)/build/include -I$(LIB)/tests $(TOOL_CFLAGS) \
		   $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
LIBS		:= $(shell $(PKG_CONFIG) --libs $(PACKAGES))
SANITIZE	:= -fsanitize=address,undefined -fno-sanitize-recover=all

# The library's own Makefile knows when it is up to date.
$(LIB)/libfreeflow.a: FORCE
	$(MAKE) -C $(LIB) libfreeflow.a

build/plain/%.o: %.c | $(LIB)/libfreeflow.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(CFLAGS) -c -o $@ $<

build/sanitized/%.o: %.c | $(LIB)/libfreeflow.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(SANITIZE) $(CFLAGS) -c -o $@ $<

build/fuzzed/%.o: %.c | $(LIB)/libfreeflow.a
	@mkdir -p $(@D)
	$(CLANG) $(ALL_CFLAGS) $(SANITIZE) -fsanitize=fuzzer-no-link -c -o $@ $<

.PHONY: FORCE
.SECONDARY:

-include $(wildcard build/*/*.d build/*/*/*.d)
