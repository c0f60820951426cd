/**
 * The numbered catalogue of everything that can be said about a configuration. Numbers are never used twice: a retired
 * one stays in the list. docs/diagnostics.md is printed from here (`npm run coverage-table`).
 *
 * RMR01xx the document, RMR02xx the API's own rules, RMR03xx fields and extensions, RMR04xx clusters, RMR05xx listeners,
 * RMR06xx routes, RMR07xx HTTP filters and connection manager, RMR08xx TLS and secrets, RMR09xx the process.
 */
export type Severity = 'error' | 'warning';

type Entry = {
  readonly name: string;
  readonly severity: Severity;
  /** One or two sentences for the documentation page: what it means, what to do. */
  readonly meaning: string;
};

const entry = (severity: Severity, name: string, meaning: string): Entry => ({ severity, name, meaning });

export const catalogue = {
  RMR0100: entry('error', 'unreadable-source', 'The file could not be read.'),
  RMR0101: entry(
    'error',
    'unknown-field',
    'The API has no such field in this message. A warning with --allow-unknown-static-fields.',
  ),
  RMR0102: entry('error', 'syntax', 'The text is not well-formed YAML (version 1.1), JSON or protobuf text.'),
  RMR0103: entry(
    'error',
    'wrong-type',
    'The value has another type than the field. Quote a text that YAML 1.1 reads as a number or boolean (`5`, `y`, `no`, `on`).',
  ),
  RMR0104: entry(
    'warning',
    'duplicate-key',
    'The same key, or both spellings of one field, stand twice in a mapping. As in Envoy the last one counts.',
  ),
  RMR0105: entry('error', 'oneof-set-twice', 'Two fields are set of which the API allows one.'),
  RMR0106: entry('error', 'unknown-enum-value', 'The enumeration has no value of that name.'),
  RMR0107: entry(
    'error',
    'number-out-of-range',
    'The number does not fit the field, or has a fraction where an integer is needed.',
  ),
  RMR0108: entry(
    'error',
    'malformed-value',
    'The text cannot be read as the duration, time, base64 or number the field holds.',
  ),
  RMR0109: entry('error', 'unknown-type-url', 'The "@type" names a message that is not part of the API.'),
  RMR0110: entry('error', 'missing-type-url', 'A typed_config needs "@type" to say which message it holds.'),
  RMR0111: entry('error', 'empty-document', 'The document holds no mapping.'),
  RMR0112: entry('warning', 'documents-ignored', 'Only the first of several YAML documents is read, as in Envoy.'),
  RMR0113: entry('error', 'undecodable-bytes', 'The bytes cannot be decoded as the message they claim to be.'),
  RMR0114: entry('error', 'unexpected-resource', 'The resource has another type than the one that was asked for.'),

  RMR0201: entry('error', 'required-field', 'A required field is not set.'),
  RMR0202: entry('error', 'required-choice', 'One field of several must be set and none is.'),
  RMR0203: entry('error', 'number-rule', 'The number is outside of what the API allows.'),
  RMR0204: entry('error', 'text-rule', 'The text breaks a rule of the API: its length, characters or pattern.'),
  RMR0205: entry('error', 'count-rule', 'A list or map holds too few or too many entries, or one of them twice.'),
  RMR0206: entry('error', 'enum-rule', 'The value of the enumeration is not allowed here.'),
  RMR0207: entry('error', 'duration-rule', 'The duration is outside of what the API allows.'),
  RMR0208: entry('error', 'constant-rule', 'The API allows only one value here.'),

  RMR0301: entry('warning', 'deprecated-field', 'Envoy has deprecated the field; it still works.'),
  RMR0302: entry('warning', 'deprecated-value', 'Envoy has deprecated the value; it still works.'),
  RMR0303: entry('error', 'removed-field', 'Envoy refuses the deprecated field or value by default.'),
  RMR0304: entry(
    'error',
    'extension-not-implemented',
    'The API knows the extension, this version of Remora does not implement it yet.',
  ),
  RMR0305: entry('warning', 'field-not-implemented', 'The field has no effect in this version of Remora yet.'),
  RMR0306: entry(
    'error',
    'field-refused',
    'Remora refuses the field: ignoring it would do something else than was asked for.',
  ),
  RMR0307: entry(
    'warning',
    'extension-skipped',
    'An optional extension, or one of several to choose from, is not implemented and passed over, as Envoy does with those it does not know.',
  ),
  RMR0308: entry(
    'error',
    'untyped-extension',
    'An extension is named without typed_config: Envoy finds extensions by the type of their configuration.',
  ),

  RMR0400: entry('error', 'invalid-cluster', 'The cluster cannot be made from this configuration.'),
  RMR0401: entry('error', 'duplicate-cluster', 'Two clusters have the same name.'),
  RMR0402: entry(
    'error',
    'load-balancer-mismatch',
    'The load-balancing policy does not go with the discovery type of the cluster.',
  ),
  RMR0403: entry('error', 'load-assignment', 'The endpoints do not go with the discovery type of the cluster.'),
  RMR0404: entry('error', 'invalid-endpoint', 'The endpoint cannot be used.'),
  RMR0405: entry('error', 'unknown-cluster', 'The configuration names a cluster that does not exist.'),
  RMR0406: entry('warning', 'cluster-warning', 'The cluster works, but probably not as meant.'),

  RMR0500: entry('error', 'invalid-listener', 'The listener cannot be made from this configuration.'),
  RMR0501: entry('error', 'duplicate-listener', 'Two listeners have the same name or the same address.'),
  RMR0502: entry('error', 'missing-address', 'A listener needs an address.'),
  RMR0503: entry('error', 'missing-filter-chains', 'A listener needs at least one filter chain.'),
  RMR0504: entry('error', 'duplicate-filter-chain-match', 'Two filter chains match the same connections.'),
  RMR0505: entry(
    'error',
    'terminal-filter',
    'The last filter of a chain must be a terminal one, and only the last may be.',
  ),
  RMR0506: entry('warning', 'listener-warning', 'The listener works, but probably not as meant.'),

  RMR0600: entry('error', 'invalid-route', 'The route cannot be made from this configuration.'),
  RMR0601: entry('error', 'duplicate-virtual-host', 'Two virtual hosts of a route configuration have the same name.'),
  RMR0602: entry('error', 'duplicate-domain', 'The same domain stands in two virtual hosts.'),
  RMR0603: entry('error', 'invalid-regular-expression', 'The regular expression is not one of RE2.'),
  RMR0604: entry('error', 'weighted-clusters', 'The weights of the clusters cannot be used.'),
  RMR0605: entry('warning', 'route-warning', 'The route works, but probably not as meant.'),

  RMR0700: entry('error', 'invalid-http-filter', 'The HTTP filter cannot be made from this configuration.'),
  RMR0701: entry(
    'error',
    'invalid-connection-manager',
    'The HTTP connection manager cannot be made from this configuration.',
  ),
  RMR0702: entry('error', 'invalid-access-log', 'The access log cannot be made from this configuration.'),
  RMR0703: entry('error', 'invalid-format', 'The format string has an unknown or malformed operator.'),
  RMR0704: entry('warning', 'http-warning', 'The HTTP configuration works, but probably not as meant.'),
  RMR0705: entry(
    'error',
    'invalid-rbac',
    'The rules of role-based access control cannot be made from this configuration.',
  ),
  RMR0706: entry('error', 'invalid-http2-options', 'The options of HTTP/2 contradict each other, or cannot be spoken.'),

  RMR0800: entry('error', 'invalid-transport-socket', 'The transport socket cannot be made from this configuration.'),
  RMR0801: entry('error', 'invalid-secret', 'A certificate, key or other secret cannot be used.'),
  RMR0802: entry('warning', 'tls-warning', 'The TLS settings work, but probably not as meant.'),

  RMR0900: entry('error', 'invalid-bootstrap', 'The process cannot be set up from this configuration.'),
  RMR0901: entry('error', 'invalid-address', 'The address cannot be used.'),
  RMR0902: entry('error', 'invalid-config-source', 'The source of dynamic resources cannot be used.'),
  RMR0903: entry('error', 'invalid-network-filter', 'The network filter cannot be made from this configuration.'),
  RMR0904: entry('warning', 'process-warning', 'The configuration works, but probably not as meant.'),
  RMR0905: entry('error', 'invalid-grpc-service', 'The service cannot be called over gRPC as configured.'),
} as const satisfies Record<string, Entry>;

export type DiagnosticCode = keyof typeof catalogue;
