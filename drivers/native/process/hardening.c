#include "hardening.h"

#include <errno.h>
#include <malloc.h>
#include <sys/resource.h>

/* The kernel gives the whole memory to a program that /proc/sys/kernel/core_pattern names, in spite of every limit but
 * exactly 1 byte (do_coredump in fs/coredump.c: "RLIMIT_CORE is set to 1, aborting core"). No file fits into that either. */
#define NEITHER_FILE_NOR_PROGRAM 1

/* glibc fills freed memory with this, and memory that it gives out with the complement: with zeros. */
#define FREED 0xff

int ml_traces_forbid_dumps(struct ml_failure *failure) {
  struct rlimit wanted = {NEITHER_FILE_NOR_PROGRAM, NEITHER_FILE_NOR_PROGRAM};
  *failure = (struct ml_failure){.code = 0, .step = "setrlimit"};
  if (setrlimit(RLIMIT_CORE, &wanted) == 0) return 0;
  /* Only a hard limit of 0 is below the wanted one, and cannot be raised; the soft one is not above it. */
  return failure->code = errno == EPERM ? 0 : errno;
}

int ml_traces_overwrite_freed(struct ml_failure *failure) {
  int done = 0;
#ifdef M_PERTURB
  done = mallopt(M_PERTURB, FREED);
#endif
  *failure = (struct ml_failure){.code = done ? 0 : ENOSYS, .step = "mallopt"};
  return failure->code;
}
