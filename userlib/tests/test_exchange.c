// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
/* How answers are matched, errors told, and lists ended. */
#include <limits.h>

#include "fake_kernel.h"
#include "harness.h"

static struct ff_handle *handle;

static int open_handle(void **state)
{
	(void)state;
	fake_kernel_reset(NULL);
	return ff_open(&handle);
}

static int close_handle(void **state)
{
	(void)state;
	ff_close(handle);
	handle = NULL;
	fake_kernel_reset(NULL);
	return 0;
}

static void a_missing_module_has_its_own_sentence(void **state)
{
	struct ff_handle *none = handle;

	(void)state;
	fake_kernel_unload_module();
	assert_int_equal(ff_open(&none), -ENOENT);
	assert_null(none);
	assert_string_equal(ff_strerror(NULL, -ENOENT),
			    "the freeflow module is not loaded");
	ff_close(NULL);
}

static void refuse_eperm(const struct nlmsghdr *request)
{
	fake_ack(request, -EPERM, NULL);
}

static void a_missing_capability_is_named(void **state)
{
	(void)state;
	fake_kernel_reset(refuse_eperm);
	assert_int_equal(ff_dev_del(handle, "ff0"), -EPERM);
	assert_string_equal(ff_strerror(handle, -EPERM),
		"this needs CAP_NET_ADMIN in the initial user namespace");
}

static void refuse_busy(const struct nlmsghdr *request)
{
	if (fake_kernel_requests() == 1)
		fake_ack(request, -EBUSY, "the device is open");
	else
		fake_ack(request, -EBUSY, NULL);
}

static void a_sentence_is_for_one_request(void **state)
{
	(void)state;
	fake_kernel_reset(refuse_busy);
	assert_int_equal(ff_dev_del(handle, "ff0"), -EBUSY);
	assert_string_equal(ff_strerror(handle, -EBUSY), "the device is open");
	assert_string_equal(ff_strerror(handle, -EINVAL), "Invalid argument");
	assert_int_equal(ff_dev_del(handle, "ff0"), -EBUSY);
	assert_string_equal(ff_strerror(handle, -EBUSY),
			    "Device or resource busy");
}

static void refuse_at_length(const struct nlmsghdr *request)
{
	char sentence[1001] = "";

	memset(sentence, 'x', sizeof(sentence) - 1);
	fake_ack(request, -EINVAL, sentence);
}

static void an_endless_sentence_is_cut(void **state)
{
	(void)state;
	fake_kernel_reset(refuse_at_length);
	assert_int_equal(ff_dev_del(handle, "ff0"), -EINVAL);
	assert_in_range(strlen(ff_strerror(handle, -EINVAL)), 100, 255);
}

static void refuse_with_echo(const struct nlmsghdr *request)
{
	fake_ack_with_echo(request, -EINVAL, "after the echo");
}

static void the_sentence_is_found_after_an_echo(void **state)
{
	(void)state;
	fake_kernel_reset(refuse_with_echo);
	assert_int_equal(ff_dev_del(handle, "ff0"), -EINVAL);
	assert_string_equal(ff_strerror(handle, -EINVAL), "after the echo");
}

static void put_dev(const struct nlmsghdr *request, const char *name, int flags)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, NLM_F_MULTI | flags);
	fake_put_string(&msg, FREEFLOW_A_DEV_NAME, name);
	fake_send(&msg);
}

static int count_dev(const struct ff_dev *dev, void *arg)
{
	(void)dev;
	++*(int *)arg;
	return 0;
}

static void list_two(const struct nlmsghdr *request)
{
	put_dev(request, "ff0", 0);
	put_dev(request, "ff1", 0);
	fake_done(request, 0, NULL);
}

static int stop_at_first(const struct ff_dev *dev, void *arg)
{
	count_dev(dev, arg);
	return 42;
}

static int use_handle(const struct ff_dev *dev, void *arg)
{
	count_dev(dev, arg);
	return ff_dev_del(handle, dev->name);
}

