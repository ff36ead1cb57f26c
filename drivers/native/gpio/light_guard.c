/* Turns a status light off when the process that owns it is gone, however it went: even SIGKILL closes a pipe.
 *
 *   light-guard lines COUNT        lines of a GPIO character device, inherited as descriptor 3
 *   light-guard files [0|1] PATH…  sysfs value files, and what stands for "off" in them
 *
 * It waits until its standard input ends, turns everything off, and ends. */
#include "gpio.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INHERITED_LINES 3

static void wait_for_owner(void) {
  char byte;
  ssize_t got;
  do {
    got = read(STDIN_FILENO, &byte, 1);
  } while (got > 0 || (got < 0 && errno == EINTR));
}

static bool write_text(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  close(fd);
  return written;
}

/* A line that stays exported cannot be taken by anybody else, not even by the next start through the character device. */
static void give_back(const char *path) {
  char number[16];
  if (sscanf(path, "/sys/class/gpio/gpio%15[0-9]/", number) == 1) write_text("/sys/class/gpio/unexport", number);
}

static int darken_files(const char *off, char **paths, int count) {
  int worst = 0;
  for (int i = 0; i < count; i++) {
    if (!write_text(paths[i], off)) worst = 1;
    give_back(paths[i]);
  }
  return worst;
}

int main(int argc, char **argv) {
  bool lines = argc == 3 && strcmp(argv[1], "lines") == 0;
  bool files = argc >= 4 && strcmp(argv[1], "files") == 0;
  if (!lines && !files) return 2;
  /* A terminal's Ctrl-C and a supervisor's SIGTERM go to the owner's whole group: the owner ends in order, then this. */
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  wait_for_owner();
  struct ml_failure failure;
  if (lines) return ml_lines_set(INHERITED_LINES, (uint32_t)atoi(argv[2]), 0, &failure) == 0 ? 0 : 1;
  return darken_files(argv[2], argv + 3, argc - 3);
}
