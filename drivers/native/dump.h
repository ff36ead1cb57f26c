/* Core dumps of this process: plain C that knows no JavaScript. */
#ifndef MATCHLIGHT_DUMP_H
#define MATCHLIGHT_DUMP_H

#include "v4l2.h"

/* Forbids core dumps of this process and of those that it starts, for good. `limit` is RLIMIT_CORE afterwards: 1, or 0 where
 * whoever started the process has set a hard limit of 0, which only keeps files away. */
int ml_dump_forbid(uint32_t *limit, struct ml_failure *failure);

#endif
