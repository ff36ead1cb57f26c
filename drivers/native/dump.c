#include "dump.h"

#include <errno.h>
#include <sys/resource.h>

/* A limit of 0 would forbid files, but a program that /proc/sys/kernel/core_pattern names would still get the whole memory:
 * for those the kernel heeds no limit but 1 byte, "aborting core" (do_coredump in fs/coredump.c). No file fits into one byte
 * either. */
#define NEITHER_FILE_NOR_PROGRAM 1

int ml_dump_forbid(struct ml_failure *failure) {
  struct rlimit limit;
  *failure = (struct ml_failure){.code = 0, .step = "setrlimit"};
  if (getrlimit(RLIMIT_CORE, &limit) < 0) return failure->code = errno;
  if (limit.rlim_max > NEITHER_FILE_NOR_PROGRAM) limit.rlim_max = NEITHER_FILE_NOR_PROGRAM;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_CORE, &limit) < 0) return failure->code = errno;
  return 0;
}
