// Owns the order of the parts: options in, the rules of both families out. Pure: nothing of this host is asked here.
import { dnsOutputRules, dnsZoneRules } from './dns-rules.ts';
import { inboundRules } from './inbound-rules.ts';
import type { InterceptionOptions } from './options.ts';
import { outboundRules } from './outbound-rules.ts';
import { jump } from './rule.ts';
import { RuleSet, type TableRules } from './rule-set.ts';
import { mangleRules } from './tproxy-rules.ts';

export interface Rules {
  readonly v4: TableRules;
  /** Empty where the host has no IPv6. */
  readonly v6: TableRules;
}

export function buildRules(options: InterceptionOptions): Rules {
  const v4 = new RuleSet({ family: 4, loopback: options.loopbackV4, passthrough: '127.0.0.6/32' });
  // Only ::1 is there by itself in IPv6: routes.ts adds the other one.
  const v6 = new RuleSet({ family: 6, loopback: '::1/128', passthrough: '::6/128' });
  return { v4: build(v4, options), v6: options.ipv6 ? build(v6, options) : new Map() };
}

function build(rules: RuleSet, options: InterceptionOptions): TableRules {
  dnsZoneRules(rules, options);
  mangleRules(rules, options);

  inboundRules(rules, options);
  rules.append('nat', 'OUTPUT', {}, jump('ISTIO_OUTPUT'));
  outboundRules(rules, options);
  dnsOutputRules(rules, options);
  const tcp = { protocol: 'tcp' } as const;
  rules.append('nat', 'ISTIO_REDIRECT', tcp, { kind: 'redirect', port: options.proxyPort });
  rules.append('nat', 'ISTIO_IN_REDIRECT', tcp, { kind: 'redirect', port: options.inboundCapturePort });
  return rules.tables;
}
