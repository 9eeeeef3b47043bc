# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Root file systems of Debian's suites, apart from the machine's own packages.

readonly DEBIAN=http://deb.debian.org/debian

# root_make "SUITE..." DIR PACKAGE...: with what these need. The first suite is the
# root's, from the others comes what is newer there. What is there already stays as it
# is.
root_make()
(
	local suites=$1 dir=$2 suite sources=() packages dates
	shift 2

	mkdir -p "$(dirname "$dir")"
	exec 9>"$dir.lock"
	flock 9
	[ ! -d "$dir" ] || return 0
	for suite in $suites; do
		sources+=("deb $DEBIAN $suite main")
	done
	packages=$(IFS=,; echo "$*")
	# Of how old a list may be, as the machine's own apt takes it.
	dates=$(apt-config dump Acquire::Check-Valid-Until)

	echo "roots: making one of $suites" >&2
	rm -rf "$dir.unfinished"
	# INITRD: the VMs have one of their own.
	INITRD=No mmdebstrap --quiet --mode=root --variant=apt --format=directory \
		--aptopt="$dates" --include="$packages" \
		"${suites%% *}" "$dir.unfinished" "${sources[@]}" >&2 &&
		mv "$dir.unfinished" "$dir"
)
