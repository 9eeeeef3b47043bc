/* SPDX-License-Identifier: GPL-2.0-only */
/* The pre-shared key by which hosts know each other's datagrams. */
#ifndef FF_TUNNEL_KEY_H
#define FF_TUNNEL_KEY_H

#include <linux/types.h>

#define FF_TUNNEL_MAC_LEN 32

int ff_tunnel_key_set(const u8 *key);
bool ff_tunnel_key_is_set(void);
int ff_tunnel_sign(void *data, size_t len);
int ff_tunnel_verify(const void *data, size_t len, size_t mac_len);
void ff_tunnel_key_exit(void);

#endif /* FF_TUNNEL_KEY_H */
