// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "value.h"

/*
 * OpenMetrics text. All samples of a metric stand together, so that everything
 * is read before anything is written.
 */
struct snapshot {
	struct ffctl *ctx;
	struct ff_stat *stats;		/* devices first, then namespaces */
	size_t devs;
	size_t count;
	struct ff_quota *quotas;
	size_t quota_count;
	struct ff_tunnel tunnel;
	FILE *out;
};

/* Metrics of devices, by tally; what has no name here is told otherwise. */
static const struct {
	const char *name;
	const char *help;
} tallies[STAT_TALLY_NAMES] = {
	[FREEFLOW_STAT_TALLY_DOORBELLS] = {
		"doorbells", "Calls that post requests." },
	[FREEFLOW_STAT_TALLY_POLLS] = {
		"polls", "Calls that poll a completion queue." },
	[FREEFLOW_STAT_TALLY_RECV_POSTS] = {
		"recv_posts", "Receives posted." },
	[FREEFLOW_STAT_TALLY_THROTTLED] = {
		"throttled", "Requests held back by a rate limit." },
	[FREEFLOW_STAT_TALLY_ROUTE_MISSES] = {
		"route_misses", "Addresses refused without a route." },
	[FREEFLOW_STAT_TALLY_PEER_REFUSALS] = {
		"peer_refusals", "Peers refused: not their QP." },
	[FREEFLOW_STAT_TALLY_PEER_TIMEOUTS] = {
		"peer_timeouts", "Peers refused: their host was silent." },
	[FREEFLOW_STAT_TALLY_QUOTA_REFUSALS] = {
		"quota_refusals", "Objects refused for a quota." },
	[FREEFLOW_STAT_TALLY_CM_SENT] = {
		"cm_sent", "Datagrams of the connection manager sent." },
	[FREEFLOW_STAT_TALLY_CM_RECEIVED] = {
		"cm_received", "Datagrams of the connection manager received." },
	[FREEFLOW_STAT_TALLY_CM_DROPPED] = {
		"cm_dropped", "Datagrams of the connection manager dropped." },
	[FREEFLOW_STAT_TALLY_QPS_MADE] = {
		"qps_made", "QPs made." },
};

static int keep_stat(const struct ff_stat *stat, void *arg)
{
	struct snapshot *snapshot = arg;
	struct ff_stat *stats;

	stats = reallocarray(snapshot->stats, snapshot->count + 1,
			     sizeof(*stats));
	if (!stats)
		return -ENOMEM;
	snapshot->stats = stats;
	stats[snapshot->count++] = *stat;
	return 0;
}

static int keep_quota(const struct ff_quota *quota, void *arg)
{
	struct snapshot *snapshot = arg;
	struct ff_quota *quotas;

	quotas = reallocarray(snapshot->quotas, snapshot->quota_count + 1,
			      sizeof(*quotas));
	if (!quotas)
		return -ENOMEM;
	snapshot->quotas = quotas;
	quotas[snapshot->quota_count++] = *quota;
	return 0;
}

static int take_all(struct snapshot *snapshot)
{
	struct ff_handle *handle = snapshot->ctx->handle;
	int err;

	/* A list that stays empty needs an end, too, and NULL + 0 is none. */
	snapshot->stats = malloc(sizeof(*snapshot->stats));
	snapshot->quotas = malloc(sizeof(*snapshot->quotas));
	if (!snapshot->stats || !snapshot->quotas)
		return -ENOMEM;
	err = ff_stat_list(handle, FREEFLOW_STAT_SCOPE_DEV, NULL, keep_stat,
			   snapshot);
	snapshot->devs = snapshot->count;
	if (!err)
		err = ff_stat_list(handle, FREEFLOW_STAT_SCOPE_NETNS, NULL,
				   keep_stat, snapshot);
	if (!err)
		err = ff_quota_list(handle, keep_quota, snapshot);
	return err ? err : ff_tunnel_get(handle, &snapshot->tunnel);
}

static void put_header(struct snapshot *snapshot, const char *name,
		       const char *type, const char *unit, const char *help)
{
	fprintf(snapshot->out, "# TYPE freeflow_%s %s\n", name, type);
	if (unit)
		fprintf(snapshot->out, "# UNIT freeflow_%s %s\n", name, unit);
	fprintf(snapshot->out, "# HELP freeflow_%s %s\n", name, help);
}

