// Owns what is asked of this host before rules can be made: its families of addresses, its DNS servers, its users.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopback } from '../base/cidr.ts';
import { failure, type RunCommand } from './commands.ts';

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
  return factsOf(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)));
}

/** Of another network namespace, where `run` runs its commands. */
export async function namespaceFacts(run: RunCommand): Promise<HostFacts> {
  const result = await run('ip', ['-oneline', 'addr', 'show']);
  if (result.code !== 0) throw failure('looking for the addresses of the namespace', 'ip', result);
  return factsOf([...result.stdout.matchAll(/ inet6? ([^/\s]+)/g)].map(([, address = '']) => address));
}

function factsOf(all: readonly string[]): HostFacts {
  const addresses = all.filter((address) => !isLoopback(address) && !isLinkLocal(address));
  const v4 = addresses.find((address) => isIP(address) === 4);
  const v6 = addresses.find((address) => isIP(address) === 6);
  return {
    hasIpv4: v4 !== undefined,
    hasIpv6: v6 !== undefined,
    address: v4 ?? v6 ?? '',
    dnsServers: () => nameservers(readText('/etc/resolv.conf')),
    userId: (name) => userIdIn(readText('/etc/passwd'), name),
  };
}

/** Neither these nor `::6`, which we put on the loopback interface ourselves (routes.ts), can be reached by others. */
function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address) || address === '::6';
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
