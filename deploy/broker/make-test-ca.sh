#!/usr/bin/env bash
# Makes an authority and certificates for a trial or a test: never for a shop, whose authority has its key under lock.
#
#   make-test-ca.sh FOLDER [NAME…]    the authority and the broker's certificate, where they are not there yet, and a client
#                                     certificate for each name: a camera's MATCHLIGHT_DEVICE_ID, "carrier" or "operator"
#   DAYS=-1 make-test-ca.sh FOLDER …  the same, but expired since yesterday
#
# The broker wants two of them: `make-test-ca.sh cameras` and `make-test-ca.sh carriers carrier operator`.
set -euo pipefail

folder=${1:?"where to: make-test-ca.sh FOLDER [NAME…]"}
shift
days=${DAYS:-30}
mkdir -p "$folder"
cd "$folder"
umask 077

make_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }

# issue NAME COMMON_NAME EXTENSIONS; `openssl x509` cannot make one that has already ended, `openssl ca` can.
issue() {
  make_key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
  if ((days < 0)); then
    mkdir -p issued && : >issued/index.txt && echo 01 >issued/serial
    printf '[ca]\ndefault_ca=c\n[c]\nnew_certs_dir=issued\ndatabase=issued/index.txt\nserial=issued/serial\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n' >issued/ca.cnf
    openssl ca -batch -notext -config issued/ca.cnf -cert ca.crt -keyfile ca.key -in "$1.csr" -out "$1.crt" \
      -startdate "$(date -u -d "$((days - 1)) days" +%y%m%d%H%M%SZ)" -enddate "$(date -u -d "$days days" +%y%m%d%H%M%SZ)" \
      -extfile <(printf '%s\n' "$3") 2>/dev/null
    rm -rf issued
  else
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 8)" -days "$days" \
      -extfile <(printf '%s\n' "$3") -out "$1.crt" 2>/dev/null
  fi
  rm -f "$1.csr"
}

if [[ ! -e ca.key ]]; then
  make_key ca
  openssl req -x509 -new -key ca.key -subj "/CN=Matchlight test authority for ${PWD##*/}" -days 30 -out ca.crt
  issue broker localhost $'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth'
fi
for name in "$@"; do issue "$name" "$name" extendedKeyUsage=clientAuth; done
