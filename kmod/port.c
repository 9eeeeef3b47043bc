// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netdevice.h>
#include <rdma/ib_mad.h>

#include "abi.h"
#include "cmd.h"
#include "dev.h"
#include "file.h"
#include "header.h"
#include "lower.h"
#include "port.h"

#define FF_GID_TABLE_LEN 32

#define FF_CARRIED_CAPS (IB_DEVICE_BAD_PKEY_CNTR | IB_DEVICE_BAD_QKEY_CNTR | \
			 IB_DEVICE_CURR_QP_STATE_MOD |			     \
			 IB_DEVICE_PORT_ACTIVE_EVENT | IB_DEVICE_SRQ_RESIZE | \
			 IB_DEVICE_SYS_IMAGE_GUID | IB_DEVICE_RC_RNR_NAK_GEN)

static u32 without_header(u32 max_sge)
{
	return max_sge > FF_HEADER_SGES ? max_sge - FF_HEADER_SGES : 0;
}

/* Whether memory windows can be made: see mw.h. */
bool ff_port_has_windows(const struct ff_dev *dev,
			 const struct ib_device *lower)
{
	return dev->abi->windows &&
	       lower->attrs.device_cap_flags & IB_DEVICE_MEM_MGT_EXTENSIONS;
}

/* Without the lower device all limits are 0. Context: may sleep. */
static int query_device(struct ib_device *virtual, struct ib_device_attr *attr,
			struct ib_udata *udata)
{
	const struct ff_dev *dev = to_ff_dev(virtual);
	struct ib_device *ibdev;
	u32 port;

	memset(attr, 0, sizeof(*attr));
	attr->kernel_cap_flags = IBK_ALLOW_USER_UNREG | IBK_LOCAL_DMA_LKEY;
	attr->max_pkeys = 1;
	ibdev = ff_lower_get_ibdev(dev->lower_name, &port);
	if (!ibdev)
		return 0;

	attr->fw_ver = ibdev->attrs.fw_ver;
	/* The lower device's may be made from the MAC of the host's interface. */
	attr->sys_image_guid = dev->ibdev.node_guid;
	attr->max_mr_size = ibdev->attrs.max_mr_size;
	attr->page_size_cap = ibdev->attrs.page_size_cap;
	attr->vendor_id = ibdev->attrs.vendor_id;
	attr->vendor_part_id = ibdev->attrs.vendor_part_id;
	attr->hw_ver = ibdev->attrs.hw_ver;
	attr->max_qp = ibdev->attrs.max_qp;
	attr->max_qp_wr = ibdev->attrs.max_qp_wr;
	attr->device_cap_flags = ibdev->attrs.device_cap_flags &
				 FF_CARRIED_CAPS;
	attr->max_send_sge = ibdev->attrs.max_send_sge;
	attr->max_recv_sge = without_header(ibdev->attrs.max_recv_sge);
	attr->max_sge_rd = ibdev->attrs.max_sge_rd;
	attr->max_cq = ibdev->attrs.max_cq;
	attr->max_cqe = ibdev->attrs.max_cqe;
	attr->max_mr = ibdev->attrs.max_mr;
	if (ff_port_has_windows(dev, ibdev)) {
		attr->device_cap_flags |= IB_DEVICE_MEM_WINDOW;
		attr->max_mw = ibdev->attrs.max_mr;
	}
	attr->max_pd = ibdev->attrs.max_pd;
	attr->max_srq = ibdev->attrs.max_srq;
	attr->max_srq_wr = ibdev->attrs.max_srq_wr;
	attr->max_srq_sge = without_header(ibdev->attrs.max_srq_sge);
	attr->max_ah = ibdev->attrs.max_ah;
	attr->max_mcast_grp = ibdev->attrs.max_mcast_grp;
	attr->max_mcast_qp_attach = ibdev->attrs.max_mcast_qp_attach;
	attr->max_total_mcast_qp_attach =
		ibdev->attrs.max_total_mcast_qp_attach;
	attr->max_qp_rd_atom = ibdev->attrs.max_qp_rd_atom;
	attr->max_res_rd_atom = ibdev->attrs.max_res_rd_atom;
	attr->max_qp_init_rd_atom = ibdev->attrs.max_qp_init_rd_atom;
	attr->atomic_cap = ibdev->attrs.atomic_cap;
	attr->local_ca_ack_delay = ibdev->attrs.local_ca_ack_delay;
	ib_device_put(ibdev);
	return 0;
}

