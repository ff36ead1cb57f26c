#!/bin/sh
# Installed as /usr/local/bin/matchlight: the command of this camera, with the settings of its service.
exec /usr/bin/node /opt/matchlight/current/dist/deploy/systemd/command.js "$@"
