/* What a process leaves behind in memory and on disks: plain C that knows no JavaScript. */
#ifndef MATCHLIGHT_TRACES_H
#define MATCHLIGHT_TRACES_H

#include "../v4l2/v4l2.h"

/* Forbids core dumps of this process and of those that it starts, for good. A hard limit of 0 stays as it is. */
int ml_traces_forbid_dumps(struct ml_failure *failure);

/* From now on memory is overwritten as it is freed, by whatever part of the process. */
int ml_traces_overwrite_freed(struct ml_failure *failure);

#endif
