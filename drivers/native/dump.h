/* Core dumps of this process: plain C that knows no JavaScript. */
#ifndef MATCHLIGHT_DUMP_H
#define MATCHLIGHT_DUMP_H

#include "v4l2.h"

/* Forbids core dumps of this process and of those that it starts, whatever it was started with, for good. */
int ml_dump_forbid(struct ml_failure *failure);

#endif
