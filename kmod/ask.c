// SPDX-License-Identifier: GPL-2.0-only
#include <linux/completion.h>
#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <net/ipv6.h>

#include "ask.h"

/* The first wait for an answer, doubled each time. */
#define FF_ASK_FIRST_MS 20

/* A question under way, on the stack of who asks. */
struct ff_ask {
	struct hlist_node node;
	struct ff_tunnel_path path;
	struct ff_tunnel_ask body;
	struct completion done;
	u32 verdict;
};

/* protects asks, by their nonce */
static DEFINE_SPINLOCK(asks_lock);
static DEFINE_HASHTABLE(asks, 8);

static bool is_answer_to(const struct ff_ask *ask,
			 const struct ff_tunnel_path *path,
			 const struct ff_tunnel_answer *answer)
{
	return ask->body.nonce == answer->nonce &&
	       ask->path.table == path->table &&
	       ipv6_addr_equal(&ask->path.peer, &path->peer) &&
	       ipv6_addr_equal(&ask->path.src, &path->dst) &&
	       ipv6_addr_equal(&ask->path.dst, &path->src);
}

/**
 * ff_ask_answered() - another host answers
 * @path: of the answer
 * @answer: the answer
 *
 * Context: may sleep.
 * Return: whether it was waited for.
 */
bool ff_ask_answered(const struct ff_tunnel_path *path,
		     const struct ff_tunnel_answer *answer)
{
	bool awaited = false;
	struct ff_ask *ask;

	spin_lock(&asks_lock);
	hash_for_each_possible(asks, ask, node, (__force u64)answer->nonce) {
		if (!is_answer_to(ask, path, answer))
			continue;
		ask->verdict = be32_to_cpu(answer->verdict);
		complete(&ask->done);
		awaited = true;
		break;
	}
	spin_unlock(&asks_lock);
	return awaited;
}

/* Asks until there is an answer, a signal, or no time left. */
static long ask_repeatedly(struct ff_ask *ask, enum ff_tunnel_type type,
			   unsigned long until)
{
	unsigned long wait = msecs_to_jiffies(FF_ASK_FIRST_MS);
	long rest = until - jiffies;
	long left = 0;

	while (rest > 0 && !left) {
		ff_tunnel_send(&ask->path, type, &ask->body);
		left = wait_for_completion_killable_timeout(&ask->done,
							    min_t(long, wait, rest));
		wait *= 2;
		rest = until - jiffies;
	}
	return left;
}

/**
 * ff_ask() - ask the module of another host
 * @path: of the question: whose name it is asked in, and about which address
 * @type: what is asked
 * @qps: and about which QPs
 * @until: when to give up, in jiffies
 * @verdict: the answer is written here
 *
 * Context: may sleep.
 * Return: 0; -ETIMEDOUT without an answer; -EINTR.
 */
int ff_ask(const struct ff_tunnel_path *path, enum ff_tunnel_type type,
	   const struct ff_tunnel_qps *qps, unsigned long until,
	   enum ff_tunnel_verdict *verdict)
{
	struct ff_ask ask = {
		.path = *path,
		.body = {
			.nonce = (__force __be64)get_random_u64(),
			.qps = *qps,
		},
	};
	long left;

	init_completion(&ask.done);
	spin_lock(&asks_lock);
	hash_add(asks, &ask.node, (__force u64)ask.body.nonce);
	spin_unlock(&asks_lock);

	left = ask_repeatedly(&ask, type, until);

	spin_lock(&asks_lock);
	hash_del(&ask.node);
	spin_unlock(&asks_lock);
	if (left < 0)
		return -EINTR;
	if (!left)
		return -ETIMEDOUT;
	*verdict = ask.verdict;
	return 0;
}
