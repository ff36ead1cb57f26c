/* The text of this process in memory: plain C that knows no JavaScript. */
#ifndef MATCHLIGHT_TEXT_H
#define MATCHLIGHT_TEXT_H

#include "v4l2.h"

/* Unmaps every page of the loaded programs' text and constants. What is used again is mapped again, from the page cache. */
int ml_text_release(struct ml_failure *failure);

#endif
