// SPDX-License-Identifier: GPL-2.0
/*
 * abi_attributes NODE: every attribute of a device and its port as the kernel
 * tells it, one to a line.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw_verbs.h"

#define SHOW(from, field)	printf("%s %#llx\n", #field, (unsigned long long)(from)->field)

static void show_device(const struct ib_uverbs_query_device_resp *attr)
{
	SHOW(attr, fw_ver);
	SHOW(attr, node_guid);
	SHOW(attr, sys_image_guid);
	SHOW(attr, max_mr_size);
	SHOW(attr, page_size_cap);
	SHOW(attr, vendor_id);
	SHOW(attr, vendor_part_id);
	SHOW(attr, hw_ver);
	SHOW(attr, max_qp);
	SHOW(attr, max_qp_wr);
	SHOW(attr, device_cap_flags);
	SHOW(attr, max_sge);
	SHOW(attr, max_sge_rd);
	SHOW(attr, max_cq);
	SHOW(attr, max_cqe);
	SHOW(attr, max_mr);
	SHOW(attr, max_pd);
	SHOW(attr, max_qp_rd_atom);
	SHOW(attr, max_ee_rd_atom);
	SHOW(attr, max_res_rd_atom);
	SHOW(attr, max_qp_init_rd_atom);
	SHOW(attr, max_ee_init_rd_atom);
	SHOW(attr, atomic_cap);
	SHOW(attr, max_ee);
	SHOW(attr, max_rdd);
	SHOW(attr, max_mw);
	SHOW(attr, max_raw_ipv6_qp);
	SHOW(attr, max_raw_ethy_qp);
	SHOW(attr, max_mcast_grp);
	SHOW(attr, max_mcast_qp_attach);
	SHOW(attr, max_total_mcast_qp_attach);
	SHOW(attr, max_ah);
	SHOW(attr, max_fmr);
	SHOW(attr, max_map_per_fmr);
	SHOW(attr, max_srq);
	SHOW(attr, max_srq_wr);
	SHOW(attr, max_srq_sge);
	SHOW(attr, max_pkeys);
	SHOW(attr, local_ca_ack_delay);
	SHOW(attr, phys_port_cnt);
}

static void show_extended(const struct ib_uverbs_ex_query_device_resp *attr)
{
	SHOW(attr, comp_mask);
	SHOW(attr, response_length);
	SHOW(attr, odp_caps.general_caps);
	SHOW(attr, odp_caps.per_transport_caps.rc_odp_caps);
	SHOW(attr, odp_caps.per_transport_caps.uc_odp_caps);
	SHOW(attr, odp_caps.per_transport_caps.ud_odp_caps);
	SHOW(attr, timestamp_mask);
	SHOW(attr, hca_core_clock);
	SHOW(attr, device_cap_flags_ex);
	SHOW(attr, rss_caps.supported_qpts);
	SHOW(attr, rss_caps.max_rwq_indirection_tables);
	SHOW(attr, rss_caps.max_rwq_indirection_table_size);
	SHOW(attr, max_wq_type_rq);
	SHOW(attr, raw_packet_caps);
	SHOW(attr, tm_caps.max_rndv_hdr_size);
	SHOW(attr, tm_caps.max_num_tags);
	SHOW(attr, tm_caps.flags);
	SHOW(attr, tm_caps.max_ops);
	SHOW(attr, tm_caps.max_sge);
	SHOW(attr, cq_moderation_caps.max_cq_moderation_count);
	SHOW(attr, cq_moderation_caps.max_cq_moderation_period);
	SHOW(attr, max_dm_size);
	SHOW(attr, xrc_odp_caps);
}

static void show_port(const struct ib_uverbs_query_port_resp *attr)
{
	SHOW(attr, port_cap_flags);
	SHOW(attr, max_msg_sz);
	SHOW(attr, bad_pkey_cntr);
	SHOW(attr, qkey_viol_cntr);
	SHOW(attr, gid_tbl_len);
	SHOW(attr, pkey_tbl_len);
	SHOW(attr, lid);
	SHOW(attr, sm_lid);
	SHOW(attr, state);
	SHOW(attr, max_mtu);
	SHOW(attr, active_mtu);
	SHOW(attr, lmc);
	SHOW(attr, max_vl_num);
	SHOW(attr, sm_sl);
	SHOW(attr, subnet_timeout);
	SHOW(attr, init_type_reply);
	SHOW(attr, active_width);
	SHOW(attr, active_speed);
	SHOW(attr, phys_state);
	SHOW(attr, link_layer);
	SHOW(attr, flags);
}

int main(int argc, char **argv)
{
	struct ib_uverbs_ex_query_device query_ex = {};
	struct ib_uverbs_ex_query_device_resp extended;
	struct ib_uverbs_query_port query_port = { .port_num = 1 };
	struct ib_uverbs_query_port_resp port;
	struct ib_uverbs_query_device query = {};
	struct ib_uverbs_query_device_resp device;
	int fd, err;

	if (argc != 2) {
		fprintf(stderr, "usage: abi_attributes NODE\n");
		return 2;
	}
	fd = raw_session(argv[1]);
	err = raw_call(fd, IB_USER_VERBS_CMD_QUERY_DEVICE, &query, sizeof(query),
		       &device, sizeof(device));
	if (!err)
		err = raw_call_ex(fd, IB_USER_VERBS_EX_CMD_QUERY_DEVICE, &query_ex,
				  sizeof(query_ex), &extended, sizeof(extended), 0);
	if (!err)
		err = raw_call(fd, IB_USER_VERBS_CMD_QUERY_PORT, &query_port, sizeof(query_port),
			       &port, sizeof(port));
	if (err) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(err));
		return EXIT_FAILURE;
	}
	show_device(&device);
	show_extended(&extended);
	show_port(&port);
	printf("both_commands_agree %s\n",
	       memcmp(&device, &extended.base, sizeof(device)) ? "no" : "yes");
	return EXIT_SUCCESS;
}
