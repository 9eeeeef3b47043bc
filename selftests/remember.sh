# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # what check has
#
# What passed, so that a check that takes long can be stopped and goes on where it was:
# a file for each part, with its results and seconds, in a folder for the tree as it is,
# but for what is only read, and what it is checked for. They are kept beside the tests and
# go with `make clean`: a fresh clone has not passed anything.

memory=

# remember_for WHAT: nothing outside of a repository, as then no tree is known.
remember_for()
{
	local files tree

	files=$(git ls-files -co --exclude-standard -- :/ ':!docs' ':!*.md') || return 0
	tree=$({ tr '\n' '\0' <<<"$files" | xargs -0 sha256sum 2>/dev/null; echo "$1"; } |
		sha256sum | cut -c 1-16)
	memory=selftests/passed/$tree
	mkdir -p "$memory"
}

# remember PART PASSED SKIPPED SECONDS
remember()
{
	[ -z "$memory" ] || echo "${@:2}" >"$memory/$1"
}

# Counts what is remembered of a part, or fails.
recall()
{
	local results skips seconds

	[ -n "$memory" ] && [ -e "$memory/$1" ] || return
	read -r results skips seconds <"$memory/$1"
	((passed += results, skipped += skips))
	echo "### $1: passed before for this tree, $results results in $seconds s"
}
