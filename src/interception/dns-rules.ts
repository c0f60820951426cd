// Owns the capture of DNS: queries go to the agent's port, and two zones keep the agent's own queries, which look just
// like the application's, apart in the table of connections.
import { DNS_CAPTURE_PORT, type InterceptionOptions } from './options.ts';
import { capturesDns } from './outbound-rules.ts';
import { jump, type Owner } from './rule.ts';
import type { RuleSet } from './rule-set.ts';

/** The agent and the DNS servers. */
const SERVER_ZONE = 1;
/** The applications and the agent. */
const CLIENT_ZONE = 2;

const DNS_PORT = 53;
const TO_DNS = { ports: [String(DNS_PORT)] };

/** What ISTIO_OUTPUT jumps to for DNS. */
export function dnsOutputRules(rules: RuleSet, options: InterceptionOptions): void {
  if (!capturesDns(options, rules.family)) return;
  for (const protocol of ['tcp', 'udp'] as const) {
    for (const server of servers(rules, options)) {
      const match = {
        protocol,
        destinationPorts: TO_DNS,
        ...(server === null ? {} : { destination: { prefix: server } }),
      };
      rules.append('nat', 'ISTIO_OUTPUT_DNS', match, { kind: 'redirect', port: DNS_CAPTURE_PORT });
    }
  }
}

/** The raw table, which stands before connections are tracked. */
export function dnsZoneRules(rules: RuleSet, options: InterceptionOptions): void {
  if (options.dns === null) return;
  const captured = capturesDns(options, rules.family);
  if (captured) rules.append('raw', 'PREROUTING', {}, jump('ISTIO_INBOUND'));
  rules.append('raw', 'OUTPUT', {}, jump('ISTIO_OUTPUT_DNS'));
  const owners: Owner[] = [
    ...options.proxyUids.map((id): Owner => ({ kind: 'uid', id })),
    ...options.proxyGids.map((id): Owner => ({ kind: 'gid', id })),
  ];
  for (const owner of owners) {
    const sent = { protocol: 'udp', owners: [owner] } as const;
    rules.append('raw', 'ISTIO_OUTPUT_DNS', { ...sent, destinationPorts: TO_DNS }, { kind: 'zone', zone: SERVER_ZONE });
    rules.append(
      'raw',
      'ISTIO_OUTPUT_DNS',
      { ...sent, sourcePort: DNS_CAPTURE_PORT },
      { kind: 'zone', zone: CLIENT_ZONE },
    );
  }
  if (!captured) return;
  for (const server of servers(rules, options)) {
    const query = { protocol: 'udp', destinationPorts: TO_DNS } as const;
    const to = server === null ? query : { ...query, destination: { prefix: server } };
    rules.append('raw', 'ISTIO_OUTPUT_DNS', to, { kind: 'zone', zone: CLIENT_ZONE });
    const answer = { protocol: 'udp', sourcePort: DNS_PORT } as const;
    const from = server === null ? answer : { ...answer, source: server };
    rules.append('raw', 'ISTIO_INBOUND', from, { kind: 'zone', zone: SERVER_ZONE });
  }
}

/** Null stands for any server. */
function servers(rules: RuleSet, { dns }: InterceptionOptions): readonly (string | null)[] {
  if (dns === null) return [];
  if (dns.servers === 'all') return [null];
  return rules.family === 4 ? dns.servers.v4 : dns.servers.v6;
}
