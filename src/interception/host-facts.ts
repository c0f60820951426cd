// Owns what is asked of this host before rules can be made: its families of addresses, its DNS servers, its users.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface HostFacts {
  /** An address that others can reach; loopback and link-local ones do not count. */
  readonly hasIpv4: boolean;
  readonly hasIpv6: boolean;
  /** The first address that others can reach; empty when there is none. */
  readonly address: string;
  dnsServers(): { readonly v4: readonly string[]; readonly v6: readonly string[] };
  /** Undefined when there is no such user. */
  userId(name: string): string | undefined;
}

export function hostFacts(): HostFacts {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !isLinkLocal(address));
  const v4 = addresses.find(({ family }) => family === 'IPv4');
  const v6 = addresses.find(({ family }) => family === 'IPv6');
  return {
    hasIpv4: v4 !== undefined,
    hasIpv6: v6 !== undefined,
    address: (v4 ?? v6)?.address ?? '',
    dnsServers: () => nameservers(readText('/etc/resolv.conf')),
    userId: (name) => userIdIn(readText('/etc/passwd'), name),
  };
}

function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address);
}

/** A file that is not there says nothing. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The servers of a resolv.conf, by family. */
export function nameservers(text: string): { v4: string[]; v6: string[] } {
  const found: { v4: string[]; v6: string[] } = { v4: [], v6: [] };
  for (const [, address = ''] of text.matchAll(/^[ \t]*nameserver[ \t]+([^\s%#;]+)/gm)) {
    const family = isIP(address);
    if (family === 4) found.v4.push(address);
    if (family === 6) found.v6.push(address);
  }
  return found;
}

export function userIdIn(passwd: string, name: string): string | undefined {
  for (const line of passwd.split('\n')) {
    const [user, , id] = line.split(':');
    if (user === name) return id;
  }
  return undefined;
}
