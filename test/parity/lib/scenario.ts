// Owns the scenario format: reads a suite's folder (one envoy.yaml, shared settings, one folder for each scenario) into typed,
// checked objects. An unknown key is an error: a misspelt one would make a scenario that tests nothing. docs/parity.md describes
// every key for people who write scenarios.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { DnsRecord } from '../../support/dns-server.ts';
import type { FrameSpec } from './http2/frames.ts';
import { checkFrames, type Http2Options, http2Options, isFrame } from './http2/options.ts';
import type { Http2Await, Http2Request } from './http2/requests.ts';
import { CLIENT_TLS_KEYS, type ClientTls, MORE_CLIENT_TLS_KEYS, SERVER_TLS_KEYS, type ServerTls } from './tls.ts';

/** What the client does next. `on` names the connection (default `a`), opened when first used. */
export type ClientStep = { on?: string; stream?: number } & (
  | { send: string; times?: number; methods?: string[] }
  | (Http2Request & { wait?: boolean })
  | { frames: FrameSpec[] }
  | { await: Http2Await | 'closed' }
  | { upstream: number }
  | { stat: string; is: number }
  | { signal: string }
  | { bytes: number }
  | { datagram: string; times?: number }
  | { datagrams: number }
  | { move: string; to: string }
  | { answer: Record<string, DnsRecord> }
  | { connect: true }
  | { end: true }
  | { reset: true }
);

/** What the upstream does once its rule has matched, in order. A bare string is written as it stands. */
export type UpstreamAction =
  | string
  | { write: string; times?: number }
  | { until: string }
  | { await: 'complete' | 'end' }
  | { bytes: number }
  | { end: true }
  | { close: true }
  | { reset: true }
  | FrameSpec
  | { frames: FrameSpec[] };

/** The first rule that fits and is not used up answers. No action at all: never answers. */
export interface UpstreamRule {
  path?: string;
  times?: number;
  /** `connect` runs on accept, `head` once the request's head is there, `complete` (default) once its body is. */
  when?: 'connect' | 'head' | 'complete';
  reply: UpstreamAction[];
}

/** A replacement made on both sides before they are compared. `pattern` is a regular expression, used with flag g. */
export interface Mask {
  pattern: string;
  with: string;
}

/** A difference from Envoy that is meant. `field` is the path that a failing test prints; `*` stands for one index or name. */
export interface Difference {
  field: string;
  reason: string;
  /** What Remora has there instead; when given it must be just that. */
  ours?: unknown;
}

/**
 * How bodies of responses are recorded: as they are, as JSON, as the shape of JSON, as the names of `name: value` lines, or only
 * the lines that match.
 */
export type BodyView = 'text' | 'json' | 'json-shape' | 'names' | { lines: string };

interface Shared {
  listen: string;
  volatile: string[];
  mask: Mask[];
  /** Names of the files in @TMP@ whose new lines are recorded; by default all that envoy.yaml names. */
  logs: string[];
  /** Connection → its TLS; `*` for those not named, save to ADMIN; null: none. */
  tls: Record<string, ClientTls | null>;
  /** Connections of HTTP/2 (`*`: those not named, save to ADMIN), and upstreams by placeholder. */
  http2: Record<string, Http2Options | null>;
}

export interface Scenario extends Shared {
  /** `suite/name`, also its folder under scenarios/. */
  id: string;
  folder: string;
  title: string;
  connections: Record<string, string>;
  /** Steps on one connection do not wait for the answers on the others. */
  overlap: boolean;
  /** It leaves the proxy changed (drained, stopped), so it gets one of its own. */
  fresh: boolean;
  /** Connections carry bytes of no protocol: they are recorded as text. */
  raw: boolean | 'client';
  client: ClientStep[];
  upstream: Record<string, UpstreamRule[]>;
  stats: string[];
  gauges: string[];
  /** What the name server says from the beginning of the scenario on, beside what it says in the suite. */
  dns: Record<string, DnsRecord>;
  view: BodyView;
  /** Recording only: how long nothing must have happened before the scenario counts as over, in milliseconds. */
  quiet: number;
  differences: Difference[];
  /** The text of scenario.yaml, so that masks leave alone what the scenario itself has sent. */
  source: string;
}

export interface Suite {
  name: string;
  folder: string;
  /** The bootstrap, placeholders not yet filled in. */
  config: string;
  /** Further flags for the proxy. */
  flags: string[];
  /** Name → text of the files in `files/`, which lie in @TMP@ when the proxy starts; placeholders not yet filled in. */
  files: Record<string, string>;
  /** Name → target of the symbolic links in `files/`. */
  links: Record<string, string>;
  /** Placeholder of an upstream → its TLS. */
  servers: Record<string, ServerTls>;
  /** Name → what the name server (`@DNS@`) says of it, as long as no scenario says otherwise. */
  dns: Record<string, DnsRecord>;
  scenarios: Scenario[];
}

