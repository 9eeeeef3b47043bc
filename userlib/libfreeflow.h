/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/*
 * libfreeflow: control of FreeFlow's virtual RDMA devices over generic netlink.
 *
 * Functions that return int answer 0 or a negative errno. A handle and what is
 * made from it belong to one thread at a time. Every function has a page in
 * section 3 of the manual; libfreeflow(7) is the overview.
 */
#ifndef LIBFREEFLOW_H
#define LIBFREEFLOW_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <linux/freeflow.h>

#ifdef __cplusplus
extern "C" {
#endif

/** In place of a table number where all tables are meant. */
#define LIBFREEFLOW_ALL_TABLES	((int64_t)-1)

/** In place of enum freeflow_route_proto where all are meant. */
#define LIBFREEFLOW_ALL_PROTOS	0

/** In place of a kind of objects: the bytes that memory regions pin. */
#define LIBFREEFLOW_PINNED	0x80000000u

/** Routes that a batch holds before it sends them by itself. */
#define LIBFREEFLOW_BATCH_MAX	128

/** Bytes of the longest prefix as text, with the closing NUL. */
#define LIBFREEFLOW_PREFIX_STRLEN	(INET6_ADDRSTRLEN + sizeof("/128") - 1)

/** Bytes of a process's command name, with the closing NUL. */
#define LIBFREEFLOW_COMM_MAX	16

struct ff_handle;
struct ff_route_batch;

/**
 * struct ff_addr - an IPv4 or IPv6 address
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for "none"
 * @bytes: the address in network order; IPv4 uses the first four bytes
 */
struct ff_addr {
	uint16_t family;
	uint8_t bytes[16];
};

/**
 * struct ff_prefix - an address prefix
 * @addr: the address; its bits beyond @len are zero
 * @len: leading bits that count, up to 32 or 128
 */
struct ff_prefix {
	struct ff_addr addr;
	uint8_t len;
};

/**
 * struct ff_dev - a virtual RDMA device
 * @name: its name among the RDMA devices
 * @node: its character device under /dev/infiniband
 * @lower: the physical RDMA device under it, by name, also while that one is away
 * @ifname: network interface whose addresses are the virtual addresses
 * @ifindex: index of that interface in its namespace
 * @netns_inode: inode number of the device's network namespace
 * @table: route table (tenant)
 * @datapath: enum freeflow_datapath, or a value newer than this library
 * @state: enum freeflow_dev_state, or a value newer than this library
 * @route_misses: connections, address handles and datagrams of the connection
 *	manager that found no route
 * @peer_refusals: connections, and UD messages to other hosts, for a QP that is
 *	not one of the address
 * @peer_timeouts: those for which the peer's host did not answer
 * @has_tclass: packets of the device have a traffic class of its own
 * @tclass: that traffic class
 * @sl_map: service level in place of each that a program asks for
 */
struct ff_dev {
	char name[FREEFLOW_NAME_MAX];
	char node[FREEFLOW_NAME_MAX];
	char lower[FREEFLOW_NAME_MAX];
	char ifname[IF_NAMESIZE];
	uint32_t ifindex;
	uint32_t netns_inode;
	uint32_t table;
	uint32_t datapath;
	uint32_t state;
	uint64_t route_misses;
	uint64_t peer_refusals;
	uint64_t peer_timeouts;
	bool has_tclass;
	uint8_t tclass;
	uint8_t sl_map[FREEFLOW_SL_COUNT];
};

/**
 * struct ff_dev_config - what a virtual device is made from
 * @name: name of the device, at most FREEFLOW_NAME_MAX - 1 characters
 * @lower: physical RDMA device, or NULL for the default one
 * @ifname: network interface in the namespace of @netns_fd
 * @netns_fd: open file of a network namespace, or -1 for the caller's own
 * @table: route table
 * @datapath: enum freeflow_datapath
 * @tclass: traffic class of its packets, or NULL for what programs ask for
 * @sl_map: FREEFLOW_SL_COUNT service levels, each in place of the one that its
 *	place is, or NULL for what programs ask for
 */
struct ff_dev_config {
	const char *name;
	const char *lower;
	const char *ifname;
	int netns_fd;
	uint32_t table;
	uint32_t datapath;
	const uint8_t *tclass;
	const uint8_t *sl_map;
};

/**
 * struct ff_dev_change - what to change of a virtual device
 * @table: route table, or NULL to leave it
 * @tclass: traffic class of its packets, or NULL to leave it
 * @no_tclass: have the traffic class that programs ask for
 * @sl_map: FREEFLOW_SL_COUNT service levels, or NULL to leave them; 0 to 7 in
 *	order have those that programs ask for
 */
struct ff_dev_change {
	const uint32_t *table;
	const uint8_t *tclass;
	bool no_tclass;
	const uint8_t *sl_map;
};

/**
 * struct ff_route - a route of virtual addresses
 * @table: route table
 * @prefix: virtual addresses that take this route
 * @host: RDMA address of their host; AF_UNSPEC for a local route
 * @external: the peers behind this route run no FreeFlow
 * @proto: enum freeflow_route_proto, or another number: who made it; in a
 *	request LIBFREEFLOW_ALL_PROTOS makes it an administrator's, whoever made
 *	the one that it replaces
 * @local_dev: device of this host that owns the address, or empty
 */
struct ff_route {
	uint32_t table;
	struct ff_prefix prefix;
	struct ff_addr host;
	bool external;
	uint8_t proto;
	char local_dev[FREEFLOW_NAME_MAX];
};

/** enum ff_route_op - what to do with a route of a batch */
enum ff_route_op {
	FF_ROUTE_ADD,
	FF_ROUTE_REPLACE,
	FF_ROUTE_DEL,
};

/**
 * struct ff_quota_res - quota and use of one resource
 * @type: enum freeflow_res_type
 * @limit: objects that may exist at once, or FREEFLOW_QUOTA_UNLIMITED
 * @used: objects that exist now
 * @refused: creations refused so far
 */
struct ff_quota_res {
	uint32_t type;
	uint32_t limit;
	uint32_t used;
	uint64_t refused;
};

/**
 * struct ff_quota - quotas of one network namespace
 * @netns_inode: inode number of the namespace
 * @nres: entries in use in @res
 * @res: one for each resource that kernel and library both know
 * @pinned_limit: bytes that memory regions may pin, or
 *	FREEFLOW_QUOTA_PINNED_UNLIMITED
 * @pinned_used: bytes that they pin now
 * @pinned_refused: registrations refused for it so far
 */
struct ff_quota {
	uint32_t netns_inode;
	unsigned int nres;
	struct ff_quota_res res[FREEFLOW_RES_TYPE_MAX + 1];
	uint64_t pinned_limit;
	uint64_t pinned_used;
	uint64_t pinned_refused;
};

/**
 * struct ff_quota_limit - a quota to set
 * @type: enum freeflow_res_type, or LIBFREEFLOW_PINNED
 * @limit: objects that may exist at once, or FREEFLOW_QUOTA_UNLIMITED; bytes,
 *	or FREEFLOW_QUOTA_PINNED_UNLIMITED
 */
struct ff_quota_limit {
	uint32_t type;
	uint64_t limit;
};

/**
 * struct ff_limit - a rate limit, or the weight of a namespace
 * @dev: virtual device that is limited; empty for a limit of something else
 * @lower: physical RDMA device, for a limit of one; else empty
 * @has_qpn: the limit is that of one QP of the device
 * @qpn: number of that QP
 * @netns_inode: inode number of the namespace, for a limit of one
 * @rate: bytes a second; 0 of a namespace that has a weight only, and in the
 *	event that the limit is no more
 * @burst: bytes that pass at once after a pause
 * @waiting: QPs that wait in the limit now
 * @weight: of a namespace; 0 for FREEFLOW_LIMIT_WEIGHT_DEFAULT
 */
struct ff_limit {
	char dev[FREEFLOW_NAME_MAX];
	char lower[FREEFLOW_NAME_MAX];
	bool has_qpn;
	uint32_t qpn;
	uint32_t netns_inode;
	uint64_t rate;
	uint64_t burst;
	uint32_t waiting;
	uint32_t weight;
};

/**
 * struct ff_limit_target - what to limit
 * @dev: virtual device, or NULL
 * @has_qpn: only the QP @qpn of the device
 * @qpn: number of that QP
 * @netns_fd: open file of a network namespace in place of @dev, or -1
 * @lower: physical RDMA device in place of @dev, or NULL
 */
struct ff_limit_target {
	const char *dev;
	bool has_qpn;
	uint32_t qpn;
	int netns_fd;
	const char *lower;
};

/**
 * struct ff_limit_terms - how to limit
 * @rate: bytes a second, FREEFLOW_LIMIT_RATE_MIN to _MAX, or 0 to leave it
 * @burst: bytes that pass at once after a pause, up to FREEFLOW_LIMIT_BURST_MAX;
 *	0 for what passes in 10 ms, at least 16384
 * @weight: of a namespace, FREEFLOW_LIMIT_WEIGHT_MIN to _MAX, or 0 to leave it
 */
struct ff_limit_terms {
	uint64_t rate;
	uint64_t burst;
	uint32_t weight;
};

/**
 * struct ff_lower - a physical RDMA device
 * @name: its name
 * @is_default: used for devices made without naming a lower one
 * @devs: virtual devices on it
 */
struct ff_lower {
	char name[FREEFLOW_NAME_MAX];
	bool is_default;
	uint32_t devs;
};

/**
 * struct ff_tunnel - the channel between the hosts' modules
 * @port: UDP port; 0 while it could not be had
 * @has_key: datagrams without the key's authenticator are dropped
 * @sent: datagrams sent
 * @received: datagrams that passed all checks
 * @malformed: dropped for their version, type, length or fields
 * @unauthentic: dropped for the authenticator
 * @misrouted: dropped because the virtual source is not routed to the sender
 * @undelivered: for nobody here
 * @overrun: dropped because too many came at once
 */
struct ff_tunnel {
	uint16_t port;
	bool has_key;
	uint64_t sent;
	uint64_t received;
	uint64_t malformed;
	uint64_t unauthentic;
	uint64_t misrouted;
	uint64_t undelivered;
	uint64_t overrun;
};

/**
 * struct ff_tunnel_config - what to change of the channel
 * @port: UDP port, or 0 to leave it
 * @key: FREEFLOW_TUNNEL_KEY_LEN bytes, or NULL to leave it
 * @no_key: use no key any more
 */
struct ff_tunnel_config {
	uint16_t port;
	const uint8_t *key;
	bool no_key;
};

/**
 * struct ff_res - an object that a program made on a virtual device
 * @type: enum freeflow_res_type
 * @dev: virtual device
 * @handle: handle of the object in the process that made it
 * @pid: process that opened the device
 * @comm: its command name then; the process chose it, so it may hold any byte
 * @mr_length: bytes that a memory region covers
 * @cq_cqe: entries that a completion queue holds
 * @qpn: QP number
 * @qp_type: enum freeflow_qp_type
 * @qp_state: enum freeflow_qp_state
 * @dest_qpn: QP number of the peer, once connected
 * @dest: virtual address of the peer; AF_UNSPEC until connected
 * @host: RDMA address of the peer's host; AF_UNSPEC until connected
 * @tclass: traffic class of its packets; of an address handle, and of a QP once
 *	connected
 * @sl: and their service level
 */
struct ff_res {
	uint32_t type;
	char dev[FREEFLOW_NAME_MAX];
	uint32_t handle;
	uint32_t pid;
	char comm[LIBFREEFLOW_COMM_MAX];
	uint64_t mr_length;
	uint32_t cq_cqe;
	uint32_t qpn;
	uint32_t qp_type;
	uint32_t qp_state;
	uint32_t dest_qpn;
	struct ff_addr dest;
	struct ff_addr host;
	uint8_t tclass;
	uint8_t sl;
};

/**
 * struct ff_flush - many routes were deleted
 * @table: those of this table, or LIBFREEFLOW_ALL_TABLES
 * @proto: those of this proto, or LIBFREEFLOW_ALL_PROTOS
 */
struct ff_flush {
	int64_t table;
	uint8_t proto;
};

/**
 * struct ff_stat_op - messages of one operation
 * @messages: how many
 * @bytes: what they carry
 */
struct ff_stat_op {
	uint64_t messages;
	uint64_t bytes;
};

/**
 * struct ff_stat - what went through a device, a namespace or a QP
 * @scope: enum freeflow_stat_scope
 * @dev: virtual device; empty of a namespace
 * @netns_inode: inode number of the network namespace
 * @qpn: QP number; of a QP
 * @per_qp: QPs of the device count for themselves, too; of a device
 * @ops: messages, by enum freeflow_stat_op
 * @completions: by status, as enum ibv_wc_status numbers them
 * @tallies: what else is counted, by enum freeflow_stat_tally
 */
struct ff_stat {
	uint32_t scope;
	char dev[FREEFLOW_NAME_MAX];
	uint32_t netns_inode;
	uint32_t qpn;
	bool per_qp;
	struct ff_stat_op ops[FREEFLOW_STAT_OP_MAX + 1];
	uint64_t completions[FREEFLOW_STAT_STATUS_MAX + 1];
	uint64_t tallies[FREEFLOW_STAT_TALLY_MAX + 1];
};

/**
 * struct ff_alert - a program ran into something
 * @dev: virtual device
 * @netns_inode: inode number of its network namespace
 * @count: how often since the alert before; the rest is of the last time
 * @res: FREEFLOW_CMD_QUOTA_HIT: enum freeflow_res_type that was refused
 * @qpn: FREEFLOW_CMD_LIMIT_HIT, _QP_FATAL: QP number
 * @status: FREEFLOW_CMD_QP_FATAL: status of the completion that told it, as enum
 *	ibv_wc_status numbers them; 0 for an asynchronous event
 */
struct ff_alert {
	char dev[FREEFLOW_NAME_MAX];
	uint32_t netns_inode;
	uint32_t count;
	uint32_t res;
	uint32_t qpn;
	uint32_t status;
};

/**
 * struct ff_event - something changed
 * @cmd: enum freeflow_cmd that made the change; tells which member holds
 * @dev: FREEFLOW_CMD_DEV_NEW, _SET, _DEL
 * @route: FREEFLOW_CMD_ROUTE_NEW, _DEL; local addresses too
 * @flush: FREEFLOW_CMD_ROUTE_FLUSH
 * @quota: FREEFLOW_CMD_QUOTA_SET
 * @lower: FREEFLOW_CMD_LOWER_NEW, _SET, _DEL
 * @tunnel: FREEFLOW_CMD_TUNNEL_SET
 * @stat: FREEFLOW_CMD_STAT_SET
 * @alert: FREEFLOW_CMD_QUOTA_HIT, _LIMIT_HIT, _QP_FATAL
 * @limit: FREEFLOW_CMD_LIMIT_SET, _DEL
 */
struct ff_event {
	uint32_t cmd;
	union {
		struct ff_dev dev;
		struct ff_route route;
		struct ff_flush flush;
		struct ff_quota quota;
		struct ff_lower lower;
		struct ff_tunnel tunnel;
		struct ff_stat stat;
		struct ff_alert alert;
		struct ff_limit limit;
	};
};

/*
 * Receivers of lists, called once for each object. They must not use the
 * handle. A result other than 0 ends the list and becomes its result.
 */
typedef int (*ff_dev_cb)(const struct ff_dev *dev, void *arg);
typedef int (*ff_route_cb)(const struct ff_route *route, void *arg);
typedef int (*ff_quota_cb)(const struct ff_quota *quota, void *arg);
typedef int (*ff_limit_cb)(const struct ff_limit *limit, void *arg);
typedef int (*ff_lower_cb)(const struct ff_lower *lower, void *arg);
typedef int (*ff_res_cb)(const struct ff_res *res, void *arg);
typedef int (*ff_stat_cb)(const struct ff_stat *stat, void *arg);

/* Told of each route of a batch that the kernel refused. */
typedef void (*ff_refusal_cb)(uint64_t id, int err, const char *sentence,
			      void *arg);

int ff_open(struct ff_handle **handle);
void ff_close(struct ff_handle *handle);
const char *ff_strerror(const struct ff_handle *handle, int err);

int ff_addr_parse(const char *text, struct ff_addr *addr);
const char *ff_addr_format(const struct ff_addr *addr, char *text, size_t size);
int ff_prefix_parse(const char *text, struct ff_prefix *prefix);
const char *ff_prefix_format(const struct ff_prefix *prefix, char *text,
			     size_t size);

int ff_dev_get(struct ff_handle *handle, const char *name, struct ff_dev *dev);
int ff_dev_list(struct ff_handle *handle, ff_dev_cb cb, void *arg);
int ff_dev_new(struct ff_handle *handle, const struct ff_dev_config *config);
int ff_dev_set(struct ff_handle *handle, const char *name,
	       const struct ff_dev_change *change);
int ff_dev_del(struct ff_handle *handle, const char *name);

int ff_route_get(struct ff_handle *handle, uint32_t table,
		 const struct ff_addr *addr, struct ff_route *route);
int ff_route_list(struct ff_handle *handle, int64_t table, uint8_t proto,
		  ff_route_cb cb, void *arg);
int ff_route_new(struct ff_handle *handle, const struct ff_route *route);
int ff_route_replace(struct ff_handle *handle, const struct ff_route *route);
int ff_route_del(struct ff_handle *handle, uint32_t table,
		 const struct ff_prefix *prefix, uint8_t proto);
int ff_route_flush(struct ff_handle *handle, int64_t table, uint8_t proto);

int ff_route_batch_new(struct ff_handle *handle, ff_refusal_cb refused,
		       void *arg, struct ff_route_batch **batch);
int ff_route_batch_add(struct ff_route_batch *batch, enum ff_route_op op,
		       const struct ff_route *route, uint64_t id);
int ff_route_batch_send(struct ff_route_batch *batch);
void ff_route_batch_free(struct ff_route_batch *batch);

int ff_quota_get(struct ff_handle *handle, int netns_fd,
		 struct ff_quota *quota);
int ff_quota_list(struct ff_handle *handle, ff_quota_cb cb, void *arg);
int ff_quota_set(struct ff_handle *handle, int netns_fd,
		 const struct ff_quota_limit *limits, size_t nlimits);

int ff_limit_list(struct ff_handle *handle, ff_limit_cb cb, void *arg);
int ff_limit_set(struct ff_handle *handle, const struct ff_limit_target *target,
		 const struct ff_limit_terms *terms);
int ff_limit_del(struct ff_handle *handle,
		 const struct ff_limit_target *target);

int ff_lower_get(struct ff_handle *handle, const char *name,
		 struct ff_lower *lower);
int ff_lower_list(struct ff_handle *handle, ff_lower_cb cb, void *arg);
int ff_lower_set_default(struct ff_handle *handle, const char *name,
			 bool is_default);

int ff_tunnel_get(struct ff_handle *handle, struct ff_tunnel *tunnel);
int ff_tunnel_set(struct ff_handle *handle,
		  const struct ff_tunnel_config *config);

int ff_res_list(struct ff_handle *handle, enum freeflow_res_type type,
		const char *dev, ff_res_cb cb, void *arg);

int ff_stat_list(struct ff_handle *handle, enum freeflow_stat_scope scope,
		 const char *dev, ff_stat_cb cb, void *arg);
int ff_stat_set_per_qp(struct ff_handle *handle, const char *dev, bool per_qp);

int ff_events_subscribe(struct ff_handle *handle);
int ff_events_fd(const struct ff_handle *handle);
int ff_events_next(struct ff_handle *handle, struct ff_event *event);

#ifdef __cplusplus
}
#endif

#endif /* LIBFREEFLOW_H */
