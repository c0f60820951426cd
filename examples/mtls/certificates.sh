#!/bin/sh
# Makes an authority and the identities of two workloads, for the example beside it: sh examples/mtls/certificates.sh
set -eu
cd "$(dirname "$0")"
mkdir -p pki
cd pki
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
  -subj "/CN=Example mesh" -keyout ca.key -out ca.pem 2>/dev/null
for workload in web cart; do
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$workload" \
    -keyout "$workload.key" -out "$workload.csr" 2>/dev/null
  printf 'subjectAltName=URI:spiffe://cluster.local/ns/default/sa/%s\n' "$workload" >"$workload.ext"
  openssl x509 -req -in "$workload.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
    -extfile "$workload.ext" -out "$workload.pem" 2>/dev/null
  rm "$workload.csr" "$workload.ext"
done
echo "pki/: ca.pem, and certificate and key of web and cart"
