// The certificate validator for SPIFFE (envoy.tls.cert_validator.spiffe): a name for the TLS sockets, which do its work where
// OpenSSL's verdict is (tls/sockets/validation-config.ts).
export const factory = {};