static void set_port_down(struct ff_dev *dev, struct ib_port_attr *attr)
{
	attr->state = IB_PORT_DOWN;
	attr->phys_state = netif_running(dev->netdev) ?
			   IB_PORT_PHYS_STATE_POLLING :
			   IB_PORT_PHYS_STATE_DISABLED;
}

/*
 * The MTUs are the lower port's, through which all data goes, whatever the
 * interface's own MTU. Context: may sleep and take the rtnl lock.
 */
static int query_port(struct ib_device *virtual, u32 virtual_port,
		      struct ib_port_attr *attr)
{
	struct ff_dev *dev = to_ff_dev(virtual);
	struct ib_device *ibdev;
	int err = 0;
	u32 port;

	memset(attr, 0, sizeof(*attr));
	attr->max_mtu = IB_MTU_4096;
	attr->active_mtu = IB_MTU_1024;
	attr->active_width = IB_WIDTH_1X;
	attr->active_speed = IB_SPEED_SDR;
	ibdev = ff_lower_get_ibdev(dev->lower_name, &port);
	if (ibdev) {
		err = ib_query_port(ibdev, port, attr);
		ib_device_put(ibdev);
		if (err)
			return err;
	}
	if (attr->state != IB_PORT_ACTIVE || !netif_running(dev->netdev) ||
	    !netif_carrier_ok(dev->netdev))
		set_port_down(dev, attr);

	attr->gid_tbl_len = dev->ibdev.port_data[FF_PORT].immutable.gid_tbl_len;
	attr->pkey_tbl_len = 1;
	attr->ip_gids = true;
	attr->bad_pkey_cntr = 0;
	attr->qkey_viol_cntr = 0;
	return 0;
}

static void copy_device(const struct ff_dev *dev,
			const struct ib_device_attr *attr,
			struct ib_uverbs_query_device_resp *resp)
{
	resp->fw_ver = attr->fw_ver;
	resp->node_guid = dev->ibdev.node_guid;
	resp->sys_image_guid = attr->sys_image_guid;
	resp->max_mr_size = attr->max_mr_size;
	resp->page_size_cap = attr->page_size_cap;
	resp->vendor_id = attr->vendor_id;
	resp->vendor_part_id = attr->vendor_part_id;
	resp->hw_ver = attr->hw_ver;
	resp->max_qp = attr->max_qp;
	resp->max_qp_wr = attr->max_qp_wr;
	resp->device_cap_flags = lower_32_bits(attr->device_cap_flags);
	resp->max_sge = min(attr->max_send_sge, attr->max_recv_sge);
	resp->max_sge_rd = attr->max_sge_rd;
	resp->max_cq = attr->max_cq;
	resp->max_cqe = attr->max_cqe;
	resp->max_mr = attr->max_mr;
	resp->max_pd = attr->max_pd;
	resp->max_qp_rd_atom = attr->max_qp_rd_atom;
	resp->max_res_rd_atom = attr->max_res_rd_atom;
	resp->max_qp_init_rd_atom = attr->max_qp_init_rd_atom;
	resp->atomic_cap = attr->atomic_cap;
	resp->max_mw = attr->max_mw;
	resp->max_mcast_grp = attr->max_mcast_grp;
	resp->max_mcast_qp_attach = attr->max_mcast_qp_attach;
	resp->max_total_mcast_qp_attach = attr->max_total_mcast_qp_attach;
	resp->max_ah = attr->max_ah;
	resp->max_srq = attr->max_srq;
	resp->max_srq_wr = attr->max_srq_wr;
	resp->max_srq_sge = attr->max_srq_sge;
	resp->max_pkeys = attr->max_pkeys;
	resp->local_ca_ack_delay = attr->local_ca_ack_delay;
	resp->phys_port_cnt = 1;
}

