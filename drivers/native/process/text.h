/* The text of this process in memory: plain C that knows no JavaScript. */
#ifndef MATCHLIGHT_TEXT_H
#define MATCHLIGHT_TEXT_H

#include "../v4l2/v4l2.h"

/* Takes the text and constants of the loaded programs out of this process's memory; what is used again is read again from
 * the page cache. Whatever the kernel refuses for one of them, the others go; the first refusal is what is told. */
int ml_text_drop(struct ml_failure *failure);

#endif
