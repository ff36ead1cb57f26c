#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* A service maps about a hundred files; what there is beyond this stays. */
#define MOST_RANGES 512

/* The line of smaps that begins a mapping: from, to, mode, offset, device, inode. */
#define MAPPING "%" SCNxPTR "-%" SCNxPTR " %4s %*x %*x:%*x %lu"

struct range {
  uintptr_t start, end;
};

struct clean_ranges {
  size_t count;
  struct range ranges[MOST_RANGES];
  /* The first refusal, 0 when there was none. */
  int code;
};

/* Takes up the ranges of which the kernel says that they are of a file, cannot be written, and hold nothing that the file
 * does not: no page that the loader or a debugger has changed, and no text that Node has moved to large pages. */
static int read_clean_ranges(struct clean_ranges *clean) {
  FILE *smaps = fopen("/proc/self/smaps", "re");
  if (!smaps) return errno;
  struct range range = {0, 0}, read;
  bool of_file = false;
  char line[512], mode[5];
  unsigned long inode, kilobytes;
  while (clean->count < MOST_RANGES && fgets(line, sizeof line, smaps)) {
    if (sscanf(line, MAPPING, &read.start, &read.end, mode, &inode) == 4) {
      range = read;
      of_file = inode != 0 && mode[1] == '-';
    } else if (of_file && sscanf(line, "Anonymous: %lu kB", &kilobytes) == 1 && kilobytes == 0) {
      clean->ranges[clean->count++] = range;
    }
  }
  fclose(smaps);
  return 0;
}

static void drop(struct clean_ranges *clean, uintptr_t start, uintptr_t end) {
  for (size_t i = 0; i < clean->count; i++) {
    struct range part = clean->ranges[i];
    if (part.start < start) part.start = start;
    if (part.end > end) part.end = end;
    if (part.start >= part.end) continue;
    int refused = madvise((void *)part.start, part.end - part.start, MADV_DONTNEED) < 0 ? errno : 0;
    if (clean->code == 0) clean->code = refused;
  }
}

/* Only what a loaded program's own headers name: while they are walked nothing of it can be unloaded, so no range has
 * become something else since the kernel told of it. Mappings begin with pages, segments need not. */
static int drop_program(struct dl_phdr_info *program, size_t size, void *clean) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < program->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &program->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
    uintptr_t start = program->dlpi_addr + segment->p_vaddr;
    drop(clean, start & -page, start + segment->p_memsz);
  }
  return 0;
}

int ml_text_drop(struct ml_failure *failure) {
  struct clean_ranges clean = {.count = 0};
  int code = read_clean_ranges(&clean);
  if (code != 0) {
    *failure = (struct ml_failure){.code = code, .step = "fopen"};
    return code;
  }
  dl_iterate_phdr(drop_program, &clean);
  *failure = (struct ml_failure){.code = clean.code, .step = "madvise"};
  return clean.code;
}
