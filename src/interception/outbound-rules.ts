// Owns the nat rules of what goes out: exclusions, the proxy's own traffic, then the capture by port and address.
// The first rule that holds decides, so the order is the meaning.
import { hasLoopbackRange, type InterceptionOptions } from './options.ts';
import { jump, type Match, type Owner, RETURN, type Target } from './rule.ts';
import type { RuleSet } from './rule-set.ts';

export function outboundRules(rules: RuleSet, options: InterceptionOptions): void {
  const { loopback, passthrough } = rules.addresses;
  const append = (match: Match, target: Target): void => rules.append('nat', 'ISTIO_OUTPUT', match, target);
  for (const outInterface of options.excludedInterfaces) append({ outInterface }, RETURN);
  // Before all else: also what the proxy sends to itself is excluded by port.
  for (const port of options.outboundPortsExcluded) {
    for (const protocol of ['tcp', 'udp'] as const) append({ protocol, destinationPorts: { ports: [port] } }, RETURN);
  }
  // The inbound listener's connection to the application beside it.
  append({ source: passthrough, outInterface: 'lo' }, RETURN);

  for (const id of options.proxyUids) proxyRules(append, options, loopback, { kind: 'uid', id });
  for (const id of options.proxyGids) proxyRules(append, options, loopback, { kind: 'gid', id });
  ownerGroupRules(append, options);

  if (capturesDns(options, rules.family)) append({}, jump('ISTIO_OUTPUT_DNS'));
  // Who names this host means the process beside it.
  append({ destination: { prefix: loopback } }, RETURN);
  const excluded = options.outboundRangesExcluded;
  for (const prefix of rules.family === 4 ? excluded.v4 : excluded.v6) append({ destination: { prefix } }, RETURN);
  for (const port of options.outboundPorts) {
    append({ protocol: 'tcp', destinationPorts: { ports: [port] } }, jump('ISTIO_REDIRECT'));
  }
  const included = options.outboundRanges;
  if (included === '*') append({}, jump('ISTIO_REDIRECT'));
  else {
    for (const prefix of rules.family === 4 ? included.v4 : included.v6) {
      append({ destination: { prefix } }, jump('ISTIO_REDIRECT'));
    }
  }
}

export function capturesDns({ dns }: InterceptionOptions, family: 4 | 6): boolean {
  if (dns === null) return false;
  return dns.servers === 'all' || (family === 4 ? dns.servers.v4 : dns.servers.v6).length > 0;
}

/** One of the proxy's users or groups: its traffic is not captured again, which would be a loop. */
function proxyRules(
  append: (match: Match, target: Target) => void,
  options: InterceptionOptions,
  loopback: string,
  owner: Owner,
): void {
  const dns = options.dns !== null;
  // The proxy calls its own host by a routable address: an application asked for itself by the service's name, and
  // the call has to come in through the inbound listener as any other. Not so the agent's DNS queries over TCP: they
  // go to the server, wherever it is (as Istio, only asked of the user).
  const ports = dns && owner.kind === 'uid' ? ['53', options.inboundTunnelPort] : [options.inboundTunnelPort];
  append(
    {
      outInterface: 'lo',
      protocol: 'tcp',
      destination: { prefix: loopback, not: true },
      destinationPorts: { ports, not: true },
      owners: [owner],
    },
    jump('ISTIO_IN_REDIRECT'),
  );
  // Processes of one host among themselves are left alone, unless their addresses are to be captured expressly. A DNS
  // server on this host is asked over loopback, and that is to be captured.
  if (!hasLoopbackRange(options.outboundRanges)) {
    const others = { outInterface: 'lo', owners: [{ ...owner, not: true }] } as const;
    append(dns ? { ...others, protocol: 'tcp', destinationPorts: { ports: ['53'], not: true } } : others, RETURN);
  }
  append({ owners: [owner] }, RETURN);
}

function ownerGroupRules(append: (match: Match, target: Target) => void, { ownerGroups }: InterceptionOptions): void {
  if ('only' in ownerGroups) {
    append({ owners: ownerGroups.only.map((id) => ({ kind: 'gid', id, not: true })) }, RETURN);
    return;
  }
  for (const id of ownerGroups.except) append({ owners: [{ kind: 'gid', id }] }, RETURN);
}
