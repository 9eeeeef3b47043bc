# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # what check has
#
# The parts of `make check` that need no VM.

cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/freeflow

# What checkpatch.pl asks of code in the kernel's tree only: LINUX_VERSION_CODE,
# CONSTANT_COMPARISON and NEW_TYPEDEFS are how kmod/compat knows versions; user
# space has no ARRAY_SIZE, __printf or WRITE_ONCE, returns errnos as they are and
# has long texts; and a "usage: " is no mention of usage().
readonly CHECKPATCH_MODULE=LINUX_VERSION_CODE,CONSTANT_COMPARISON,NEW_TYPEDEFS
readonly CHECKPATCH_USER=ARRAY_SIZE,PREFER_DEFINED_ATTRIBUTE_MACRO,VOLATILE,EMBEDDED_FUNCTION_NAME,USE_NEGATIVE_ERRNO,SPLIT_STRING,MISSING_SPACE

# Kernel headers that warn are not ours to mend: none does.
part_module()
{
	make module-clean KDIR="$kdir" &&
		make -j "$(nproc)" module KDIR="$kdir" W=1 C=1 2>&1 | tee "$tmp/build" &&
		! grep -E '(warning|error):' "$tmp/build"
}

part_userlib()
{
	make userlib && CMOCKA_MESSAGE_OUTPUT=TAP make -C userlib check
}

part_ffctl()
{
	make ffctl && CMOCKA_MESSAGE_OUTPUT=TAP make -C tools/ffctl check
}

part_cni()
{
	make cni && CMOCKA_MESSAGE_OUTPUT=TAP make -C tools/cni check
}

part_ffd()
{
	make ffd && CMOCKA_MESSAGE_OUTPUT=TAP make -C tools/ffd check
}

part_programs()
{
	make -C selftests && make -C selftests/bench
}

part_shellcheck()
{
	# What a script sources is checked by itself; SC2317 knows no functions
	# that are called by name, as check and wait_for do.
	grep -lrE --exclude-dir=.git --exclude-dir=build '^#!.*\<(ba)?sh$' . |
		xargs shellcheck -e SC1090,SC1091,SC2317 selftests/lib.sh
}

# Debian's headers come without checkpatch.pl; its kernel source has it.
fetch_checkpatch()
(
	local source=linux-source-${KRELEASE%%.0-*} unpacking download

	mkdir -p "$cache"
	exec 9>"$cache/lock"
	flock 9
	[ ! -d "$cache/checkpatch" ] || return 0
	unpacking=$(mktemp -d "$cache/unpacking.XXXXXX") || return
	trap 'rm -rf "$unpacking"' EXIT
	cd "$unpacking" || return
	download=(apt-get -qq -o "APT::Sandbox::User=root" download "$source")
	"${download[@]}" 2>/dev/null || { apt-get -qq update && "${download[@]}"; } || return
	mkdir checkpatch
	dpkg-deb --fsys-tarfile "$source"_*.deb |
		tar -xO "./usr/src/$source.tar.xz" |
		tar -xJ -C checkpatch --strip-components=2 "$source/scripts/checkpatch.pl" \
			"$source/scripts/spelling.txt" \
			"$source/scripts/const_structs.checkpatch" &&
		mv checkpatch "$cache/checkpatch"
)

# checkpatch IGNORED DIR...
checkpatch()
{
	local ignored=$1
	shift

	find "$@" -name build -prune -o -name '*.[ch]' ! -name '*.mod.c' -print0 |
		xargs -0 perl "$cache/checkpatch/checkpatch.pl" --no-tree \
			--no-summary --show-types --terse --quiet \
			--ignore "$ignored" -f
}

part_checkpatch()
{
	local rc=0

	fetch_checkpatch || return
	checkpatch "$CHECKPATCH_MODULE" kmod uapi || rc=1
	checkpatch "$CHECKPATCH_USER" userlib tools selftests || rc=1
	return $rc
}

part_spec()
{
	python3 selftests/spec.py
}

part_dkms()
{
	local version tree=$tmp/dkms
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

	mkdir -p "$tree/state" "$tree/modules/$KRELEASE" "$tree/src/freeflow-$version"
	cp -r dkms.conf Kbuild Makefile kmod uapi "$tree/src/freeflow-$version"
	dkms_do()
	{
		dkms "$@" -m freeflow -v "$version" -k "$KRELEASE" --no-depmod \
			--dkmstree "$tree/state" --sourcetree "$tree/src" \
			--installtree "$tree/modules"
	}
	dkms_do add && dkms_do build && dkms_do install &&
		modinfo "$tree/modules/$KRELEASE/updates/dkms/freeflow.ko" &&
		dkms_do remove && ! find "$tree/modules" -name '*.ko' | grep .
}

# deb_build VERSION DIR: Debian's packages of this tree, from a copy in DIR
deb_build()
{
	mkdir -p "$2/freeflow" &&
		cp -r debian dkms.conf Kbuild Makefile docs kmod uapi userlib tools "$2/freeflow" &&
		sed -i "1s/(.*)/($1)/" "$2/freeflow/debian/changelog" &&
		(cd "$2/freeflow" && dpkg-buildpackage -us -uc -b)
}

# What lintian has against them stands in debian/*.lintian-overrides with the
# reason, or is an error.
part_deb()
{
	deb_build "$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)" "$tmp/deb" &&
		lintian --fail-on error,warning --tag-display-limit 0 "$tmp"/deb/*.changes
}