/* Containers choose some names: what is no printable ASCII comes out as '?'. */
static void put_label(struct snapshot *snapshot, const char *label,
		      const char *value)
{
	fprintf(snapshot->out, "%s=\"", label);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fputc('\\', snapshot->out);
		fputc(*value < ' ' || *value > '~' ? '?' : *value,
		      snapshot->out);
	}
	fputc('"', snapshot->out);
}

static void put_netns(struct snapshot *snapshot, uint32_t inode)
{
	const char *name = netns_lookup(&snapshot->ctx->names, NETNS_DIR,
					inode);
	char number[16];

	snprintf(number, sizeof(number), "%u", inode);
	put_label(snapshot, "netns", name ? name : number);
}

/* The labels of a device or a namespace, and one more if @label is there. */
static void put_labels(struct snapshot *snapshot, const struct ff_stat *stat,
		       const char *label, const char *value)
{
	fputc('{', snapshot->out);
	if (stat->dev[0]) {
		put_label(snapshot, "dev", stat->dev);
		fputc(',', snapshot->out);
	}
	put_netns(snapshot, stat->netns_inode);
	if (label) {
		fputc(',', snapshot->out);
		put_label(snapshot, label, value);
	}
	fputs("} ", snapshot->out);
}

/* @of: "" for devices, "netns_" for namespaces */
static void put_count(struct snapshot *snapshot, const char *of,
		      const char *name, const struct ff_stat *stat,
		      const char *label, const char *value, uint64_t count)
{
	fprintf(snapshot->out, "freeflow_%s%s_total", of, name);
	put_labels(snapshot, stat, label, value);
	fprintf(snapshot->out, "%llu\n", (unsigned long long)count);
}

static void put_ops(struct snapshot *snapshot, const char *of,
		    const struct ff_stat *first, const struct ff_stat *end)
{
	const struct ff_stat *stat;
	char name[32];
	size_t i;

	snprintf(name, sizeof(name), "%smessages", of);
	put_header(snapshot, name, "counter", NULL, "Messages by operation.");
	for (stat = first; stat < end; stat++)
		for (i = 0; i < STAT_OP_NAMES; i++)
			put_count(snapshot, of, "messages", stat, "op",
				  stat_op_names[i], stat->ops[i].messages);

	snprintf(name, sizeof(name), "%sbytes", of);
	put_header(snapshot, name, "counter", "bytes", "What they carry.");
	for (stat = first; stat < end; stat++)
		for (i = 0; i < STAT_OP_NAMES; i++)
			put_count(snapshot, of, "bytes", stat, "op",
				  stat_op_names[i], stat->ops[i].bytes);

	snprintf(name, sizeof(name), "%scompletions", of);
	put_header(snapshot, name, "counter", NULL, "Completions by status.");
	for (stat = first; stat < end; stat++)
		for (i = 0; i < WC_STATUS_NAMES; i++)
			put_count(snapshot, of, "completions", stat, "status",
				  wc_status_names[i], stat->completions[i]);
}

static void put_throttled_time(struct snapshot *snapshot, const char *of,
			       const struct ff_stat *first,
			       const struct ff_stat *end)
{
	const struct ff_stat *stat;
	char name[32];

	snprintf(name, sizeof(name), "%sthrottled_seconds", of);
	put_header(snapshot, name, "counter", "seconds",
		   "Time in which requests of a QP were held back.");
	for (stat = first; stat < end; stat++) {
		const uint64_t ns =
			stat->tallies[FREEFLOW_STAT_TALLY_THROTTLED_NS];

		fprintf(snapshot->out, "freeflow_%s_total", name);
		put_labels(snapshot, stat, NULL, NULL);
		fprintf(snapshot->out, "%llu.%09llu\n",
			(unsigned long long)ns / 1000000000,
			(unsigned long long)ns % 1000000000);
	}
}

