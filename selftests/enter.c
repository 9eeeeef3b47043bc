// SPDX-License-Identifier: GPL-2.0
/*
 * enter [-u] NETNS COMMAND...
 *	Becomes COMMAND in a container: the named network namespace with a /sys
 *	of its own, no limit of locked memory, and in /dev/infiniband nothing but
 *	rdma_cm and the nodes of the devices on the interfaces that are there.
 *	-u: as nobody, without capabilities.
 *
 * Linked statically, as it runs before each program of a test.
 */

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NODES		"/dev/infiniband"
#define NOBODY		65534

static void die(const char *what)
{
	fprintf(stderr, "enter: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void join(const char *name)
{
	char path[PATH_MAX];
	int netns;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0 || setns(netns, CLONE_NEWNET))
		die(path);
	if (unshare(CLONE_NEWNS) ||
	    mount("", "/", NULL, MS_SLAVE | MS_REC, NULL) ||
	    umount2("/sys", MNT_DETACH) ||
	    mount(name, "/sys", "sysfs", 0, NULL))
		die("a mount namespace");
}

/* The first line of an attribute in sysfs, "" if there is none. */
static void read_attribute(char *line, int size, const char *dir,
			   const char *name)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	if (!file || !fgets(line, size, file))
		line[0] = '\0';
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
}

/*
 * A device's GUID is the EUI-64 of its interface's address. Returns 0 for an
 * interface with no such address.
 */
static int guid_of(char guid[20], const char *address)
{
	unsigned char mac[6];

	if (sscanf(address, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1],
		   &mac[2], &mac[3], &mac[4], &mac[5]) != 6)
		return 0;
	snprintf(guid, 20, "%02x%02x:%02xff:fe%02x:%02x%02x", mac[0] ^ 2,
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	return 1;
}

static int is_here(const char *device, const glob_t *interfaces)
{
	char dir[PATH_MAX], guid[64], address[64], own[20];
	size_t i;

	snprintf(dir, sizeof(dir), "/sys/class/infiniband/%s", device);
	read_attribute(guid, sizeof(guid), dir, "node_guid");
	for (i = 0; i < interfaces->gl_pathc; i++) {
		read_attribute(address, sizeof(address),
			       interfaces->gl_pathv[i], "address");
		if (guid_of(own, address) && strcmp(own, guid) == 0)
			return 1;
	}
	return 0;
}

static void make_node(const char *name, dev_t number)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), NODES "/%s", name);
	if (mknod(path, S_IFCHR | 0666, number))
		die(path);
}

static void make_nodes(void)
{
	glob_t nodes = { 0 }, interfaces = { 0 };
	unsigned int major, minor;
	struct stat rdma_cm;
	char text[64];
	size_t i;

	if (stat(NODES "/rdma_cm", &rdma_cm))
		die(NODES "/rdma_cm");
	if (mount("nodes", NODES, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755"))
		die(NODES);
	umask(0);
	make_node("rdma_cm", rdma_cm.st_rdev);

	glob("/sys/class/net/*", 0, NULL, &interfaces);
	glob("/sys/class/*/ffverbs*", 0, NULL, &nodes);
	for (i = 0; i < nodes.gl_pathc; i++) {
		read_attribute(text, sizeof(text), nodes.gl_pathv[i], "ibdev");
		if (!is_here(text, &interfaces))
			continue;
		read_attribute(text, sizeof(text), nodes.gl_pathv[i], "dev");
		/* Between the two it may have gone. */
		if (sscanf(text, "%u:%u", &major, &minor) == 2)
			make_node(strrchr(nodes.gl_pathv[i], '/') + 1,
				  makedev(major, minor));
	}
	umask(022);
	globfree(&interfaces);
	globfree(&nodes);
}

static void become_nobody(void)
{
	int capability;

	for (capability = 0; capability <= CAP_LAST_CAP; capability++)
		prctl(PR_CAPBSET_DROP, capability);
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("nobody");
}

int main(int argc, char **argv)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	int unprivileged = 0;

	if (argc > 1 && strcmp(argv[1], "-u") == 0) {
		unprivileged = 1;
		argv++;
		argc--;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: enter [-u] NETNS COMMAND...\n");
		return EXIT_FAILURE;
	}
	join(argv[1]);
	make_nodes();
	if (setrlimit(RLIMIT_MEMLOCK, &unlimited))
		die("locked memory");
	if (unprivileged)
		become_nobody();
	execvp(argv[2], &argv[2]);
	die(argv[2]);
}
