#!/bin/sh
# Runs a program of Matchlight on Node with the settings of the service. `npm start`, the image and the systemd unit use it.
# One arena, a small young heap, and compilers only for what runs often: less memory.
export MALLOC_ARENA_MAX=1
exec node --no-maglev --no-sparkplug --max-semi-space-size=1 --max-old-space-size=96 "$@"
