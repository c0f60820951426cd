// Owns what the system's files say of names: /etc/hosts and the search domains of /etc/resolv.conf. c-ares' query
// interface, which Node offers, looks at neither; Envoy's resolver does.
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

export interface SearchRules {
  /** Domains appended to short names, in order. */
  readonly domains: readonly string[];
  /** A name with at least so many dots is asked as it is first. */
  readonly ndots: number;
}

/** A small file, read again when its modification time changes. */
class WatchedFile<Parsed> {
  readonly #path: string;
  readonly #parse: (text: string) => Parsed;
  #modified = -1;
  #parsed: Parsed;

  constructor(path: string, parse: (text: string) => Parsed) {
    this.#path = path;
    this.#parse = parse;
    this.#parsed = parse('');
  }

  read(): Parsed {
    const modified = statSync(this.#path, { throwIfNoEntry: false })?.mtimeMs ?? -1;
    if (modified !== this.#modified) {
      this.#modified = modified;
      this.#parsed = this.#parse(modified === -1 ? '' : readText(this.#path));
    }
    return this.#parsed;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone or unreadable: as good as empty; the name servers are asked instead.
    return '';
  }
}

export class SystemDnsFiles {
  readonly #hosts: WatchedFile<Map<string, string[]>>;
  readonly #search: WatchedFile<SearchRules>;

  constructor(hostsPath = '/etc/hosts', resolvConfPath = '/etc/resolv.conf') {
    this.#hosts = new WatchedFile(hostsPath, parseHosts);
    this.#search = new WatchedFile(resolvConfPath, parseSearchRules);
  }

  /** Addresses of a name in the hosts file, IPv4 and IPv6 mixed; empty when it is not there. */
  addresses(name: string): readonly string[] {
    const addresses = this.#hosts.read().get(name.toLowerCase().replace(/\.$/, ''));
    if (addresses !== undefined) return addresses;
    // RFC 6761 section 6.3: never asked of a name server.
    return /(^|\.)localhost\.?$/i.test(name) ? ['127.0.0.1', '::1'] : [];
  }

  searchRules(): SearchRules {
    return this.#search.read();
  }
}

export function parseHosts(text: string): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address === undefined || isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const known = hosts.get(key);
      if (known === undefined) hosts.set(key, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return hosts;
}

export function parseSearchRules(text: string): SearchRules {
  let domains: string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    // The last of `search` and `domain` counts (resolv.conf(5)).
    if (keyword === 'search') domains = words;
    else if (keyword === 'domain') domains = words.slice(0, 1);
    else if (keyword === 'options') {
      for (const word of words) {
        const given = /^ndots:(\d+)$/.exec(word)?.[1];
        if (given !== undefined) ndots = Math.min(15, Number(given));
      }
    }
  }
  return { domains, ndots };
}

/** Full names to ask for, in order. */
export function searchCandidates(name: string, rules: SearchRules): string[] {
  if (name.endsWith('.')) return [name];
  const dots = name.split('.').length - 1;
  const expanded = rules.domains.map((domain) => `${name}.${domain.replace(/\.$/, '')}`);
  return dots >= rules.ndots ? [name, ...expanded] : [...expanded, name];
}
