// SPDX-License-Identifier: GPL-2.0-only
/* Names, paths and process ids of network namespaces. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "netns.h"

static char dir[32];

/* Links stand for the mounts that "ip netns" makes. */
static int make_dir(void **state)
{
	char path[64];

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/ffctl-netns-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/c1", dir);
	if (symlink("/proc/self/ns/net", path))
		return -1;
	snprintf(path, sizeof(path), "%s/stale", dir);
	return symlink("/etc/passwd", path);
}

static int remove_dir(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/c1", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/stale", dir);
	unlink(path);
	return rmdir(dir);
}

static uint32_t own_inode(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	return st.st_ino;
}

static void check_opens(const char *word)
{
	struct stat st;
	int fd = netns_open(dir, word);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_ino, own_inode());
	close(fd);
}

static void names_paths_and_processes_open(void **state)
{
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", getpid());
	check_opens("c1");
	check_opens("/proc/self/ns/net");
	check_opens(pid);
}

static void what_is_no_network_namespace_does_not(void **state)
{
	(void)state;
	assert_int_equal(netns_open(dir, "stale"), -EINVAL);
	assert_int_equal(netns_open(dir, "."), -EINVAL);
	assert_int_equal(netns_open(dir, "/proc/self/ns/user"), -EINVAL);
	assert_int_equal(netns_open(dir, "none"), -ENOENT);
	assert_int_equal(netns_open(dir, "0"), -ENOENT);
	assert_int_equal(netns_open(dir, "-1"), -ENOENT);
}

static void an_inode_finds_its_name(void **state)
{
	struct netns_names names = { 0 };
	struct stat file;

	(void)state;
	assert_int_equal(stat("/etc/passwd", &file), 0);
	assert_string_equal(netns_lookup(&names, dir, own_inode()), "c1");
	assert_null(netns_lookup(&names, dir, file.st_ino));
	assert_null(netns_lookup(&names, dir, 0));
	netns_forget(&names);
	assert_null(netns_lookup(&names, "/no/such/dir", own_inode()));
	netns_forget(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_paths_and_processes_open),
		cmocka_unit_test(what_is_no_network_namespace_does_not),
		cmocka_unit_test(an_inode_finds_its_name),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
