// Owns the actions that describe a request for rate limits (envoy.config.route.v3.RateLimit.Action): each adds an entry to the
// descriptor, or says that there is none to be made.
import { maskedAddress } from '../../base/cidr.ts';
import { percentDecode } from '../../base/percent.ts';
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import type { NameInfo } from '../../http/headers/name.ts';
import { allMatch, type HeaderMatcher } from '../../matchers/header-matcher.ts';
import { valueAt } from '../../matchers/metadata-matcher.ts';
import { findQueryParameter, type QueryParameterMatcher } from '../../matchers/query-parameter-matcher.ts';
import type { RequestData } from '../../matchers/tree/inputs.ts';
import type { DataInput } from '../../matchers/tree/match-tree.ts';
import type { DescriptorEntry, RateLimitRequest } from './descriptor.ts';

export interface RateLimitAction {
  /** False: there is no descriptor for this request. */
  describe(request: RateLimitRequest, entries: DescriptorEntry[]): boolean;
}

/** generic_key and source_cluster: the same for every request. */
export class FixedAction implements RateLimitAction {
  readonly #entry: DescriptorEntry;

  constructor(key: string, value: string) {
    this.#entry = { key, value };
  }

  describe(_request: RateLimitRequest, entries: DescriptorEntry[]): boolean {
    entries.push(this.#entry);
    return true;
  }
}

export class DestinationClusterAction implements RateLimitAction {
  describe({ route, ...context }: RateLimitRequest, entries: DescriptorEntry[]): boolean {
    if (route === null) return false;
    entries.push({ key: 'destination_cluster', value: route.selectCluster(context).name });
    return true;
  }
}

export class RequestHeaderAction implements RateLimitAction {
  readonly #name: NameInfo;
  readonly #key: string;
  readonly #skipIfAbsent: boolean;

  constructor(name: NameInfo, key: string, skipIfAbsent: boolean) {
    this.#name = name;
    this.#key = key;
    this.#skipIfAbsent = skipIfAbsent;
  }

