# SPDX-License-Identifier: GPL-2.0
#
# make                        module, libfreeflow, ffctl, the CNI plugin and ffd
# make install                all of them; DESTDIR, PREFIX, INSTALL_MOD_PATH
# make clean
# make check [T=NAME]         what finds most, in some 20 minutes; or one part
# make check-ci               and bare, and what finds most on the debug kernel: .ci/run
# make check-long [T=NAME]    what make check does, and the rest, in more than an hour
# make check-all [T=NAME]     and that on both data paths, where one is enough
# make check-debug [T=NAME]   the tests in VMs on the debug kernel
# make check-race [T=NAME]    and on one that sees races of data
# make check-matrix [T="SUITE TEST..."]  other kernels and rdma-cores: docs/support.md
# make check-packages         Debian's packages in fresh Debian 12 and 13
# make chaos [T=30m] [SEED=N]     what may happen to a device, at random moments
# make soak [T=30m] [SEED=N]      load of all verbs on two hosts; T has h, m or seconds
# make fuzz [T=30m] [SEED=N]      what the module is given, guided by what it reaches
# make bench [S=SECTION]      against the bare device; fills in docs/performance.md
# make demo                   two hosts, a container on each
#
# KDIR=DIR selects the kernel to build for: by default the running one, else the
# newest whose headers are installed.
#
# The longer ones of check go on where they were stopped, with the tests in VMs that have
# not passed for this tree, until make clean. T of the others may be several, T=ring,ud, or
# have arguments of the test behind its name: T="verbs ring".
#
# T of check-matrix is the kernel of one Debian suite, and tests.
#
# What fuzz finds lies in selftests/fuzz/out, a file for each of what it fuzzes: the one
# beside it of the same name is what it begins with, and is to be replaced by hand.
#
# check and those like it, chaos, soak, fuzz, bench and demo run as root on Debian; they
# install the packages they need.

# Of the kernel that the VMs boot: Debian's stock one.
KRELEASE = $(shell selftests/vm/run -K)
running := /lib/modules/$(shell uname -r)/build
newest  := $(shell ls -d /lib/modules/*/build/ 2>/dev/null | sort -V | tail -n 1)
KDIR    ?= $(or $(wildcard $(running)),$(newest:/=))

INSTALL_MOD_PATH ?= $(DESTDIR)
export INSTALL_MOD_PATH

all: module userlib ffctl cni ffd

module:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

userlib:
	$(MAKE) -C userlib

ffctl: userlib
	$(MAKE) -C tools/ffctl

cni: userlib
	$(MAKE) -C tools/cni

ffd: userlib
	$(MAKE) -C tools/ffd

install: all
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	$(MAKE) -C userlib install
	$(MAKE) -C tools/ffctl install
	$(MAKE) -C tools/cni install
	$(MAKE) -C tools/ffd install

module-clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean

clean: module-clean
	$(MAKE) -C userlib clean
	$(MAKE) -C tools/ffctl clean
	$(MAKE) -C tools/cni clean
	$(MAKE) -C tools/ffd clean
	$(MAKE) -C selftests clean
	$(MAKE) -C selftests/bench clean

PACKAGE_LISTS := selftests/packages

packages:
	@missing=; \
	for package in $$(sed 's/#.*//' $(PACKAGE_LISTS)); do \
		dpkg-query -W -f '$${db:Status-Status}\n' $$package 2>/dev/null | \
			grep -qx installed || missing="$$missing $$package"; \
	done; \
	[ -z "$$missing" ] || { \
		apt-get update && DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends $$missing; \
	}

check: packages
	@KRELEASE=$(KRELEASE) selftests/check $(T)

# Half an hour, and 15 minutes more where the debug kernel has to be built.
DEBUG_TESTS := ring,verbs,windows,fuzz-guided,faults

# And whether the test programs ask for what the bare device does.
check-ci: check
	$(MAKE) check T=bare
	$(MAKE) check-debug T=$(DEBUG_TESTS)

check-long: packages
	@KRELEASE=$(KRELEASE) selftests/check -l $(T)

check-all: packages
	@KRELEASE=$(KRELEASE) selftests/check -a $(T)

check-debug check-race: PACKAGE_LISTS += selftests/packages-debug
check-debug: packages
	@KRELEASE=$(KRELEASE) selftests/check -d $(T)

check-race: packages
	@KRELEASE=$(KRELEASE) selftests/check -r $(T)

check-matrix: packages
	@KRELEASE=$(KRELEASE) selftests/matrix $(T)

check-packages: packages
	selftests/packages-roots

chaos soak fuzz: T ?= 30m
chaos soak fuzz: SEED ?= $(shell date +%s)
chaos soak fuzz: SPAN = $$(($(patsubst %h,%*3600,$(patsubst %m,%*60,$(T)))))

chaos: packages
	$(MAKE) KDIR=/lib/modules/$(KRELEASE)/build
	$(MAKE) -C selftests
	selftests/vm/run -k $(KRELEASE) -t $$(($(SPAN) + 900)) \
		selftests/test-chaos.sh $(SEED) $(SPAN)

soak: packages
	$(MAKE) KDIR=/lib/modules/$(KRELEASE)/build
	$(MAKE) -C selftests
	selftests/vm/run -n 2 -k $(KRELEASE) -t $$(($(SPAN) + 1200)) \
		selftests/soak.sh $(SPAN) $(SEED)

# Five of them, a share of the time for each; the debug kernel has five times the limit.
fuzz: PACKAGE_LISTS += selftests/packages-debug
fuzz: packages
	$(MAKE) KDIR=/lib/modules/$(KRELEASE)/build
	$(MAKE) -C selftests
	selftests/vm/run -k debug -t $$(($(SPAN) / 5 + 300)) -o selftests/fuzz/out \
		selftests/test-fuzz-guided.sh $(SEED) $$(($(SPAN) / 5))

bench: PACKAGE_LISTS += selftests/packages-bench
bench: packages
	$(MAKE) KDIR=/lib/modules/$(KRELEASE)/build
	$(MAKE) -C selftests
	$(MAKE) -C selftests/bench
	KRELEASE=$(KRELEASE) selftests/bench/run $(S)

demo: packages
	$(MAKE) KDIR=/lib/modules/$(KRELEASE)/build
	$(MAKE) -C selftests
	selftests/vm/run -n 2 -k $(KRELEASE) selftests/demo.sh

.PHONY: all module userlib ffctl cni ffd install module-clean clean packages check check-long check-all check-debug check-race check-matrix check-packages chaos soak fuzz demo bench
