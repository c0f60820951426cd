// Owns what a rule of the packet filter is here: matches and a target as data. Texts for iptables and nft are printed from it.

export type Family = 4 | 6;

/** In the order in which the kernel visits them for one hook. */
export const TABLES = ['raw', 'mangle', 'nat'] as const;
export type Table = (typeof TABLES)[number];

/** The kernel's own chains that we hook into; all other names are chains of ours. */
export type Hook = 'PREROUTING' | 'OUTPUT';

/** Istio's names, which its users and tools look for; PREROUTING in mangle and OUTPUT there are ours, see tproxy-rules.ts. */
export type OwnChain =
  | 'ISTIO_INBOUND'
  | 'ISTIO_IN_REDIRECT'
  | 'ISTIO_OUTPUT'
  | 'ISTIO_OUTPUT_DNS'
  | 'ISTIO_REDIRECT'
  | 'ISTIO_DIVERT'
  | 'ISTIO_TPROXY'
  | 'ISTIO_DROP'
  | 'ISTIO_PREROUTING';

/** Any chain that begins so is ours to replace and remove, whoever made it. */
export const OWN_PREFIX = 'ISTIO_';

export interface Owner {
  readonly kind: 'uid' | 'gid';
  /** A number or a name that the system knows. */
  readonly id: string;
  readonly not?: true;
}

/** All that is given must hold. */
export interface Match {
  readonly protocol?: 'tcp' | 'udp';
  /** A prefix, as `10.0.0.0/8`. */
  readonly source?: string;
  readonly destination?: { readonly prefix: string; readonly not?: true };
  readonly inInterface?: string;
  readonly outInterface?: string;
  readonly sourcePort?: number;
  /** Ports, or ranges as `8000:8010`. */
  readonly destinationPorts?: { readonly ports: readonly string[]; readonly not?: true };
  /** Of the process that sends; only for what leaves this host. */
  readonly owners?: readonly Owner[];
  readonly mark?: { readonly value: number; readonly not?: true };
  readonly connectionMark?: number;
  readonly state?: 'INVALID' | 'RELATED,ESTABLISHED';
}

export type Target =
  | { readonly kind: 'return' }
  | { readonly kind: 'accept' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'jump'; readonly chain: OwnChain }
  /** The destination becomes this host, this port (REDIRECT). */
  | { readonly kind: 'redirect'; readonly port: number }
  /** The listener of this port gets the packet as it is (TPROXY). */
  | { readonly kind: 'tproxy'; readonly port: number; readonly mark: number }
  | { readonly kind: 'mark'; readonly value: number }
  /** The packet's mark becomes the connection's. */
  | { readonly kind: 'save-mark' }
  /** The connection's mark becomes the packet's. */
  | { readonly kind: 'restore-mark' }
  /** Connections of different zones do not see each other. */
  | { readonly kind: 'zone'; readonly zone: number };

export interface Rule {
  readonly chain: Hook | OwnChain;
  readonly match: Match;
  readonly target: Target;
}

export const RETURN: Target = { kind: 'return' };

export function jump(chain: OwnChain): Target {
  return { kind: 'jump', chain };
}
