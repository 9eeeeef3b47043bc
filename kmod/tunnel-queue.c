// SPDX-License-Identifier: GPL-2.0-only
#include <linux/once.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>

#include "tunnel-queue.h"

#define LINES 256

/* As long as connections that a container makes at once may make it. */
#define LINE_MAX 1024

/* Beyond that each line has its share, and no more. */
#define TOTAL_MAX (8 * LINE_MAX)
#define SHARE (TOTAL_MAX / LINES)

struct line {
	struct list_head turn;	/* in turns; while it is not empty */
	struct list_head all;	/* ff_tunnel_rx.node */
	u32 count;
};

/* protects what follows */
static DEFINE_SPINLOCK(queue_lock);
static struct line lines[LINES];
static LIST_HEAD(turns);
static u32 total;

static struct line *line_of(const struct ff_tunnel_path *path)
{
	static siphash_key_t key;
	const struct {
		struct in6_addr src;
		u64 table;
	} whose = { path->src, path->table };

	get_random_once(&key, sizeof(key));
	return &lines[siphash(&whose, sizeof(whose), &key) % LINES];
}

static bool has_room(const struct line *line)
{
	return line->count < SHARE ||
	       (line->count < LINE_MAX && total < TOTAL_MAX);
}

/**
 * ff_tunnel_enqueue() - have a datagram wait for its turn
 * @rx: the datagram; is the queue's if this succeeds
 *
 * Context: softirq.
 * Return: whether there was room.
 */
bool ff_tunnel_enqueue(struct ff_tunnel_rx *rx)
{
	struct line *line = line_of(&rx->path);
	bool queued;

	spin_lock_bh(&queue_lock);
	queued = has_room(line);
	if (queued) {
		if (!line->count++) {
			INIT_LIST_HEAD(&line->all);
			list_add_tail(&line->turn, &turns);
		}
		list_add_tail(&rx->node, &line->all);
		total++;
	}
	spin_unlock_bh(&queue_lock);
	return queued;
}

/* Takes one of the line whose turn it is; NULL when there is none. */
struct ff_tunnel_rx *ff_tunnel_dequeue(void)
{
	struct ff_tunnel_rx *rx = NULL;
	struct line *line;

	spin_lock_bh(&queue_lock);
	line = list_first_entry_or_null(&turns, struct line, turn);
	if (line) {
		rx = list_first_entry(&line->all, struct ff_tunnel_rx, node);
		list_del(&rx->node);
		total--;
		if (--line->count)
			list_move_tail(&line->turn, &turns);
		else
			list_del(&line->turn);
	}
	spin_unlock_bh(&queue_lock);
	return rx;
}
