// Owns the mangle table: TPROXY capture, where the packet keeps its addresses, and packets that no connection knows.
// Istio writes part of it straight into the kernel's chains; here each hook has one jump to a chain of ours, so that rules
// can be replaced and removed without knowing how they were made. The outcome for a packet is the same.
import { type InterceptionOptions, OUTBOUND_MARK } from './options.ts';
import { jump, type Match, type OwnChain, RETURN, type Target } from './rule.ts';
import type { RuleSet } from './rule-set.ts';

export function mangleRules(rules: RuleSet, options: InterceptionOptions): void {
  const tproxy = options.mode === 'TPROXY';
  if (!tproxy && !options.dropInvalid) return;
  const append = (chain: OwnChain, match: Match, target: Target): void => rules.append('mangle', chain, match, target);
  rules.append('mangle', 'PREROUTING', {}, jump('ISTIO_PREROUTING'));
  if (tproxy) for (const inInterface of options.excludedInterfaces) append('ISTIO_PREROUTING', { inInterface }, RETURN);
  if (options.dropInvalid) {
    // A packet out of window would be answered with a reset that ends the connection.
    append('ISTIO_PREROUTING', { state: 'INVALID' }, jump('ISTIO_DROP'));
    append('ISTIO_DROP', {}, { kind: 'drop' });
  }
  if (!tproxy) return;
  const marked = { protocol: 'tcp', mark: { value: options.tproxyMark } } as const;
  if (options.inboundPorts.length > 0) {
    append('ISTIO_PREROUTING', { protocol: 'tcp' }, jump('ISTIO_INBOUND'));
    captureRules(rules, options, append);
  }
  // The proxy marks its connections to the application (original_src): the answers must find back to it.
  append('ISTIO_PREROUTING', marked, { kind: 'save-mark' });
  rules.append('mangle', 'OUTPUT', {}, jump('ISTIO_OUTPUT'));
  outputRules(rules, options, append);
}

type Append = (chain: OwnChain, match: Match, target: Target) => void;

function captureRules({ addresses }: RuleSet, options: InterceptionOptions, append: Append): void {
  const { tproxyMark: mark, inboundPorts } = options;
  // The proxy's connections to the application, with the client's address (marked) or with its own.
  append('ISTIO_INBOUND', { protocol: 'tcp', mark: { value: mark } }, RETURN);
  append('ISTIO_INBOUND', { protocol: 'tcp', source: addresses.passthrough, inInterface: 'lo' }, RETURN);
  // An application that calls its own host; calls of the proxy to this host are marked below.
  append('ISTIO_INBOUND', { protocol: 'tcp', inInterface: 'lo', mark: { value: OUTBOUND_MARK, not: true } }, RETURN);
  if (inboundPorts === '*') {
    for (const port of options.inboundPortsExcluded) {
      append('ISTIO_INBOUND', { protocol: 'tcp', destinationPorts: { ports: [port] } }, RETURN);
    }
  }
  const captured: Match[] =
    inboundPorts === '*'
      ? [{ protocol: 'tcp' }]
      : inboundPorts.map((port) => ({ protocol: 'tcp', destinationPorts: { ports: [port] } }));
  for (const match of captured) {
    // A connection that is open has its socket: its packets only need the mark that routes them to this host.
    append('ISTIO_INBOUND', { ...match, state: 'RELATED,ESTABLISHED' }, jump('ISTIO_DIVERT'));
    append('ISTIO_INBOUND', match, jump('ISTIO_TPROXY'));
  }
  append('ISTIO_DIVERT', {}, { kind: 'mark', value: mark });
  append('ISTIO_DIVERT', {}, { kind: 'accept' });
  append(
    'ISTIO_TPROXY',
    { protocol: 'tcp', destination: { prefix: addresses.loopback, not: true } },
    { kind: 'tproxy', port: options.inboundCapturePort, mark },
  );
}

function outputRules({ addresses }: RuleSet, options: InterceptionOptions, append: Append): void {
  for (const outInterface of options.excludedInterfaces) append('ISTIO_OUTPUT', { outInterface }, RETURN);
  append('ISTIO_OUTPUT', { protocol: 'tcp', outInterface: 'lo', mark: { value: options.tproxyMark } }, RETURN);
  const owners = [
    ...options.proxyUids.map((id) => ({ kind: 'uid', id }) as const),
    ...options.proxyGids.map((id) => ({ kind: 'gid', id }) as const),
  ];
  for (const owner of owners) {
    // Application → service's address → proxy → this host's address: has to come in through the inbound listener.
    append(
      'ISTIO_OUTPUT',
      { protocol: 'tcp', outInterface: 'lo', destination: { prefix: addresses.loopback, not: true }, owners: [owner] },
      { kind: 'mark', value: OUTBOUND_MARK },
    );
  }
  append('ISTIO_OUTPUT', { protocol: 'tcp', connectionMark: options.tproxyMark }, { kind: 'restore-mark' });
}
