/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FF_WRITER_H
#define FF_WRITER_H

#include <linux/types.h>

struct file;

bool ff_writer_may_command(struct file *filp);

#endif /* FF_WRITER_H */
