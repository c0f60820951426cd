// Owns what may be wished of the interception, validated: the input of the rules. parse-options.ts makes it from flags.

export interface PrefixLists {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

export interface InterceptionOptions {
  /** Where outbound connections go (15001). */
  readonly proxyPort: number;
  /** Where inbound connections go (15006). */
  readonly inboundCapturePort: number;
  /** HBONE comes in here and is the proxy's own (15008). */
  readonly inboundTunnelPort: string;
  /** The proxy's users: what they send is not captured again. */
  readonly proxyUids: readonly string[];
  readonly proxyGids: readonly string[];
  readonly mode: 'REDIRECT' | 'TPROXY';
  readonly tproxyMark: number;
  readonly tproxyRouteTable: number;
  /** `*` is every port but the excluded ones; an empty list captures nothing. */
  readonly inboundPorts: '*' | readonly string[];
  readonly inboundPortsExcluded: readonly string[];
  /** `*` is every address but the excluded ones; empty lists capture nothing. */
  readonly outboundRanges: '*' | PrefixLists;
  readonly outboundRangesExcluded: PrefixLists;
  /** Captured whatever the address is. */
  readonly outboundPorts: readonly string[];
  readonly outboundPortsExcluded: readonly string[];
  readonly ownerGroups:
    | { readonly all: true; readonly except: readonly string[] }
    | { readonly only: readonly string[] };
  readonly excludedInterfaces: readonly string[];
  /** Of virtual machines in the pod: what comes in there is treated as going out. */
  readonly rerouteInterfaces: readonly string[];
  readonly loopbackV4: string;
  /** Null when DNS is not captured. */
  readonly dns: { readonly servers: 'all' | PrefixLists } | null;
  readonly dropInvalid: boolean;
  readonly ipv6: boolean;
}

/** In TPROXY mode, on packets of the proxy to its own host's address: they are to come in through the inbound listener. */
export const OUTBOUND_MARK = 1338;

/** Where the agent beside the proxy answers DNS. */
export const DNS_CAPTURE_PORT = 15_053;

export function hasLoopbackRange(ranges: InterceptionOptions['outboundRanges']): boolean {
  if (ranges === '*') return false;
  return (
    ranges.v4.some((prefix) => prefix.startsWith('127.')) || ranges.v6.some((prefix) => /^(::|0:.*:)1\//.test(prefix))
  );
}
