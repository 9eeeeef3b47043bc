// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_hold -d DEVICE [-p PDS] [-c CQS] [-m MRS] [-q QPS] [-s SRQS] [-a AHS] [-w MWS]
 *	[-g GROUPS] [-t SECONDS]
 *
 * Makes objects and holds them; GROUPS are multicast groups that two more QPs are
 * attached to. One line for each kind: "qp 4", or, when fewer
 * came than asked for, "qp 3: Resource temporarily unavailable". Then "ready",
 * and a line for each asynchronous event. Destroys everything and says
 * "released" on SIGTERM or after a DEVICE_FATAL event, having said what a command gives
 * then: "command: Input/output error".
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs_end.h"

#define MAX_OBJECTS	256
#define LISTENERS	2
#define MR_SIZE		(1u << 20)

struct holder {
	struct ibv_context *context;
	struct ibv_pd *pds[MAX_OBJECTS];
	struct ibv_cq *cqs[MAX_OBJECTS];
	struct ibv_mr *mrs[MAX_OBJECTS];
	struct ibv_qp *qps[MAX_OBJECTS];
	struct ibv_srq *srqs[MAX_OBJECTS];
	struct ibv_ah *ahs[MAX_OBJECTS];
	struct ibv_mw *mws[MAX_OBJECTS];
	struct ibv_qp *listeners[LISTENERS];
	int groups;
	void *memory;
};

static struct ibv_qp *make_qp(struct holder *holder, enum ibv_qp_type type)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = holder->cqs[0],
		.recv_cq = holder->cqs[0],
		.cap = { 8, 8, 1, 1, 0 },
		.qp_type = type,
	};

	return ibv_create_qp(holder->pds[0], &attr);
}

static struct ibv_srq *make_srq(struct holder *holder)
{
	struct ibv_srq_init_attr attr = { .attr = { .max_wr = 8, .max_sge = 1 } };

	return ibv_create_srq(holder->pds[0], &attr);
}

/* To the device's own address. */
static struct ibv_ah *make_ah(struct holder *holder)
{
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = 1,
		.grh = { .sgid_index = 1, .hop_limit = 64 },
	};

	if (ibv_query_gid(holder->context, 1, 1, &attr.grh.dgid))
		return NULL;
	return ibv_create_ah(holder->pds[0], &attr);
}

static const union ibv_gid *group(int number)
{
	static union ibv_gid gid = { .raw = { 0xff, 0x0e } };

	gid.raw[15] = number;
	return &gid;
}

static int detach_group(struct holder *holder, int number, int listeners)
{
	int i, failed = 0;

	for (i = 0; i < listeners; i++)
		failed += !!ibv_detach_mcast(holder->listeners[i], group(number), 0);
	return failed;
}

/* By all or none. */
static int attach_group(struct holder *holder, int number)
{
	int i;

	for (i = 0; i < LISTENERS; i++) {
		errno = ibv_attach_mcast(holder->listeners[i], group(number), 0);
		if (errno) {
			detach_group(holder, number, i);
			return -1;
		}
	}
	return 0;
}

static int make_listeners(struct holder *holder)
{
	int i;

	for (i = 0; i < LISTENERS; i++) {
		holder->listeners[i] = make_qp(holder, IBV_QPT_UD);
		if (!holder->listeners[i])
			return -1;
	}
	return 0;
}

static void report(const char *kind, int made, int asked)
{
	if (made == asked)
		printf("%s %d\n", kind, made);
	else
		printf("%s %d: %s\n", kind, made, strerror(errno));
}

#define HOLD(kind, array, asked, make) do {				\
		int made = 0;						\
									\
		while (made < (asked) && (holder->array[made] = (make)))	\
			made++;						\
		report(kind, made, asked);				\
	} while (0)

static void hold(struct holder *holder, int pds, int cqs, int mrs, int qps,
		 int srqs, int ahs, int mws)
{
	HOLD("pd", pds, pds, ibv_alloc_pd(holder->context));
	HOLD("cq", cqs, cqs, ibv_create_cq(holder->context, 16, NULL, NULL, 0));
	HOLD("mr", mrs, mrs, ibv_reg_mr(holder->pds[0], holder->memory, MR_SIZE,
					IBV_ACCESS_LOCAL_WRITE));
	HOLD("qp", qps, qps, make_qp(holder, IBV_QPT_RC));
	HOLD("srq", srqs, srqs, make_srq(holder));
	HOLD("ah", ahs, ahs, make_ah(holder));
	HOLD("mw", mws, mws, ibv_alloc_mw(holder->pds[0], IBV_MW_TYPE_2));
}

static void hold_groups(struct holder *holder, int groups)
{
	if (!make_listeners(holder))
		while (holder->groups < groups && !attach_group(holder, holder->groups))
			holder->groups++;
	report("mcast", holder->groups, groups);
}

