#!/bin/sh
# The image's command `matchlight`: the container has the service's settings, and root is given up as at the start.
exec sh /app/deploy/run.sh /app/dist/deploy/image/enter.js "$@"