static void put_tallies(struct snapshot *snapshot, const char *of,
			const struct ff_stat *first, const struct ff_stat *end)
{
	const struct ff_stat *stat;
	char name[32];
	size_t i;

	for (i = 0; i < STAT_TALLY_NAMES; i++) {
		if (!tallies[i].name)
			continue;
		snprintf(name, sizeof(name), "%s%s", of, tallies[i].name);
		put_header(snapshot, name, "counter", NULL, tallies[i].help);
		for (stat = first; stat < end; stat++)
			put_count(snapshot, of, tallies[i].name, stat, NULL,
				  NULL, stat->tallies[i]);
	}
	put_throttled_time(snapshot, of, first, end);

	snprintf(name, sizeof(name), "%sqps", of);
	put_header(snapshot, name, "gauge", NULL, "QPs that exist.");
	for (stat = first; stat < end; stat++) {
		fprintf(snapshot->out, "freeflow_%s", name);
		put_labels(snapshot, stat, NULL, NULL);
		fprintf(snapshot->out, "%llu\n", (unsigned long long)
			(stat->tallies[FREEFLOW_STAT_TALLY_QPS_MADE] -
			 stat->tallies[FREEFLOW_STAT_TALLY_QPS_GONE]));
	}
}

static void put_quota(struct snapshot *snapshot, const char *name,
		      const struct ff_quota *quota, uint32_t type,
		      uint64_t count)
{
	fprintf(snapshot->out, "freeflow_quota_%s{", name);
	put_netns(snapshot, quota->netns_inode);
	fputc(',', snapshot->out);
	put_label(snapshot, "resource", res_names[type]);
	fprintf(snapshot->out, "} %llu\n", (unsigned long long)count);
}

static void put_quotas(struct snapshot *snapshot)
{
	const struct ff_quota *end = snapshot->quotas + snapshot->quota_count;
	const struct ff_quota *quota;
	unsigned int i;

	put_header(snapshot, "quota_used", "gauge", NULL, "Objects that exist.");
	for (quota = snapshot->quotas; quota < end; quota++)
		for (i = 0; i < quota->nres; i++)
			put_quota(snapshot, "used", quota, quota->res[i].type,
				  quota->res[i].used);
	put_header(snapshot, "quota_limit", "gauge", NULL,
		   "Objects that may exist, where there is a quota.");
	for (quota = snapshot->quotas; quota < end; quota++)
		for (i = 0; i < quota->nres; i++)
			if (quota->res[i].limit != FREEFLOW_QUOTA_UNLIMITED)
				put_quota(snapshot, "limit", quota,
					  quota->res[i].type,
					  quota->res[i].limit);
	put_header(snapshot, "quota_refused", "counter", NULL,
		   "Objects refused for a quota.");
	for (quota = snapshot->quotas; quota < end; quota++)
		for (i = 0; i < quota->nres; i++)
			put_quota(snapshot, "refused_total", quota,
				  quota->res[i].type, quota->res[i].refused);
}

static void put_pinned_count(struct snapshot *snapshot, const char *name,
			     const struct ff_quota *quota, uint64_t count)
{
	fprintf(snapshot->out, "freeflow_pinned_%s{", name);
	put_netns(snapshot, quota->netns_inode);
	fprintf(snapshot->out, "} %llu\n", (unsigned long long)count);
}

static void put_pinned(struct snapshot *snapshot)
{
	const struct ff_quota *end = snapshot->quotas + snapshot->quota_count;
	const struct ff_quota *quota;

	put_header(snapshot, "pinned_used_bytes", "gauge", "bytes",
		   "Memory that regions pin.");
	for (quota = snapshot->quotas; quota < end; quota++)
		put_pinned_count(snapshot, "used_bytes", quota,
				 quota->pinned_used);
	put_header(snapshot, "pinned_limit_bytes", "gauge", "bytes",
		   "Memory that regions may pin, where there is a quota.");
	for (quota = snapshot->quotas; quota < end; quota++)
		if (quota->pinned_limit != FREEFLOW_QUOTA_PINNED_UNLIMITED)
			put_pinned_count(snapshot, "limit_bytes", quota,
					 quota->pinned_limit);
	put_header(snapshot, "pinned_refused", "counter", NULL,
		   "Regions refused for that quota.");
	for (quota = snapshot->quotas; quota < end; quota++)
		put_pinned_count(snapshot, "refused_total", quota,
				 quota->pinned_refused);
}