int ff_port_cmd_query_device(struct ff_cmd *cmd)
{
	struct ib_uverbs_query_device_resp resp = {};
	struct ib_uverbs_query_device req;
	struct ff_dev *dev = cmd->file->dev;
	struct ib_device_attr attr;
	int err;

	if (!READ_ONCE(cmd->file->lower))
		return -EINVAL;
	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	err = query_device(&dev->ibdev, &attr, NULL);
	if (err)
		return err;
	copy_device(dev, &attr, &resp);
	return ff_cmd_respond(cmd, &resp, sizeof(resp));
}

/*
 * Of what only this command tells, nothing is carried: paging on demand,
 * timestamps, receive side scaling, raw packets, tag matching, moderation of
 * CQs and memory of the device all read as absent.
 */
int ff_port_cmd_query_device_ex(struct ff_cmd *cmd)
{
	struct ib_uverbs_ex_query_device_resp resp = {
		.response_length = ff_cmd_response_length(cmd, sizeof(resp)),
	};
	struct ib_uverbs_ex_query_device req;
	struct ff_dev *dev = cmd->file->dev;
	struct ib_device_attr attr;
	int err;

	if (!READ_ONCE(cmd->file->lower))
		return -EINVAL;
	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	if (req.comp_mask || req.reserved)
		return -EINVAL;
	err = query_device(&dev->ibdev, &attr, NULL);
	if (err)
		return err;
	copy_device(dev, &attr, &resp.base);
	resp.device_cap_flags_ex = attr.device_cap_flags;
	return ff_cmd_respond(cmd, &resp, sizeof(resp));
}

int ff_port_cmd_query_port(struct ff_cmd *cmd)
{
	struct ib_uverbs_query_port_resp resp = {};
	struct ib_uverbs_query_port req;
	struct ff_dev *dev = cmd->file->dev;
	struct ib_port_attr attr;
	int err;

	if (!READ_ONCE(cmd->file->lower))
		return -EINVAL;
	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	if (req.port_num != FF_PORT)
		return -EINVAL;
	err = query_port(&dev->ibdev, FF_PORT, &attr);
	if (err)
		return err;

	resp.port_cap_flags = attr.port_cap_flags | IB_UVERBS_PCF_IP_BASED_GIDS;
	resp.max_msg_sz = attr.max_msg_sz;
	resp.gid_tbl_len = attr.gid_tbl_len;
	resp.pkey_tbl_len = attr.pkey_tbl_len;
	resp.state = attr.state;
	resp.max_mtu = attr.max_mtu;
	resp.active_mtu = attr.active_mtu;
	resp.max_vl_num = attr.max_vl_num;
	resp.subnet_timeout = attr.subnet_timeout;
	resp.init_type_reply = attr.init_type_reply;
	resp.active_width = attr.active_width;
	resp.active_speed = min_t(u16, attr.active_speed, IB_SPEED_NDR);
	resp.phys_state = attr.phys_state;
	resp.link_layer = IB_LINK_LAYER_ETHERNET;
	resp.flags = IB_UVERBS_QPF_GRH_REQUIRED;
	return ff_cmd_respond(cmd, &resp, sizeof(resp));
}

static int query_pkey(struct ib_device *ibdev, u32 port, u16 index,
		      u16 *pkey)
{
	if (index)
		return -EINVAL;
	*pkey = IB_DEFAULT_PKEY_FULL;
	return 0;
}

static int get_port_immutable(struct ib_device *ibdev, u32 port,
			      struct ib_port_immutable *immutable)
{
	immutable->core_cap_flags = RDMA_CORE_PORT_IBA_ROCE_UDP_ENCAP;
	immutable->max_mad_size = IB_MGMT_MAD_SIZE;
	immutable->pkey_tbl_len = 1;
	immutable->gid_tbl_len = FF_GID_TABLE_LEN;
	return 0;
}

static enum rdma_link_layer get_link_layer(struct ib_device *ibdev, u32 port)
{
	return IB_LINK_LAYER_ETHERNET;
}

const struct ib_device_ops ff_port_ops = {
	.get_link_layer = get_link_layer,
	.get_port_immutable = get_port_immutable,
	.query_device = query_device,
	.query_pkey = query_pkey,
	.query_port = query_port,
};
