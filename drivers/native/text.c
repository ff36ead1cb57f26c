#include "text.h"

#include <errno.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

/* Only whole pages of a segment that is never written: of those the file holds all that there is. What the loader has
 * relocated lies in segments that are marked as writable, even where it has made them read-only since. */
static int release_segment(const ElfW(Phdr) *segment, uintptr_t base, uintptr_t page) {
  if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) return 0;
  uintptr_t start = (base + segment->p_vaddr + page - 1) & -page;
  uintptr_t end = (base + segment->p_vaddr + segment->p_filesz) & -page;
  if (end <= start) return 0;
  return madvise((void *)start, end - start, MADV_DONTNEED) == 0 ? 0 : errno;
}

static int release_program(struct dl_phdr_info *program, size_t size, void *page) {
  int code = 0;
  for (int i = 0; code == 0 && i < program->dlpi_phnum; i++) {
    code = release_segment(&program->dlpi_phdr[i], program->dlpi_addr, *(uintptr_t *)page);
  }
  return code;
}

int ml_text_release(struct ml_failure *failure) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  int code = dl_iterate_phdr(release_program, &page);
  if (code != 0) *failure = (struct ml_failure){.code = code, .step = "madvise"};
  return code;
}
