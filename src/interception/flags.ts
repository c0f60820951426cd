// Owns the names of the options: istio-iptables' flags, their short forms and environment variables.

export interface InterceptionFlag {
  readonly name: string;
  readonly short?: string;
  /** The flag's own name in capitals counts always; these come after it. */
  readonly environment?: readonly string[];
  readonly kind: 'text' | 'switch';
  readonly value?: string;
  readonly standard?: string;
  readonly help: string;
  /** Accepted for Istio's command lines; the reason why nothing follows from it. */
  readonly noEffect?: string;
}

const LIST = 'LIST';

export const INTERCEPTION_FLAGS: readonly InterceptionFlag[] = [
  {
    name: 'envoy-port',
    short: 'p',
    environment: ['PROXY_PORT'],
    kind: 'text',
    value: 'PORT',
    standard: '15001',
    help: 'where outbound connections are sent',
  },
  {
    name: 'inbound-capture-port',
    short: 'z',
    kind: 'text',
    value: 'PORT',
    standard: '15006',
    help: 'where inbound connections are sent',
  },
  {
    name: 'inbound-tunnel-port',
    short: 'e',
    kind: 'text',
    value: 'PORT',
    standard: '15008',
    help: 'HBONE port, left alone',
  },
  {
    name: 'proxy-uid',
    short: 'u',
    kind: 'text',
    value: LIST,
    help: "users whose traffic is not captured: the proxy's (default: user $ENVOY_USER or istio-proxy, else 1337)",
  },
  {
    name: 'proxy-gid',
    short: 'g',
    kind: 'text',
    value: LIST,
    help: 'groups whose traffic is not captured (default: as -u)',
  },
  {
    name: 'istio-inbound-interception-mode',
    short: 'm',
    environment: ['INBOUND_INTERCEPTION_MODE'],
    kind: 'text',
    value: 'MODE',
    standard: 'REDIRECT',
    help: 'REDIRECT or TPROXY, for inbound connections',
  },
  {
    name: 'istio-inbound-tproxy-mark',
    short: 't',
    environment: ['INBOUND_TPROXY_MARK'],
    kind: 'text',
    value: 'MARK',
    standard: '1337',
    help: 'mark of captured packets in TPROXY mode',
  },
  {
    name: 'istio-inbound-tproxy-route-table',
    short: 'r',
    environment: ['INBOUND_TPROXY_ROUTE_TABLE'],
    kind: 'text',
    value: 'TABLE',
    standard: '133',
    help: 'routing table of marked packets',
  },
  {
    name: 'istio-inbound-ports',
    short: 'b',
    kind: 'text',
    value: LIST,
    help: 'inbound ports that are captured; * for all, nothing for none',
  },
  {
    name: 'istio-local-exclude-ports',
    short: 'd',
    kind: 'text',
    value: LIST,
    help: 'inbound ports that are not captured, with -b *',
  },
  {
    name: 'istio-service-cidr',
    short: 'i',
    kind: 'text',
    value: LIST,
    help: 'outbound address ranges that are captured; * for all, nothing for none',
  },
  {
    name: 'istio-service-exclude-cidr',
    short: 'x',
    kind: 'text',
    value: LIST,
    help: 'outbound address ranges that are not captured',
  },
  {
    name: 'istio-outbound-ports',
    short: 'q',
    kind: 'text',
    value: LIST,
    help: 'outbound ports that are captured whatever the address',
  },
  {
    name: 'istio-local-outbound-ports-exclude',
    short: 'o',
    kind: 'text',
    value: LIST,
    help: 'outbound ports that are not captured',
  },
  {
    name: 'istio-exclude-interfaces',
    short: 'c',
    kind: 'text',
    value: LIST,
    help: 'interfaces that are left alone',
  },
  {
    name: 'kube-virt-interfaces',
    short: 'k',
    kind: 'text',
    value: LIST,
    help: 'interfaces of virtual machines: what comes in there counts as outbound',
  },
  {
    name: 'redirect-dns',
    environment: ['ISTIO_META_DNS_CAPTURE'],
    kind: 'switch',
    help: 'capture DNS queries to the servers of /etc/resolv.conf, for port 15053',
  },
  { name: 'capture-all-dns', kind: 'switch', help: 'with --redirect-dns: queries to any server' },
  {
    name: 'drop-invalid',
    environment: ['INVALID_DROP'],
    kind: 'switch',
    help: 'drop packets that belong to no known connection, instead of resetting it',
  },
  {
    name: 'dual-stack',
    environment: ['ISTIO_DUAL_STACK', 'ISTIO_AGENT_DUAL_STACK'],
    kind: 'switch',
    help: 'rules for IPv6 also where this host has an IPv4 address',
  },
  { name: 'dry-run', short: 'n', kind: 'switch', help: 'print what would be done and do nothing' },
  {
    name: 'restore-format',
    short: 'f',
    kind: 'switch',
    standard: 'true',
    help: 'print for iptables-restore; =false for single commands',
  },
  { name: 'clean', environment: ['CLEANUP_ONLY'], kind: 'switch', help: 'remove the rules instead of writing them' },
  { name: 'cleanup-only', kind: 'switch', help: 'the same as --clean' },
  { name: 'skip-rule-apply', kind: 'switch', help: 'write nothing (for a check by itself)' },
  {
    name: 'run-validation',
    kind: 'switch',
    help: 'then check with a real connection that it is captured; exit code 126 if not',
  },
  {
    name: 'iptables-probe-port',
    kind: 'text',
    value: 'PORT',
    standard: '15002',
    help: 'port that the check connects to; nobody needs to listen there',
  },
  { name: 'probe-timeout', kind: 'text', value: 'DURATION', standard: '5s', help: 'how long the check waits' },
  { name: 'network-namespace', kind: 'text', value: 'PATH', help: 'file of the network namespace to work in' },
  {
    name: 'cni-mode',
    kind: 'switch',
    help: "called by a CNI plugin: the lock of iptables is the namespace's, not the node's",
  },
  { name: 'native-nftables', kind: 'switch', help: 'write with nft instead of iptables' },
  {
    name: 'force-iptables-binary',
    environment: ['FORCE_IPTABLES_BINARY'],
    kind: 'text',
    value: 'NAME',
    help: 'iptables, iptables-nft or iptables-legacy (default: the one that is in use)',
  },
  {
    name: 'reconcile',
    kind: 'switch',
    help: 'replace rules that differ',
    noEffect: 'rules are always brought to what is asked for, in one transaction',
  },
  {
    name: 'force-apply',
    kind: 'switch',
    help: 'write rules that are there already',
    noEffect: 'they are always written anew, in one transaction',
  },
  ...['log_output_level', 'log_target', 'log_rotate', 'log_stacktrace_level', 'log_caller', 'vklog'].map(
    (name): InterceptionFlag => ({
      name,
      kind: 'text',
      value: 'TEXT',
      help: "Istio's logging",
      noEffect: 'there is little to log',
    }),
  ),
  { name: 'log_as_json', kind: 'switch', help: "Istio's logging", noEffect: 'there is little to log' },
];

/** Options that Istio takes from the environment only. */
export const ENVIRONMENT_ONLY = {
  ENVOY_USER: "name of the proxy's user, where -u is not given",
  ISTIO_OUTBOUND_OWNER_GROUPS: 'groups whose outbound traffic is captured (default *)',
  ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE: 'groups whose outbound traffic is not captured',
  ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR: 'what is loopback (default 127.0.0.1/32)',
} as const;

/** `istio-service-cidr` → ISTIO_SERVICE_CIDR. */
export function environmentNames(flag: InterceptionFlag): string[] {
  return [flag.name.toUpperCase().replaceAll('-', '_'), ...(flag.environment ?? [])];
}
