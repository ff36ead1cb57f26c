#!/usr/bin/env bash
# Installs, updates or rolls back Matchlight on plain Raspberry Pi OS (64 bit) or Debian, without containers.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: sudo deploy/systemd/install.sh [--dry-run]             install this checkout, or update to it
       sudo deploy/systemd/install.sh --rollback [--dry-run]  go back to the release before

Run `npm ci` in the checkout first, as yourself: it builds the program and the addons. Releases lie beside each other in
/opt/matchlight; `current` points to the one that runs, `previous` to the one before, and an update removes all others.
Settings are in /etc/matchlight, keys and reports in /var/lib/matchlight; neither is touched by an update or a roll-back.
TEXT
}

dry=false
rollback=false
for argument in "$@"; do
  case "$argument" in
    --dry-run) dry=true ;;
    --rollback) rollback=true ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
done

# Where releases lie, as the units say too; elsewhere only to try this script with --dry-run.
releases="${RELEASES_DIR:-/opt/matchlight}"

fail() {
  printf 'install: %s\n' "$1" >&2
  exit 1
}

# Does a step, or only says it.
run() {
  if $dry; then printf '%s\n' "$*"; else "$@"; fi
}

# Lets a name point to a release in one step: a power cut leaves the old one or the new one, never none.
point() {
  run ln -sfn "$2" "$releases/.$1"
  run mv -T "$releases/.$1" "$releases/$1"
}

# Removes releases beside the two that are named: nobody can go back to them any more.
tidy() {
  local folder name
  for folder in "$releases"/*; do
    name=$(basename "$folder")
    [[ -d $folder && ! -L $folder && $name =~ -[0-9]{14}$ ]] || continue
    [[ $name == "$1" || $name == "$2" ]] || run rm -rf "$folder"
  done
}

# Installs the units of a release: another release may be started in another way.
units() {
  local unit
  for unit in matchlight.service matchlight-health.service matchlight-health.timer; do
    run install -m 0644 "$1/$unit" "/etc/systemd/system/$unit"
  done
}

restart() {
  run systemctl daemon-reload
  run systemctl enable matchlight.service matchlight-health.timer
  run systemctl restart matchlight.service matchlight-health.timer
}

$dry || [[ $EUID -eq 0 ]] || fail "run it with sudo"
current=$(readlink "$releases/current" || true)
previous=$(readlink "$releases/previous" || true)

if $rollback; then
  [[ -n $previous || $dry == true ]] || fail "there is no release to go back to"
  [[ -d $releases/$previous/deploy/systemd || $dry == true ]] ||
    fail "the release $previous has no units: run install.sh of its own checkout"
  units "$releases/$previous/deploy/systemd"
  # In this order: a power cut in between leaves the release before in place, and never the bad one as both.
  point current "$previous"
  point previous "$current"
  restart
  exit 0
fi

cd "$(dirname "$0")/../.."
command -v /usr/bin/node >/dev/null || fail "/usr/bin/node is missing: install Node 20.20 or newer (nodesource.com has it for Debian)"
/usr/bin/node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 20) ? 0 : 1)' ||
  fail "Node $(/usr/bin/node --version) is too old: 20.20 or newer is needed"
for built in dist/cli/matchlight.js drivers/native/build/Release/matchlight.node models/native/build/Release/matchlight-faces.node; do
  [[ -f $built ]] || fail "$built is not built: run \`npm ci\` first, as yourself"
done

release="$(/usr/bin/node -p 'require("./package.json").version')-$(date -u +%Y%m%d%H%M%S)"
target="$releases/$release"

if ! getent passwd matchlight >/dev/null; then
  run useradd --system --home-dir /var/lib/matchlight --no-create-home --shell /usr/sbin/nologin matchlight
fi
for group in video gpio; do
  getent group "$group" >/dev/null || run groupadd --system "$group"
done

run install -d -m 0755 "$target/models" "$target/drivers/native/build" /etc/matchlight
run cp -r package.json package-lock.json .npmrc README.md LICENSE dist "$target/"
run cp --parents carrier/package.json gateway/package.json protocol/package.json workshop/package.json deploy/run.sh deploy/systemd/*.{service,timer} "$target/"
run rm -rf "$target/dist/test"
run cp -r models/packs "$target/models/"
run cp -r drivers/native/build/Release "$target/drivers/native/build/"
run cp --parents models/native/build/Release/matchlight-faces.node "$target/"
run npm --prefix "$target" ci --omit=dev --ignore-scripts --no-audit --no-fund
run npm --prefix "$target" rebuild epoll
run env --chdir="$target" /usr/bin/node "$PWD/deploy/image/slim.mjs"
[[ -f /etc/matchlight/matchlight.env ]] ||
  run install -m 0640 -g matchlight deploy/systemd/matchlight.env /etc/matchlight/matchlight.env
units deploy/systemd
run install -m 0755 deploy/systemd/matchlight.sh /usr/local/bin/matchlight

# A power cut must not leave a name that points to files which were never written.
run sync -f "$releases"
[[ -z $current ]] || point previous "$current"
point current "$release"
restart
tidy "$release" "$current"
printf 'Matchlight %s is installed. Settings: /etc/matchlight/matchlight.env. At the camera: sudo matchlight doctor. Its log: journalctl -u matchlight\n' "$release"