export const SCENARIOS = join(import.meta.dirname, '..', 'scenarios');
const FILES = 'files';
const SUITE_KEYS = ['listen', 'volatile', 'mask', 'logs', 'flags', 'title', 'tls', 'servers', 'dns', 'http2'];
const SCENARIO_KEYS = [
  ...[
    'title',
    'listen',
    'volatile',
    'mask',
    'logs',
    'connections',
    'overlap',
    'fresh',
    'client',
    'upstream',
    'stats',
    'gauges',
  ],
  ...['view', 'quiet', 'differences', 'tls', 'raw', 'dns', 'http2'],
];
const STEP_KEYS = [
  'on',
  'send',
  'times',
  'methods',
  'request',
  'headers',
  'body',
  'wait',
  'await',
  'upstream',
  'stat',
  'is',
];
const MORE_STEP_KEYS = [
  'frames',
  'stream',
  'trailers',
  'open',
  'bytes',
  'datagram',
  'datagrams',
  'signal',
  'move',
  'to',
  'connect',
  'end',
  'reset',
  'answer',
];
const DNS_KEYS = ['a', 'aaaa', 'ttl', 'rcode', 'silent'];
const RULE_KEYS = ['path', 'times', 'when', 'reply'];
const ACTION_KEYS = ['write', 'times', 'until', 'await', 'bytes', 'end', 'close', 'reset'];
const DEFAULT_RULE: UpstreamRule = { reply: ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'] };

/** All suites, or those (and the scenarios in them) that one of the filters `suite` or `suite/scenario` names. */
export function loadSuites(filters: readonly string[] = []): Suite[] {
  const suites: Suite[] = [];
  for (const name of readdirSync(SCENARIOS).sort()) {
    if (!existsSync(join(SCENARIOS, name, 'envoy.yaml'))) continue;
    const suite = loadSuite(name);
    if (filters.length > 0 && !filters.includes(name)) {
      suite.scenarios = suite.scenarios.filter((s) => filters.includes(s.id));
      if (suite.scenarios.length === 0) continue;
    }
    suites.push(suite);
  }
  if (suites.length === 0) throw new Error(`no scenario is named ${filters.join(', ')}`);
  return suites;
}

function loadSuite(name: string): Suite {
  const folder = join(SCENARIOS, name);
  const settingsFile = join(folder, 'suite.yaml');
  const settings = existsSync(settingsFile) ? record(parse(readFileSync(settingsFile, 'utf8')), settingsFile) : {};
  onlyKeys(settings, SUITE_KEYS, settingsFile);
  const config = readFileSync(join(folder, 'envoy.yaml'), 'utf8');
  const logs = [...new Set([...config.matchAll(/@TMP@\/([\w.-]+\.log)/g)].map((match) => match[1] ?? ''))];
  const shared: Shared = {
    listen: text(settings['listen'] ?? 'LISTEN', settingsFile),
    volatile: texts(settings['volatile'] ?? [], settingsFile),
    mask: masks(settings['mask'], settingsFile),
    logs: settings['logs'] === undefined ? logs : texts(settings['logs'], settingsFile),
    tls: clientTls(settings['tls'], settingsFile),
    http2: http2Options(settings['http2'], settingsFile),
  };
  const scenarios: Scenario[] = [];
  const files: Record<string, string> = {};
  const links: Record<string, string> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === FILES) {
      collectFiles(join(folder, FILES), '', files, links);
    } else if (entry.isDirectory()) scenarios.push(loadScenario(name, entry.name, shared));
  }
  return {
    name,
    folder,
    config,
    flags: texts(settings['flags'] ?? [], settingsFile),
    files,
    links,
    servers: tlsEntries(settings['servers'], SERVER_TLS_KEYS, settingsFile) as Record<string, ServerTls>,
    dns: dnsRecords(settings['dns'], settingsFile),
    scenarios,
  };
}

function collectFiles(
  folder: string,
  prefix: string,
  files: Record<string, string>,
  links: Record<string, string>,
): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const name = prefix + entry.name;
    if (entry.isSymbolicLink()) links[name] = readlinkSync(path);
    else if (entry.isDirectory()) collectFiles(path, `${name}/`, files, links);
    else files[name] = readFileSync(path, 'utf8');
  }
}

