// Owns resolution by asking name servers (c-ares, as in Envoy), with TTLs. Before the servers come literal addresses and
// the hosts file; short names go through the search domains.
import type { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import type {
  DnsAddress,
  DnsCallbacks,
  DnsFamily,
  DnsQuery,
  DnsResolution,
  DnsResolver,
  DnsResolverConfig,
} from './dns.ts';
import { familiesOf, inPreference } from './dns-family.ts';
import type { DnsStats } from './dns-stats.ts';
import { type SearchRules, type SystemDnsFiles, searchCandidates } from './dns-system-files.ts';

type CaresConfig = Extract<DnsResolverConfig, { kind: 'cares' }>;
type Answer = { readonly addresses: readonly DnsAddress[]; readonly error: NodeJS.ErrnoException | null };
type QueryFunction = (name: string, version: 4 | 6, done: (answer: Answer) => void) => void;

/** Envoy's defaults. */
const defaultTimeoutMs = 5000;
const defaultTries = 4;

const noSearch: SearchRules = { domains: [], ndots: 0 };
/** The name does not exist, or has no record of that type: an answer, not a failure. */
const emptyCodes = new Set(['ENOTFOUND', 'ENODATA']);

export class CaresResolver implements DnsResolver {
  readonly #resolver: Resolver;
  readonly #files: SystemDnsFiles;
  readonly #config: CaresConfig;
  readonly #stats: DnsStats;
  readonly #query: QueryFunction = (name, version, done) => {
    const answered = (
      error: NodeJS.ErrnoException | null,
      records: { address: string; ttl: number }[] | undefined,
    ): void =>
      done({ error, addresses: (records ?? []).map(({ address, ttl }) => ({ address, family: version, ttl })) });
    if (version === 4) this.#resolver.resolve4(name, { ttl: true }, answered);
    else this.#resolver.resolve6(name, { ttl: true }, answered);
  };

  constructor(config: CaresConfig, files: SystemDnsFiles, stats: DnsStats) {
    this.#config = config;
    this.#files = files;
    this.#stats = stats;
    // Loaded with the first resolver: most processes need none (DESIGN 3.8).
    const dns = process.getBuiltinModule('node:dns');
    this.#resolver = new dns.Resolver({
      timeout: config.queryTimeoutMs ?? defaultTimeoutMs,
      tries: config.queryTries ?? defaultTries,
    });
    const systemHasServers = this.#resolver.getServers().length > 0;
    if (config.servers.length > 0 && !(config.serversAreFallback && systemHasServers)) {
      this.#resolver.setServers(config.servers.map((server) => server.text));
    }
  }

  resolve(name: string, family: DnsFamily, callbacks: DnsCallbacks): DnsQuery {
    this.#stats.resolveTotal.inc();
    this.#stats.pendingResolutions.inc();
    const known = this.#knownAddresses(name);
    const rules = this.#config.noSearchDomains ? noSearch : this.#files.searchRules();
    const query = new CaresQuery(this.#query, searchCandidates(name, rules), family, callbacks, this.#stats);
    const wanted = inPreference(known, family);
    if (wanted.length > 0) query.finishSoon({ status: 'completed', addresses: wanted, details: '' });
    else if (isIP(name) !== 0) query.finishSoon(this.#wrongFamily());
    else if (known.length > 0) query.finishSoon({ status: 'completed', addresses: [], details: '' });
    else query.start();
    return query;
  }

  /** To c-ares an address of the other family is a name that cannot be. */
  #wrongFamily(): DnsResolution {
    this.#stats.getAddrFailure.inc();
    const details = 'an address of a family that is not asked for';
    return { status: 'failure', details, code: `cares_failure:${caresWords('EBADNAME')}` };
  }

  #knownAddresses(name: string): DnsAddress[] {
    const literals = isIP(name) === 0 ? this.#files.addresses(name) : [name];
    return literals.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4, ttl: 0 }));
  }
}

/** One name: its candidates one after the other until one has addresses, each in the families that are wanted. */
class CaresQuery implements DnsQuery {
  readonly #query: QueryFunction;
  readonly #candidates: readonly string[];
  readonly #family: DnsFamily;
  readonly #stats: DnsStats;
  #callbacks: DnsCallbacks | null;
  #failure: NodeJS.ErrnoException | null = null;
  /** Of the last query that found nothing. */
  #emptyCode = 'ENODATA';

  constructor(
    query: QueryFunction,
    candidates: readonly string[],
    family: DnsFamily,
    callbacks: DnsCallbacks,
    stats: DnsStats,
  ) {
    this.#query = query;
    this.#candidates = candidates;
    this.#family = family;
    this.#callbacks = callbacks;
    this.#stats = stats;
  }

