// Owns the nat rules of what comes in: virtual machines' interfaces, then the capture by port (REDIRECT mode).
import type { InterceptionOptions } from './options.ts';
import { jump, RETURN } from './rule.ts';
import type { RuleSet } from './rule-set.ts';

export function inboundRules(rules: RuleSet, options: InterceptionOptions): void {
  virtualMachineRules(rules, options);
  const inward = { chain: 'ISTIO_INBOUND', table: 'nat' } as const;
  const redirects = options.mode === 'REDIRECT' && options.inboundPorts.length > 0;
  // In TPROXY mode mangle has captured before nat is asked (tproxy-rules.ts).
  if (!redirects) return;
  rules.append('nat', 'PREROUTING', { protocol: 'tcp' }, jump('ISTIO_INBOUND'));
  for (const name of [...options.rerouteInterfaces, ...options.excludedInterfaces]) {
    rules.append(inward.table, inward.chain, { inInterface: name }, RETURN);
  }
  // HBONE comes to a listener of the proxy's own: redirected, it would lose its port.
  const tunnel = { ports: [options.inboundTunnelPort] };
  rules.append(inward.table, inward.chain, { protocol: 'tcp', destinationPorts: tunnel }, RETURN);
  if (options.inboundPorts === '*') {
    for (const port of options.inboundPortsExcluded) {
      rules.append(inward.table, inward.chain, { protocol: 'tcp', destinationPorts: { ports: [port] } }, RETURN);
    }
    rules.append(inward.table, inward.chain, { protocol: 'tcp' }, jump('ISTIO_IN_REDIRECT'));
    return;
  }
  for (const port of options.inboundPorts) {
    const match = { protocol: 'tcp', destinationPorts: { ports: [port] } } as const;
    rules.append(inward.table, inward.chain, match, jump('ISTIO_IN_REDIRECT'));
  }
}

/** What a virtual machine sends comes in on its interface, but is outbound traffic of the pod. */
function virtualMachineRules(rules: RuleSet, { rerouteInterfaces, outboundRanges }: InterceptionOptions): void {
  for (const inInterface of rerouteInterfaces) {
    if (outboundRanges === '*') {
      rules.append('nat', 'PREROUTING', { inInterface }, jump('ISTIO_REDIRECT'));
      continue;
    }
    for (const prefix of rules.family === 4 ? outboundRanges.v4 : outboundRanges.v6) {
      rules.append('nat', 'PREROUTING', { inInterface, destination: { prefix } }, jump('ISTIO_REDIRECT'));
    }
  }
}
