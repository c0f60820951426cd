// The choice of a filter chain, criterion by criterion in the order that Envoy documents.
import t from 'tap';
import { type IpAddress, ipAddress } from '../../../src/base/address.ts';
import { addressBits } from '../../../src/base/cidr.ts';
import {
  type ConnectionFacts,
  type FilterChainCriteria,
  FilterChainMatcher,
} from '../../../src/listener/filter-chain-match.ts';
import type { AddressRange } from '../../../src/matchers/api.ts';

function criteria(some: Partial<FilterChainCriteria>): FilterChainCriteria {
  return {
    destinationPort: null,
    destinationPrefixes: [],
    serverNames: [],
    transportProtocol: '',
    applicationProtocols: [],
    directSourcePrefixes: [],
    sourceType: 'any',
    sourcePrefixes: [],
    sourcePorts: [],
    ...some,
  };
}

function prefix(address: string, length: number): AddressRange {
  return { bits: addressBits(address) ?? 0n, length, family: address.includes(':') ? 6 : 4 };
}

const here = ipAddress('10.0.0.1', 443);
const there = ipAddress('192.168.1.5', 40_000);

function facts(some: Partial<ConnectionFacts> = {}): ConnectionFacts {
  const source: IpAddress | null = some.source === undefined ? there : some.source;
  return {
    destination: here,
    source,
    directSource: source,
    serverName: 'www.example.com',
    transportProtocol: 'tls',
    applicationProtocols: ['h2', 'http/1.1'],
    ...some,
  };
}

/** Index of the chain chosen among `chains`; `fallback` 99. */
function choose(chains: readonly Partial<FilterChainCriteria>[], some: Partial<ConnectionFacts> = {}): number {
  return new FilterChainMatcher(chains.map(criteria), 99).match(facts(some));
}

t.test('each criterion: the more specific wins, wherever it stands', (t) => {
  for (const [name, general, specific] of [
    ['port', {}, { destinationPort: 443 }],
    [
      'destination',
      { destinationPrefixes: [prefix('10.0.0.0', 8)] },
      { destinationPrefixes: [prefix('10.0.0.0', 24)] },
    ],
    ['any destination', {}, { destinationPrefixes: [prefix('10.0.0.0', 8)] }],
    ['server name', { serverNames: ['.example.com'] }, { serverNames: ['www.example.com'] }],
    ['wildcards', { serverNames: ['.com'] }, { serverNames: ['.example.com'] }],
    ['any server name', {}, { serverNames: ['.com'] }],
    ['transport', {}, { transportProtocol: 'tls' }],
    ['first protocol of the client', { applicationProtocols: ['http/1.1'] }, { applicationProtocols: ['h2'] }],
    ['any protocol', {}, { applicationProtocols: ['http/1.1'] }],
    ['direct source', {}, { directSourcePrefixes: [prefix('192.168.0.0', 16)] }],
    ['source type', {}, { sourceType: 'external' }],
    ['source', { sourcePrefixes: [prefix('192.168.0.0', 16)] }, { sourcePrefixes: [prefix('192.168.1.5', 32)] }],
    ['source port', {}, { sourcePorts: [40_000] }],
  ] as const) {
    t.equal(choose([general, specific]), 1, name);
    t.equal(choose([specific, general]), 0, `${name}, the other way round`);
  }
  t.end();
});

t.test('an earlier criterion decides before a later one', (t) => {
  const steps: Partial<FilterChainCriteria>[] = [
    { destinationPort: 443 },
    { destinationPrefixes: [prefix('10.0.0.0', 8)] },
    { serverNames: ['www.example.com'] },
    { transportProtocol: 'tls' },
    { applicationProtocols: ['h2'] },
    { directSourcePrefixes: [prefix('192.168.1.5', 32)] },
    { sourceType: 'external' },
    { sourcePrefixes: [prefix('192.168.1.5', 32)] },
    { sourcePorts: [40_000] },
  ];
  for (let i = 0; i + 1 < steps.length; i++) {
    const later = Object.assign({}, ...steps.slice(i + 1));
    t.equal(choose([later, steps[i] ?? {}]), 1, Object.keys(steps[i] ?? {}).join());
  }
  t.end();
});

t.test('there is no way back from a match that later fails', (t) => {
  t.equal(choose([{ destinationPort: 443, sourcePorts: [1] }, {}]), 99);
  t.equal(
    choose([{ serverNames: ['www.example.com'], transportProtocol: 'raw_buffer' }, { serverNames: ['.com'] }]),
    99,
  );
  t.end();
});

t.test('what does not match is not chosen', (t) => {
  for (const chain of [
    { destinationPort: 80 },
    { destinationPrefixes: [prefix('11.0.0.0', 8)] },
    { destinationPrefixes: [prefix('::', 0)] },
    { serverNames: ['example.com', '.www.example.com'] },
    { transportProtocol: 'raw_buffer' },
    { applicationProtocols: ['h3'] },
    { sourceType: 'local' },
    { sourcePrefixes: [prefix('192.168.2.0', 24)] },
    { sourcePorts: [40_001] },
  ] as const) {
    t.equal(choose([chain]), 99, JSON.stringify(Object.keys(chain)));
  }
  t.equal(choose([{ serverNames: ['.example.com'] }], { serverName: 'example.com' }), 99, 'a wildcard needs a label');
  t.equal(choose([{ serverNames: ['.example.com'] }], { serverName: 'a.b.example.com' }), 0);
  t.end();
});

t.test('local is loopback, the same address, or no address at all', (t) => {
  const local = [{ sourceType: 'local' }, { sourceType: 'external' }] as const;
  t.equal(choose(local, { source: ipAddress('127.0.0.1', 1) }), 0);
  t.equal(choose(local, { source: ipAddress('10.0.0.1', 1) }), 0);
  t.equal(choose(local, { source: null, destination: null }), 0);
  t.equal(choose(local), 1);
  t.end();
});

t.test('no chain, one for all, and the default chain', (t) => {
  t.equal(new FilterChainMatcher([], 0).match(facts()), 0);
  t.equal(new FilterChainMatcher([criteria({})], -1).match(facts()), 0);
  t.equal(new FilterChainMatcher([criteria({ destinationPort: 1 })], -1).match(facts()), -1);
  t.end();
});

t.test('an empty name or protocol takes every connection, and whatever is listed beside it comes first', (t) => {
  const names = [{ serverNames: ['', 'a.test'] }, { serverNames: ['.b.test'] }];
  for (const [serverName, chain] of [
    ['', 0],
    ['a.test', 0],
    ['c.test', 0],
    ['x.b.test', 1],
  ] as const) {
    t.equal(choose(names, { serverName }), chain, serverName);
  }
  const protocols = [{ applicationProtocols: ['', 'foo'] }, { applicationProtocols: ['h2'] }];
  t.equal(choose(protocols, { applicationProtocols: [] }), 0);
  t.equal(choose(protocols, { applicationProtocols: ['other'] }), 0);
  t.equal(choose(protocols, { applicationProtocols: ['other', 'h2'] }), 1);
  t.equal(choose(protocols, { applicationProtocols: ['foo', 'h2'] }), 0);
  t.end();
});