  start(): void {
    this.#tryCandidate(0);
  }

  finishSoon(resolution: DnsResolution): void {
    setImmediate(() => this.#finish(resolution));
  }

  cancel(): void {
    if (this.#callbacks === null) return;
    this.#callbacks = null;
    this.#stats.pendingResolutions.dec();
  }

  #tryCandidate(index: number): void {
    const name = this.#candidates[index];
    if (this.#callbacks === null) return;
    if (name === undefined) {
      this.#giveUp();
      return;
    }
    const { order, fallback } = familiesOf(this.#family);
    const next = (addresses: readonly DnsAddress[]): void => {
      if (addresses.length > 0) this.#finish({ status: 'completed', addresses, details: '' });
      else this.#tryCandidate(index + 1);
    };
    if (fallback) this.#oneByOne(name, order, next);
    else this.#together(name, order, next);
  }

  #oneByOne(name: string, order: readonly (4 | 6)[], done: (addresses: readonly DnsAddress[]) => void): void {
    const [version, ...rest] = order;
    if (version === undefined) {
      done([]);
      return;
    }
    this.#query(name, version, (answer) => {
      this.#note(answer);
      if (answer.addresses.length > 0) {
        done(answer.addresses);
        return;
      }
      // Envoy counts the second family as a resolution of its own.
      if (rest.length > 0) {
        this.#stats.resolveTotal.inc();
        if (this.#failure === null) this.#stats.notFound.inc();
      }
      this.#oneByOne(name, rest, done);
    });
  }

  #together(name: string, order: readonly (4 | 6)[], done: (addresses: readonly DnsAddress[]) => void): void {
    const answers: (readonly DnsAddress[])[] = order.map(() => []);
    let left = order.length;
    order.forEach((version, index) => {
      this.#query(name, version, (answer) => {
        this.#note(answer);
        answers[index] = answer.addresses;
        if (--left === 0) done(answers.flat());
      });
    });
  }

  #note({ error }: Answer): void {
    if (error === null || emptyCodes.has(error.code ?? '')) {
      this.#emptyCode = error?.code ?? 'ENODATA';
      return;
    }
    this.#failure ??= error;
    if (error.code === 'ETIMEOUT') this.#stats.timeouts.inc();
  }

  #giveUp(): void {
    if (this.#failure === null) {
      this.#stats.notFound.inc();
      const code = `cares_norecords:${caresWords(this.#emptyCode)}`;
      this.#finish({ status: 'completed', addresses: [], details: 'the name does not exist or has no address', code });
      return;
    }
    this.#stats.getAddrFailure.inc();
    const code = `cares_failure:${caresWords(this.#failure.code ?? '')}`;
    this.#finish({ status: 'failure', details: describe(this.#failure), code });
  }

  #finish(resolution: DnsResolution): void {
    const callbacks = this.#callbacks;
    if (callbacks === null) return;
    this.#callbacks = null;
    this.#stats.pendingResolutions.dec();
    callbacks.onResolved(resolution);
  }
}

const failures: Readonly<Record<string, string>> = {
  ETIMEOUT: 'no name server answered in time',
  ECONNREFUSED: 'could not contact the name servers',
  ESERVFAIL: 'the name server failed',
  EREFUSED: 'the name server refused the query',
  EBADRESP: 'the name server sent a malformed answer',
  EBADNAME: 'the name is malformed',
};

/** What c-ares itself calls them: Envoy's response-code details quote it. */
const caresNames: Readonly<Record<string, string>> = {
  ENODATA: 'DNS server returned answer with no data',
  EFORMERR: 'DNS server claims query was misformatted',
  ESERVFAIL: 'DNS server returned general failure',
  ENOTFOUND: 'Domain name not found',
  ENOTIMP: 'DNS server does not implement requested operation',
  EREFUSED: 'DNS server refused query',
  EBADQUERY: 'Misformatted DNS query',
  EBADNAME: 'Misformatted domain name',
  EBADFAMILY: 'Unsupported address family',
  EBADRESP: 'Misformatted DNS reply',
  ECONNREFUSED: 'Could not contact DNS servers',
  ETIMEOUT: 'Timeout while contacting DNS servers',
  ENOMEM: 'Out of memory',
  ECANCELLED: 'DNS query cancelled',
};

function caresWords(code: string): string {
  return caresNames[code] ?? 'unknown';
}

function describe(error: NodeJS.ErrnoException): string {
  return failures[error.code ?? ''] ?? error.code ?? error.message;
}
