// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/algapi.h>
#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include <uapi/freeflow.h>

#include "tunnel-key.h"

/* Changes of the key happen under key_lock, its use under RCU. */
static DEFINE_MUTEX(key_lock);
static struct crypto_shash __rcu *tunnel_hmac;

/**
 * ff_tunnel_key_set() - change the key
 * @key: FREEFLOW_TUNNEL_KEY_LEN bytes, or NULL for none
 *
 * Context: may sleep.
 * Return: 0, or the error of the kernel's crypto API.
 */
int ff_tunnel_key_set(const u8 *key)
{
	struct crypto_shash *hmac = NULL, *old;
	int err;

	if (key) {
		hmac = crypto_alloc_shash("hmac(sha256)", 0, 0);
		if (IS_ERR(hmac))
			return PTR_ERR(hmac);
		err = crypto_shash_setkey(hmac, key, FREEFLOW_TUNNEL_KEY_LEN);
		if (err) {
			crypto_free_shash(hmac);
			return err;
		}
	}
	mutex_lock(&key_lock);
	old = rcu_replace_pointer(tunnel_hmac, hmac,
				  lockdep_is_held(&key_lock));
	mutex_unlock(&key_lock);
	if (old) {
		synchronize_rcu();
		crypto_free_shash(old);
	}
	return 0;
}

bool ff_tunnel_key_is_set(void)
{
	return rcu_access_pointer(tunnel_hmac);
}

static int digest(struct crypto_shash *hmac, const void *data, size_t len,
		  u8 *mac)
{
	SHASH_DESC_ON_STACK(desc, hmac);
	int err;

	desc->tfm = hmac;
	err = crypto_shash_digest(desc, data, len, mac);
	shash_desc_zero(desc);
	return err;
}

/**
 * ff_tunnel_sign() - append the authenticator to a datagram
 * @data: the datagram, with room for FF_TUNNEL_MAC_LEN bytes more
 * @len: its length
 *
 * Context: any.
 * Return: bytes appended, 0 without a key; or a negative error.
 */
int ff_tunnel_sign(void *data, size_t len)
{
	struct crypto_shash *hmac;
	int err, appended = 0;

	rcu_read_lock();
	hmac = rcu_dereference(tunnel_hmac);
	if (hmac) {
		err = digest(hmac, data, len, data + len);
		appended = err ?: FF_TUNNEL_MAC_LEN;
	}
	rcu_read_unlock();
	return appended;
}

/**
 * ff_tunnel_verify() - check the authenticator of a datagram
 * @data: the datagram, the authenticator behind it
 * @len: length of the datagram alone
 * @mac_len: bytes behind it
 *
 * With a key it must be there and right, without one it must not be there.
 *
 * Context: any.
 * Return: 0, or -EBADMSG.
 */
int ff_tunnel_verify(const void *data, size_t len, size_t mac_len)
{
	u8 mac[FF_TUNNEL_MAC_LEN];
	struct crypto_shash *hmac;
	int err = -EBADMSG;

	rcu_read_lock();
	hmac = rcu_dereference(tunnel_hmac);
	if (!hmac)
		err = mac_len ? -EBADMSG : 0;
	else if (mac_len == sizeof(mac) && !digest(hmac, data, len, mac) &&
		 !crypto_memneq(mac, data + len, sizeof(mac)))
		err = 0;
	rcu_read_unlock();
	return err;
}

void ff_tunnel_key_exit(void)
{
	ff_tunnel_key_set(NULL);
}