static void put_tunnel(struct snapshot *snapshot)
{
	const struct ff_tunnel *tunnel = &snapshot->tunnel;
	const struct {
		const char *reason;
		uint64_t count;
	} drops[] = {
		{ "malformed", tunnel->malformed },
		{ "unauthentic", tunnel->unauthentic },
		{ "misrouted", tunnel->misrouted },
		{ "undelivered", tunnel->undelivered },
		{ "overrun", tunnel->overrun },
	};
	size_t i;

	put_header(snapshot, "tunnel_sent", "counter", NULL,
		   "Datagrams sent to other hosts' modules.");
	fprintf(snapshot->out, "freeflow_tunnel_sent_total %llu\n",
		(unsigned long long)tunnel->sent);
	put_header(snapshot, "tunnel_received", "counter", NULL,
		   "Datagrams from other hosts' modules taken up.");
	fprintf(snapshot->out, "freeflow_tunnel_received_total %llu\n",
		(unsigned long long)tunnel->received);
	put_header(snapshot, "tunnel_dropped", "counter", NULL,
		   "Datagrams dropped, by reason.");
	for (i = 0; i < sizeof(drops) / sizeof(drops[0]); i++)
		fprintf(snapshot->out,
			"freeflow_tunnel_dropped_total{reason=\"%s\"} %llu\n",
			drops[i].reason, (unsigned long long)drops[i].count);
}

static void put_all(struct snapshot *snapshot)
{
	const struct ff_stat *devs = snapshot->stats;
	const struct ff_stat *namespaces = devs + snapshot->devs;
	const struct ff_stat *end = devs + snapshot->count;

	put_ops(snapshot, "", devs, namespaces);
	put_tallies(snapshot, "", devs, namespaces);
	put_ops(snapshot, "netns_", namespaces, end);
	put_tallies(snapshot, "netns_", namespaces, end);
	put_quotas(snapshot);
	put_pinned(snapshot);
	put_tunnel(snapshot);
	fputs("# EOF\n", snapshot->out);
}

static enum status write_all(struct snapshot *snapshot, int fd,
			     const char *file)
{
	int err = 0;

	snapshot->out = fdopen(fd, "w");
	if (!snapshot->out) {
		close(fd);
		return fail(snapshot->ctx, "%s: %s", file, strerror(errno));
	}
	put_all(snapshot);
	if (fflush(snapshot->out) || fchmod(fd, 0644) || fsync(fd))
		err = errno;
	if (fclose(snapshot->out) && !err)
		err = errno;
	return err ? fail(snapshot->ctx, "%s: %s", file, strerror(err)) :
		     STATUS_OK;
}

/* Whoever reads the file finds all of what was there before, or all of this. */
static enum status replace(struct snapshot *snapshot, const char *file)
{
	char name[PATH_MAX];
	enum status status;
	struct stat st;
	int fd;

	if (!lstat(file, &st) && !S_ISREG(st.st_mode))
		return fail(snapshot->ctx, "%s: no regular file", file);
	if (snprintf(name, sizeof(name), "%s.XXXXXX", file) >=
	    (int)sizeof(name))
		return fail(snapshot->ctx, "%s: %s", file,
			    strerror(ENAMETOOLONG));
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return fail(snapshot->ctx, "%s: %s", name, strerror(errno));
	status = write_all(snapshot, fd, name);
	if (!status && rename(name, file))
		status = fail(snapshot->ctx, "%s: %s", file, strerror(errno));
	if (status)
		unlink(name);
	return status;
}

enum status stat_export(struct ffctl *ctx)
{
	struct keyword none[] = { { 0 } };
	struct snapshot snapshot = { .ctx = ctx };
	enum status status;
	const char *file;

	status = take_value(ctx, "file", value_file, &file);
	if (!status)
		status = take_keywords(ctx, none);
	if (!status)
		status = ffctl_connect(ctx);
	if (!status)
		status = ffctl_result(ctx, take_all(&snapshot));
	if (!status && !strcmp(file, "-")) {
		snapshot.out = stdout;
		put_all(&snapshot);
	} else if (!status) {
		status = replace(&snapshot, file);
	}
	free(snapshot.stats);
	free(snapshot.quotas);
	return status;
}
