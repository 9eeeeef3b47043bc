// SPDX-License-Identifier: GPL-2.0-only
/* The file for container runtimes: what is in it, and how it is replaced. */
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Before cmocka.h, which makes a macro of fail(). */
#include "cdi-spec.h"
#include "cmd.h"

#include "fake_kernel.h"
#include "run.h"

static char dir[32];
static char path[64];
static char line[96];

/* The devices that the kernel has. */
static const char *names[4];
/* How often the list is one that changed while it was read. */
static unsigned int interrupted;

static void put_dev(const struct nlmsghdr *request, unsigned int number)
{
	struct fake_msg msg;
	char node[16];

	snprintf(node, sizeof(node), "ffverbs%u", number);
	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, NLM_F_MULTI);
	fake_put_string(&msg, FREEFLOW_A_DEV_NAME, names[number]);
	fake_put_string(&msg, FREEFLOW_A_DEV_NODE, node);
	fake_send(&msg);
}

static void answer(const struct nlmsghdr *request)
{
	struct fake_msg msg;
	unsigned int i;

	for (i = 0; i < 4 && names[i]; i++)
		put_dev(request, i);
	if (!interrupted) {
		fake_done(request, 0, NULL);
		return;
	}
	interrupted--;
	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET,
		   NLM_F_MULTI | NLM_F_DUMP_INTR);
	fake_put_string(&msg, FREEFLOW_A_DEV_NAME, "passing");
	fake_put_string(&msg, FREEFLOW_A_DEV_NODE, "ffverbs99");
	fake_send(&msg);
	fake_done(request, 0, NULL);
}

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/ffctl-cdi-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/cdi/freeflow.json", dir);
	snprintf(line, sizeof(line), "cdi generate %s", path);
	return 0;
}

static int remove_dir(void **state)
{
	char cdi[64];

	(void)state;
	unlink(path);
	snprintf(cdi, sizeof(cdi), "%s/cdi", dir);
	rmdir(cdi);
	/* Fails if a temporary file was left. */
	return rmdir(dir);
}

static int reset(void **state)
{
	(void)state;
	memset(names, 0, sizeof(names));
	interrupted = 0;
	fake_kernel_reset(answer);
	unlink(path);
	return 0;
}

static void check_file(const char *expected)
{
	struct json_object *json = json_object_from_file(path);

	assert_non_null(json);
	assert_string_equal(json_object_to_json_string_ext(json,
			JSON_C_TO_STRING_NOSLASHESCAPE), expected);
	json_object_put(json);
}

#define NODE(number)	"{\"path\":\"/dev/infiniband/ffverbs" #number "\",\"permissions\":\"rw\"}"
#define EDITS(nodes)	"\"containerEdits\":{\"deviceNodes\":[" nodes "]}"
#define DEVICE(name, nodes)	"{\"name\":\"" name "\"," EDITS(nodes) "}"
#define FILE_OF(version, devices)	"{\"cdiVersion\":\"" version "\",\"kind\":\"freeflow/rdma\",\"devices\":[" devices "]," \
	EDITS("{\"path\":\"/dev/infiniband/rdma_cm\",\"permissions\":\"rw\"}") "}"

static void every_device_is_named_and_in_all(void **state)
{
	struct stat st;

	(void)state;
	names[0] = "ff0";
	names[1] = "web.1";
	assert_int_equal(run(line)->status, STATUS_OK);
	check_file(FILE_OF("0.3.0", DEVICE("ff0", NODE(0)) ","
			   DEVICE("web.1", NODE(1)) ","
			   DEVICE("all", NODE(0) "," NODE(1))));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
}

static void a_name_that_starts_with_a_digit_needs_a_later_version(void **state)
{
	(void)state;
	names[0] = "0ff";
	assert_int_equal(run(line)->status, STATUS_OK);
	check_file(FILE_OF("0.5.0", DEVICE("0ff", NODE(0)) ","
			   DEVICE("all", NODE(0))));
}

static void what_cannot_be_named_is_in_all(void **state)
{
	const struct outcome *outcome;

	(void)state;
	names[0] = "ff-";
	names[1] = "_ff";
	outcome = run(line);
	assert_int_equal(outcome->status, STATUS_REFUSED);
	assert_non_null(strstr(outcome->err, "'ff-' is in freeflow/rdma=all only"));
	assert_non_null(strstr(outcome->err, "'_ff' is in freeflow/rdma=all only"));
	check_file(FILE_OF("0.3.0", DEVICE("all", NODE(0) "," NODE(1))));
}

static void a_device_of_that_name_is_what_all_means(void **state)
{
	(void)state;
	names[0] = "all";
	names[1] = "ff0";
	assert_int_equal(run(line)->status, STATUS_OK);
	check_file(FILE_OF("0.3.0", DEVICE("all", NODE(0)) ","
			   DEVICE("ff0", NODE(1))));
}

static void without_a_device_there_is_no_file(void **state)
{
	(void)state;
	assert_int_equal(run(line)->status, STATUS_OK);
	assert_int_equal(access(path, F_OK), -1);
	names[0] = "ff0";
	assert_int_equal(run(line)->status, STATUS_OK);
	assert_int_equal(access(path, F_OK), 0);
	names[0] = NULL;
	assert_int_equal(run(line)->status, STATUS_OK);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_list_that_changed_is_read_again(void **state)
{
	(void)state;
	names[0] = "ff0";
	interrupted = 3;
	assert_int_equal(run(line)->status, STATUS_OK);
	check_file(FILE_OF("0.3.0", DEVICE("ff0", NODE(0)) ","
			   DEVICE("all", NODE(0))));
}

/* Who has the old file open reads it to its end. */
static void the_file_is_replaced_not_written_over(void **state)
{
	struct stat before, after;
	int fd;

	(void)state;
	names[0] = "ff0";
	assert_int_equal(run(line)->status, STATUS_OK);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	names[1] = "ff1";
	assert_int_equal(run(line)->status, STATUS_OK);
	assert_int_equal(fstat(fd, &before), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_nlink, 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	close(fd);
}

static void a_failure_leaves_the_old_file(void **state)
{
	(void)state;
	names[0] = "ff0";
	assert_int_equal(run(line)->status, STATUS_OK);
	fake_kernel_unload_module();
	check_failure(line, STATUS_REFUSED, "module is not loaded");
	assert_int_equal(access(path, F_OK), 0);
}

static void what_failed_is_named(void **state)
{
	(void)state;
	names[0] = "ff0";
	check_failure("cdi generate /nowhere/at/all.json", STATUS_REFUSED,
		      "/nowhere/at/all.json: No such file or directory");
	check_failure("cdi generate /proc/version/x.json", STATUS_REFUSED,
		      "/proc/version/x.json: Not a directory");
	check_failure("cdi generate a b", STATUS_USAGE, "unknown word 'b'");
	check_failure("cdi", STATUS_USAGE, "a command is missing after");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_device_is_named_and_in_all, reset),
		cmocka_unit_test_setup(a_name_that_starts_with_a_digit_needs_a_later_version, reset),
		cmocka_unit_test_setup(what_cannot_be_named_is_in_all, reset),
		cmocka_unit_test_setup(a_device_of_that_name_is_what_all_means, reset),
		cmocka_unit_test_setup(without_a_device_there_is_no_file, reset),
		cmocka_unit_test_setup(a_list_that_changed_is_read_again, reset),
		cmocka_unit_test_setup(the_file_is_replaced_not_written_over, reset),
		cmocka_unit_test_setup(a_failure_leaves_the_old_file, reset),
		cmocka_unit_test_setup(what_failed_is_named, reset),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