static void the_receiver_ends_the_list(void **state)
{
	int seen = 0;

	(void)state;
	fake_kernel_reset(list_two);
	assert_int_equal(ff_dev_list(handle, stop_at_first, &seen), 42);
	assert_int_equal(seen, 1);
	/* Nothing of the first list is left in the queue. */
	assert_int_equal(ff_dev_list(handle, count_dev, &seen), 0);
	assert_int_equal(seen, 3);
}

static void the_receiver_cannot_use_the_handle(void **state)
{
	int seen = 0;

	(void)state;
	fake_kernel_reset(list_two);
	assert_int_equal(ff_dev_list(handle, use_handle, &seen), -EBUSY);
	assert_int_equal(seen, 1);
}

static void list_interrupted(const struct nlmsghdr *request)
{
	put_dev(request, "ff0", 0);
	put_dev(request, "ff1", NLM_F_DUMP_INTR);
	fake_done(request, 0, NULL);
}

static void a_list_that_changed_is_told_after_its_end(void **state)
{
	int seen = 0;

	(void)state;
	fake_kernel_reset(list_interrupted);
	assert_int_equal(ff_dev_list(handle, count_dev, &seen), -EINTR);
	assert_int_equal(seen, 2);
	assert_string_equal(ff_strerror(handle, -EINTR),
			    "the list changed while it was read");
}

static void list_then_fail(const struct nlmsghdr *request)
{
	put_dev(request, "ff0", 0);
	fake_done(request, -ENODEV, "it went away");
}

static void a_list_can_end_in_an_error(void **state)
{
	int seen = 0;

	(void)state;
	fake_kernel_reset(list_then_fail);
	assert_int_equal(ff_dev_list(handle, count_dev, &seen), -ENODEV);
	assert_string_equal(ff_strerror(handle, -ENODEV), "it went away");
}

static void end_in_no_errno(const struct nlmsghdr *request)
{
	fake_done(request, INT_MIN, NULL);
}

static void a_list_ends_in_an_errno(void **state)
{
	int seen = 0;

	(void)state;
	fake_kernel_reset(end_in_no_errno);
	assert_int_equal(ff_dev_list(handle, count_dev, &seen), -EBADMSG);
}

static void answer_among_strangers(const struct nlmsghdr *request)
{
	struct nlmsghdr stale = *request;
	struct fake_msg forged;

	stale.nlmsg_seq--;
	fake_ack(&stale, -EIO, "of an earlier request");
	fake_begin(&forged, request, FREEFLOW_CMD_DEV_GET, 0);
	fake_put_string(&forged, FREEFLOW_A_DEV_NAME, "forged");
	fake_send_from(&forged, 4711);
	put_dev(request, "ff0", 0);
	fake_ack(request, 0, NULL);
}

static void only_the_kernels_answer_to_this_request_counts(void **state)
{
	struct ff_dev dev;

	(void)state;
	fake_kernel_reset(answer_among_strangers);
	assert_int_equal(ff_dev_get(handle, "ff0", &dev), 0);
	assert_string_equal(dev.name, "ff0");
}

static void answer_truncated_header(const struct nlmsghdr *request)
{
	fake_send_raw(request, 7);
}

static void answer_nothing(const struct nlmsghdr *request)
{
	fake_send_raw(request, 0);
}

static void answer_overlong(const struct nlmsghdr *request)
{
	struct nlmsghdr nlh = *request;

	nlh.nlmsg_len = 4096;
	fake_send_raw(&nlh, sizeof(nlh));
}

static void answer_short_ack(const struct nlmsghdr *request)
{
	struct nlmsghdr nlh = *request;

	nlh.nlmsg_type = NLMSG_ERROR;
	nlh.nlmsg_len = sizeof(nlh);
	fake_send_raw(&nlh, sizeof(nlh));
}

static void answer_positive_error(const struct nlmsghdr *request)
{
	fake_ack(request, 5, NULL);
}

static void answer_lying_echo(const struct nlmsghdr *request)
{
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr ack;
	} answer = {
		.nlh.nlmsg_len = sizeof(answer),
		.nlh.nlmsg_type = NLMSG_ERROR,
		.nlh.nlmsg_flags = NLM_F_ACK_TLVS,
		.nlh.nlmsg_seq = request->nlmsg_seq,
		.ack.error = -EINVAL,
		.ack.msg.nlmsg_len = 0x7fffffff,
	};

	fake_send_raw(&answer, sizeof(answer));
}

