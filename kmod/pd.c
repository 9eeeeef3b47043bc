// SPDX-License-Identifier: GPL-2.0-only
#include "cmd.h"
#include "file.h"
#include "lower.h"
#include "pd.h"

static void pd_destroy(struct ff_obj *obj)
{
	struct ff_pd *pd = container_of(obj, struct ff_pd, obj);

	ib_dealloc_pd(pd->lower);
	xa_destroy(&pd->mrs);
	xa_destroy(&pd->mws);
}

const struct ff_obj_kind ff_pd_kind = {
	.type	 = FREEFLOW_RES_TYPE_PD,
	.size	 = sizeof(struct ff_pd),
	.destroy = pd_destroy,
};

int ff_pd_cmd_alloc(struct ff_cmd *cmd)
{
	struct ib_uverbs_alloc_pd_resp resp = {};
	struct ib_uverbs_alloc_pd req;
	struct ff_pd *pd;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	pd = ff_obj_create(cmd->file, &ff_pd_kind);
	if (IS_ERR(pd))
		return PTR_ERR(pd);

	xa_init(&pd->mrs);
	xa_init(&pd->mws);
	pd->dead_lkey = ff_lower_dead_lkey(cmd->file->lower);
	pd->lower = ib_alloc_pd(ff_lower_ibdev(cmd->file->lower), 0);
	if (IS_ERR(pd->lower)) {
		err = PTR_ERR(pd->lower);
		goto err_obj;
	}
	resp.pd_handle = pd->obj.handle;
	err = ff_cmd_respond(cmd, &resp, sizeof(resp));
	if (err)
		goto err_lower;
	ff_obj_publish(&pd->obj);
	return 0;

err_lower:
	ib_dealloc_pd(pd->lower);
err_obj:
	ff_obj_abort(&pd->obj);
	return err;
}

int ff_pd_cmd_dealloc(struct ff_cmd *cmd)
{
	struct ib_uverbs_dealloc_pd req;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	return ff_obj_destroy(cmd->file, &ff_pd_kind, req.pd_handle);
}
