# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # what sources it has top
#
# The sources of the module, and of that which makes faults happen, copied to where they
# are built for another kernel than the machine's.

sources_of()
{
	(cd "$1" && find Kbuild kmod uapi selftests/vm/faults -type f \
		\( -name Kbuild -o -name '*.[ch]' \) ! -name '*.mod.c')
}

# A file that has changed is new to make, whatever its time in the tree.
copy_sources()
{
	local dir=$1 file

	sources_of "$top" | while read -r file; do
		cmp -s "$top/$file" "$dir/$file" || (cd "$top" && cp --parents "$file" "$dir")
	done
	sources_of "$dir" | while read -r file; do
		[ -e "$top/$file" ] || rm "$dir/$file"
	done
}