/* Returns how many could not be destroyed. */
static int release(struct holder *holder)
{
	int i, failed = 0;

	for (i = 0; i < holder->groups; i++)
		failed += detach_group(holder, i, LISTENERS);
	for (i = 0; i < LISTENERS && holder->listeners[i]; i++)
		failed += !!ibv_destroy_qp(holder->listeners[i]);
	for (i = 0; i < MAX_OBJECTS && holder->qps[i]; i++)
		failed += !!ibv_destroy_qp(holder->qps[i]);
	for (i = 0; i < MAX_OBJECTS && holder->mws[i]; i++)
		failed += !!ibv_dealloc_mw(holder->mws[i]);
	for (i = 0; i < MAX_OBJECTS && holder->ahs[i]; i++)
		failed += !!ibv_destroy_ah(holder->ahs[i]);
	for (i = 0; i < MAX_OBJECTS && holder->srqs[i]; i++)
		failed += !!ibv_destroy_srq(holder->srqs[i]);
	for (i = 0; i < MAX_OBJECTS && holder->mrs[i]; i++)
		failed += !!ibv_dereg_mr(holder->mrs[i]);
	for (i = 0; i < MAX_OBJECTS && holder->cqs[i]; i++)
		failed += !!ibv_destroy_cq(holder->cqs[i]);
	for (i = 0; i < MAX_OBJECTS && holder->pds[i]; i++)
		failed += !!ibv_dealloc_pd(holder->pds[i]);
	return failed + !!ibv_close_device(holder->context);
}

static volatile sig_atomic_t terminated;

static void on_term(int signal)
{
	(void)signal;
	terminated = 1;
}

/* Returns at SIGTERM, at a fatal event or in the end. */
static void watch_events(struct holder *holder, int timeout_ms)
{
	struct pollfd events = { .fd = holder->context->async_fd, .events = POLLIN };
	struct ibv_async_event event;
	sigset_t term, before;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	puts("ready");
	while (!terminated) {
		const struct timespec limit = { .tv_sec = timeout_ms / 1000 };

		if (ppoll(&events, 1, &limit, &before) != 1)
			return;
		if (ibv_get_async_event(holder->context, &event))
			return;
		printf("event: %s\n", ibv_event_type_str(event.event_type));
		ibv_ack_async_event(&event);
		if (event.event_type == IBV_EVENT_DEVICE_FATAL) {
			ibv_alloc_pd(holder->context);
			printf("command: %s\n", strerror(errno));
			return;
		}
	}
}

int main(int argc, char **argv)
{
	int option, pds = 1, cqs = 1, mrs = 1, qps = 1, srqs = 1, ahs = 1, mws = 0, groups = 0, seconds = 60, failed;
	struct sigaction on_sigterm = { .sa_handler = on_term };
	struct holder holder = {};
	const char *device = NULL;

	while ((option = getopt(argc, argv, "d:p:c:m:q:s:a:w:g:t:")) != -1) {
		switch (option) {
		case 'd':
			device = optarg;
			break;
		case 'p':
			pds = atoi(optarg);
			break;
		case 'c':
			cqs = atoi(optarg);
			break;
		case 'm':
			mrs = atoi(optarg);
			break;
		case 'q':
			qps = atoi(optarg);
			break;
		case 's':
			srqs = atoi(optarg);
			break;
		case 'a':
			ahs = atoi(optarg);
			break;
		case 'w':
			mws = atoi(optarg);
			break;
		case 'g':
			groups = atoi(optarg);
			break;
		case 't':
			seconds = atoi(optarg);
			break;
		default:
			device = NULL;
			optind = argc;
		}
	}
	if (!device || pds < 1 || cqs < 1 || pds >= MAX_OBJECTS || cqs >= MAX_OBJECTS ||
	    mrs >= MAX_OBJECTS || qps >= MAX_OBJECTS || srqs >= MAX_OBJECTS ||
	    ahs >= MAX_OBJECTS || mws >= MAX_OBJECTS || groups >= MAX_OBJECTS) {
		fprintf(stderr, "usage: verbs_hold -d DEVICE [-p PDS] [-c CQS] [-m MRS] [-q QPS] [-s SRQS] [-a AHS] [-w MWS] [-g GROUPS] [-t SECONDS]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &on_sigterm, NULL);
	holder.memory = aligned_alloc(MR_SIZE, MR_SIZE);
	holder.context = end_open_device(device);
	if (!holder.memory || !holder.context) {
		fprintf(stderr, "%s: %s\n", device, strerror(errno));
		return EXIT_FAILURE;
	}
	hold(&holder, pds, cqs, mrs, qps, srqs, ahs, mws);
	if (groups)
		hold_groups(&holder, groups);
	watch_events(&holder, seconds * 1000);
	failed = release(&holder);
	if (failed)
		printf("not destroyed: %d\n", failed);
	else
		puts("released");
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