function loadScenario(suite: string, name: string, shared: Shared): Scenario {
  const folder = join(SCENARIOS, suite, name);
  const file = join(folder, 'scenario.yaml');
  const source = readFileSync(file, 'utf8');
  const raw = record(parse(source), file);
  onlyKeys(raw, SCENARIO_KEYS, file);
  const client = list(raw['client'], file).map((step) => {
    const checked = record(step, file);
    onlyKeys(checked, [...STEP_KEYS, ...MORE_STEP_KEYS], file);
    const verbs = [
      'send',
      'request',
      'frames',
      'await',
      'upstream',
      'stat',
      'signal',
      'bytes',
      'datagram',
      'datagrams',
      'move',
      'answer',
      'connect',
      'end',
      'reset',
    ].filter((v) => v in checked);
    if (verbs.length !== 1) throw new Error(`${file}: a client step needs exactly one verb: ${JSON.stringify(step)}`);
    for (const verb of ['send', 'request', 'datagram']) if (verb in checked) text(checked[verb], file);
    if ('body' in checked && !Array.isArray(checked['body'])) text(checked['body'], file);
    if ('frames' in checked) checkFrames(checked['frames'], file);
    dnsRecords(checked['answer'], file);
    return step as ClientStep;
  });
  return {
    id: `${suite}/${name}`,
    folder,
    source,
    title: text(raw['title'], file),
    listen: raw['listen'] === undefined ? shared.listen : text(raw['listen'], file),
    volatile: [...shared.volatile, ...texts(raw['volatile'] ?? [], file)].map((v) => v.toLowerCase()),
    mask: [...shared.mask, ...masks(raw['mask'], file)],
    logs: raw['logs'] === undefined ? shared.logs : texts(raw['logs'], file),
    tls: { ...shared.tls, ...clientTls(raw['tls'], file) },
    http2: { ...shared.http2, ...http2Options(raw['http2'], file) },
    connections: (raw['connections'] ?? {}) as Record<string, string>,
    overlap: raw['overlap'] === true,
    fresh: raw['fresh'] === true,
    raw: raw['raw'] === 'client' ? 'client' : raw['raw'] === true,
    client,
    upstream: rules(raw['upstream'], file),
    stats: texts(raw['stats'] ?? [], file),
    gauges: texts(raw['gauges'] ?? [], file),
    dns: dnsRecords(raw['dns'], file),
    view: (raw['view'] ?? 'text') as BodyView,
    quiet: Number(raw['quiet'] ?? 250),
    differences: list(raw['differences'] ?? [], file).map((entry) => {
      const difference = record(entry, file);
      onlyKeys(difference, ['field', 'reason', 'ours'], file);
      text(difference['field'], file);
      text(difference['reason'], file);
      return entry as Difference;
    }),
  };
}

function rules(raw: unknown, file: string): Record<string, UpstreamRule[]> {
  if (raw === undefined) return { UPSTREAM: [DEFAULT_RULE] };
  const byServer = Array.isArray(raw) ? { UPSTREAM: raw } : record(raw, file);
  const result: Record<string, UpstreamRule[]> = {};
  for (const [server, entries] of Object.entries(byServer)) {
    result[server] = list(entries, file).map((entry) => {
      const rule = record(entry, file);
      onlyKeys(rule, RULE_KEYS, file);
      for (const action of list(rule['reply'], file)) {
        if (typeof action !== 'string') checkAction(record(action, file), file);
      }
      return entry as UpstreamRule;
    });
  }
  return result;
}

function checkAction(action: Record<string, unknown>, file: string): void {
  if ('frames' in action) checkFrames(action['frames'], file);
  else if (isFrame(action)) checkFrames([action], file);
  else onlyKeys(action, ACTION_KEYS, file);
}

/** What an upstream does that the scenario says nothing of. */
export function defaultRules(): UpstreamRule[] {
  return [DEFAULT_RULE];
}

function clientTls(raw: unknown, file: string): Record<string, ClientTls | null> {
  return tlsEntries(raw, [...CLIENT_TLS_KEYS, ...MORE_CLIENT_TLS_KEYS], file) as Record<string, ClientTls | null>;
}

function dnsRecords(raw: unknown, file: string): Record<string, DnsRecord> {
  const entries = record(raw ?? {}, file);
  for (const entry of Object.values(entries)) onlyKeys(record(entry, file), DNS_KEYS, file);
  return entries as Record<string, DnsRecord>;
}

function tlsEntries(raw: unknown, known: readonly string[], file: string): Record<string, unknown> {
  const entries = record(raw ?? {}, file);
  for (const entry of Object.values(entries)) if (entry !== null) onlyKeys(record(entry, file), known, file);
  return entries;
}

function masks(raw: unknown, file: string): Mask[] {
  return list(raw ?? [], file).map((entry) => {
    const mask = record(entry, file);
    onlyKeys(mask, ['pattern', 'with'], file);
    return { pattern: text(mask['pattern'], file), with: text(mask['with'], file) };
  });
}

function record(raw: unknown, file: string): Record<string, unknown> {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) throw new Error(`${file}: expected a mapping`);
  return raw as Record<string, unknown>;
}

function list(raw: unknown, file: string): unknown[] {
  if (!Array.isArray(raw)) throw new Error(`${file}: expected a list, found ${JSON.stringify(raw)}`);
  return raw;
}

function texts(raw: unknown, file: string): string[] {
  return list(raw, file).map((entry) => text(entry, file));
}

function text(raw: unknown, file: string): string {
  if (typeof raw !== 'string') throw new Error(`${file}: expected text, found ${JSON.stringify(raw)}`);
  return raw;
}

function onlyKeys(raw: Record<string, unknown>, known: readonly string[], file: string): void {
  for (const key of Object.keys(raw)) {
    if (!known.includes(key)) throw new Error(`${file}: unknown key ${key}; known: ${known.join(', ')}`);
  }
}