  describe({ headers }: RateLimitRequest, entries: DescriptorEntry[]): boolean {
    const value = headers.get(this.#name);
    if (value === undefined) return this.#skipIfAbsent;
    entries.push({ key: this.#key, value });
    return true;
  }
}

/** Index behind the `?` of the path, 0 without one. */
function queryStart(headers: RequestHeaders): number {
  return headers.path.indexOf('?') + 1;
}

export class QueryParameterAction implements RateLimitAction {
  readonly #name: string;
  readonly #key: string;
  readonly #skipIfAbsent: boolean;

  constructor(name: string, key: string, skipIfAbsent: boolean) {
    this.#name = name;
    this.#key = key;
    this.#skipIfAbsent = skipIfAbsent;
  }

  describe({ headers }: RateLimitRequest, entries: DescriptorEntry[]): boolean {
    const value = findQueryParameter(headers.path, queryStart(headers), this.#name);
    if (value === undefined || value === '') return this.#skipIfAbsent;
    entries.push({ key: this.#key, value: percentDecode(value) });
    return true;
  }
}

export class RemoteAddressAction implements RateLimitAction {
  describe({ streamInfo }: RateLimitRequest, entries: DescriptorEntry[]): boolean {
    const remote = streamInfo.downstreamRemoteAddress;
    if (remote.kind !== 'ip') return false;
    entries.push({ key: 'remote_address', value: remote.address });
    return true;
  }
}

export class MaskedRemoteAddressAction implements RateLimitAction {
  readonly #v4Length: number;
  readonly #v6Length: number;

  constructor(v4Length: number, v6Length: number) {
    this.#v4Length = v4Length;
    this.#v6Length = v6Length;
  }

  describe({ streamInfo }: RateLimitRequest, entries: DescriptorEntry[]): boolean {
    const remote = streamInfo.downstreamRemoteAddress;
    if (remote.kind !== 'ip') return false;
    const length = remote.family === 4 ? this.#v4Length : this.#v6Length;
    entries.push({ key: 'masked_remote_address', value: maskedAddress(remote.address, length) });
    return true;
  }
}

/** Ends in `entry` where the test's answer is the expected one. */
abstract class MatchAction implements RateLimitAction {
  readonly #entry: DescriptorEntry;
  readonly #expected: boolean;

  constructor(entry: DescriptorEntry, expected: boolean) {
    this.#entry = entry;
    this.#expected = expected;
  }

  protected abstract matches(request: RateLimitRequest): boolean;

  describe(request: RateLimitRequest, entries: DescriptorEntry[]): boolean {
    if (this.matches(request) !== this.#expected) return false;
    entries.push(this.#entry);
    return true;
  }
}

export class HeaderMatchAction extends MatchAction {
  readonly #headers: readonly HeaderMatcher[];

  constructor(entry: DescriptorEntry, expected: boolean, headers: readonly HeaderMatcher[]) {
    super(entry, expected);
    this.#headers = headers;
  }

  protected override matches({ headers }: RateLimitRequest): boolean {
    return allMatch(this.#headers, headers);
  }
}

export class QueryMatchAction extends MatchAction {
  readonly #parameters: readonly QueryParameterMatcher[];

  constructor(entry: DescriptorEntry, expected: boolean, parameters: readonly QueryParameterMatcher[]) {
    super(entry, expected);
    this.#parameters = parameters;
  }

  protected override matches({ headers }: RateLimitRequest): boolean {
    const start = queryStart(headers);
    return this.#parameters.every((parameter) => parameter.matches(headers.path, start));
  }
}

export class AddressMatchAction extends MatchAction {
  readonly #contains: (address: string) => boolean;

  constructor(entry: DescriptorEntry, expected: boolean, contains: (address: string) => boolean) {
    super(entry, expected);
    this.#contains = contains;
  }

  protected override matches({ streamInfo }: RateLimitRequest): boolean {
    const remote = streamInfo.downstreamRemoteAddress;
    return remote.kind === 'ip' && this.#contains(remote.address);
  }
}

/** envoy.config.route.v3.RateLimit.Action.MetaData.Source. */
export const MetadataSource = { Dynamic: 0, Route: 1, Cluster: 2 } as const;
export type MetadataSource = (typeof MetadataSource)[keyof typeof MetadataSource];

export interface MetadataActionSettings {
  readonly key: string;
  readonly source: MetadataSource;
  readonly namespace: string;
  readonly path: readonly string[];
  readonly defaultValue: string;
  readonly skipIfAbsent: boolean;
}

export class MetadataAction implements RateLimitAction {
  readonly #settings: MetadataActionSettings;

  constructor(settings: MetadataActionSettings) {
    this.#settings = settings;
  }

  describe(request: RateLimitRequest, entries: DescriptorEntry[]): boolean {
    const { key, path, defaultValue, skipIfAbsent } = this.#settings;
    const found = valueAt(this.#fields(request), path);
    const value = typeof found === 'string' && found !== '' ? found : defaultValue;
    if (value === '') return skipIfAbsent;
    entries.push({ key, value });
    return true;
  }

  #fields({ streamInfo, route, ...context }: RateLimitRequest): Readonly<Record<string, unknown>> | undefined {
    const { source, namespace } = this.#settings;
    switch (source) {
      case MetadataSource.Dynamic:
        return streamInfo.dynamicMetadata?.get(namespace);
      case MetadataSource.Route:
        return route?.metadata[namespace];
      case MetadataSource.Cluster:
        return route?.selectCluster({ ...context, streamInfo }).cluster?.info.metadata[namespace];
    }
  }
}

/** What an input of matcher trees sees, as text. An empty text makes no entry; none at all makes no descriptor. */
export class InputAction implements RateLimitAction {
  readonly #key: string;
  readonly #input: DataInput<RequestData>;

  constructor(key: string, input: DataInput<RequestData>) {
    this.#key = key;
    this.#input = input;
  }

  describe(request: RateLimitRequest, entries: DescriptorEntry[]): boolean {
    const value = this.#input.kind === 'text' ? (this.#input.value(request) ?? null) : null;
    if (value === null) return false;
    if (value !== '') entries.push({ key: this.#key, value });
    return true;
  }
}