static void answer_no_errno(const struct nlmsghdr *request)
{
	fake_ack(request, INT_MIN, NULL);
}

static void malformed_answers_are_bad_messages(void **state)
{
	static const fake_handler malformed[] = {
		answer_truncated_header, answer_nothing, answer_overlong,
		answer_short_ack, answer_positive_error, answer_lying_echo,
		answer_no_errno,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		fake_kernel_reset(malformed[i]);
		assert_int_equal(ff_dev_del(handle, "ff0"), -EBADMSG);
	}
}

static void answer_hugely(const struct nlmsghdr *request)
{
	static char data[40000];

	memcpy(data, request, sizeof(*request));
	fake_send_raw(data, sizeof(data));
}

static void an_answer_too_long_is_told(void **state)
{
	(void)state;
	fake_kernel_reset(answer_hugely);
	assert_int_equal(ff_dev_del(handle, "ff0"), -EMSGSIZE);
}

/* xorshift32: the same bytes in every run */
static uint32_t noise_state = 0x12345678;

static uint8_t noise(void)
{
	noise_state ^= noise_state << 13;
	noise_state ^= noise_state >> 17;
	noise_state ^= noise_state << 5;
	return noise_state;
}

static void answer_with_noise(const struct nlmsghdr *request)
{
	struct fake_msg msg;
	size_t i;

	fake_begin(&msg, request, noise() % 16, 0);
	fake_put_string(&msg, FREEFLOW_A_DEV_NAME, "ff0");
	fake_put_u32(&msg, FREEFLOW_A_DEV_TABLE, 1);
	fake_put_u64(&msg, FREEFLOW_A_DEV_ROUTE_MISSES, 1);
	for (i = NLMSG_HDRLEN; i < msg.len; i++) {
		if (noise() % 4 == 0)
			msg.data[i] = noise();
	}
	fake_send(&msg);
	if (request->nlmsg_flags & NLM_F_ACK)
		fake_ack(request, 0, NULL);
	else
		fake_done(request, 0, NULL);
}

static int count_route(const struct ff_route *route, void *arg)
{
	(void)route;
	++*(int *)arg;
	return 0;
}

static int count_quota(const struct ff_quota *quota, void *arg)
{
	(void)quota;
	++*(int *)arg;
	return 0;
}

static int count_res(const struct ff_res *res, void *arg)
{
	(void)res;
	++*(int *)arg;
	return 0;
}

static void noise_is_read_or_refused(void **state)
{
	int seen = 0;
	int i;

	(void)state;
	fake_kernel_reset(answer_with_noise);
	for (i = 0; i < 20000; i++) {
		int err[] = {
			ff_dev_list(handle, count_dev, &seen),
			ff_route_list(handle, 0, LIBFREEFLOW_ALL_PROTOS,
				      count_route, &seen),
			ff_quota_list(handle, count_quota, &seen),
			ff_res_list(handle, 0, NULL, count_res, &seen),
		};
		size_t j;

		for (j = 0; j < sizeof(err) / sizeof(err[0]); j++)
			assert_true(err[j] == 0 || err[j] == -EBADMSG);
	}
	assert_true(seen > 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_handle, close_handle)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_missing_module_has_its_own_sentence),
		TEST(a_missing_capability_is_named),
		TEST(a_sentence_is_for_one_request),
		TEST(an_endless_sentence_is_cut),
		TEST(the_sentence_is_found_after_an_echo),
		TEST(the_receiver_ends_the_list),
		TEST(the_receiver_cannot_use_the_handle),
		TEST(a_list_that_changed_is_told_after_its_end),
		TEST(a_list_can_end_in_an_error),
		TEST(a_list_ends_in_an_errno),
		TEST(only_the_kernels_answer_to_this_request_counts),
		TEST(malformed_answers_are_bad_messages),
		TEST(an_answer_too_long_is_told),
		TEST(noise_is_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
