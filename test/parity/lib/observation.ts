// Owns what is compared: one observation of a scenario, and the normalising that makes two runs of the same behaviour equal.
// What varies from run to run (dates, ids, ports, durations) is replaced by a name only where it has the form it must have, so
// that a missing date or a malformed id still shows.
import { createHash } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { ClientConnection } from './client.ts';
import type { Field } from './http2/hpack.ts';
import { type Http2Stream, line } from './http2/message.ts';
import type { Http2Peer } from './http2/peer.ts';
import type { Fingerprint } from './pki.ts';
import type { BodyView, Scenario } from './scenario.ts';
import type { UdpClient, UdpUpstream } from './udp.ts';
import type { ScriptedUpstream } from './upstream.ts';
import type { WireMessage, WireReader } from './wire-reader.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Plain JSON; the layout is described in docs/parity.md. */
export type Observation = { [key: string]: Json };

export interface Taken {
  clients: readonly ClientConnection[];
  upstreams: readonly ScriptedUpstream[];
  udpClients: readonly UdpClient[];
  udpUpstreams: readonly UdpUpstream[];
  logs: Record<string, string[]>;
  stats: Record<string, number | string>;
  /** Placeholder name → port. */
  ports: Record<string, number>;
  folder: string;
  /** Hashes and encodings of certificates, and what stands for them. */
  fingerprints: readonly Fingerprint[];
}

/** Longer bodies are kept as their length and hash. */
const KEEP_BODY_CHARACTERS = 2048;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const IMF_DATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

/** This machine's addresses besides loopback: the proxy puts the first into x-forwarded-for when the client is on loopback. */
const LOCAL_ADDRESSES = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .filter((entry) => !entry.internal && entry.family === 'IPv4')
  .map((entry) => entry.address);

/** What stands for it in a recording; on a machine that has no such address the proxy falls back to loopback. */
export const LOCAL_ADDRESS_NAME = '@LOCAL_ADDRESS@';
export const HAS_LOCAL_ADDRESS = LOCAL_ADDRESSES.length > 0;

/** Turns raw recordings into the form that is stored and compared. */
export function normalise(scenario: Scenario, taken: Taken): Observation {
  const masker = new Masker(scenario, taken);
  const client: Record<string, Json> = {};
  for (const connection of taken.clients) {
    client[connection.name] = {
      ...(connection.handshake === null ? {} : { tls: connection.handshake.outcome }),
      ...seen(connection, 'responses', scenario.view, masker),
      closed: connection.closed,
    };
    if (connection.reader.leftover !== '')
      client[`${connection.name} leftover`] = masker.text(connection.reader.leftover);
  }
  for (const { name, received } of taken.udpClients) {
    client[name] = { datagrams: received.map((datagram) => masker.bytes(datagram)) };
  }
  const upstream: Record<string, Json> = {};
  for (const { name, sessions } of taken.udpUpstreams) {
    if (sessions.length === 0) continue;
    upstream[name] = sessions.map(({ datagrams }) => datagrams.map((datagram) => masker.bytes(datagram)));
  }
  for (const server of taken.upstreams) {
    // A connection that carried nothing is a race: the proxy may give a request up while it is still connecting.
    const used = server.connections.filter(({ reader, http2 }) => reader.totalBytes > 0 || (http2?.latest ?? 0) > 0);
    // A TLS upstream tells which handshakes did not end well, by alert.
    if (server.refusals.length > 0) upstream[`${server.name} refusals`] = server.refusals;
    if (used.length === 0) continue;
    upstream[server.name] = used.map((connection) => ({
      ...(connection.tls === null ? {} : { tls: connection.tls }),
      ...seen(connection, 'requests', 'text', masker),
      closed: connection.closedByProxy,
    }));
  }
  const log: Record<string, Json> = {};
  for (const [name, lines] of Object.entries(taken.logs)) log[name] = lines.map((line) => logLine(masker.text(line)));
  const observation: Observation = { client, upstream };
  if (Object.keys(log).length > 0) observation['log'] = log;
  if (Object.keys(taken.stats).length > 0) observation['stats'] = taken.stats;
  return observation;
}

/** What came on a connection, in the form of its protocol. */
function seen(
  { reader, http2 }: { reader: WireReader; http2: Http2Peer | null },
  name: 'requests' | 'responses',
  view: BodyView,
  masker: Masker,
): Record<string, Json> {
  if (http2 !== null) return ofHttp2(http2, view, masker);
  if (reader.raw !== null) return { bytes: masker.bytes(reader.raw) };
  return { [name]: reader.messages.map((m) => masker.message(m, view)) };
}

function ofHttp2(peer: Http2Peer, view: BodyView, masker: Masker): Record<string, Json> {
  const streams = [...peer.streams.values()].sort((one, other) => one.id - other.id);
  return {
    settings: peer.settings,
    window: peer.window,
    streams: Object.fromEntries(streams.map((stream) => [stream.id, masker.stream(stream, view)])),
    ...(peer.goaways.length === 0 ? {} : { goaway: peer.goaways.map((goaway) => ({ ...goaway })) }),
    ...(peer.pinged ? { pinged: true } : {}),
    ...(peer.problems.length === 0 ? {} : { problems: peer.problems }),
    ...(peer.leftover === '' ? {} : { leftover: masker.bytes(peer.leftover) }),
  };
}

function logLine(line: string): Json {
  if (!line.startsWith('{')) return line;
  try {
    return JSON.parse(line) as Json;
  } catch {
    return line;
  }
}

class Masker {
  readonly #scenario: Scenario;
  readonly #replacements: [RegExp, string][] = [];
  readonly #uuids = new Map<string, string>();
  readonly #portNames = new Map<number, string>();

  constructor(scenario: Scenario, taken: Taken) {
    this.#scenario = scenario;
    for (const { text, name } of taken.fingerprints) {
      this.#replacements.push([new RegExp(escapeRegExp(text), 'g'), name]);
    }
    for (const address of LOCAL_ADDRESSES) {
      this.#replacements.push([new RegExp(`\\b${escapeRegExp(address)}\\b`, 'g'), LOCAL_ADDRESS_NAME]);
    }
    this.#replacements.push([new RegExp(escapeRegExp(taken.folder), 'g'), '@TMP@']);
    for (const [name, port] of Object.entries(taken.ports)) this.#port(port, `@${name}@`);
    for (const client of taken.clients) this.#port(client.localPort, `@CLIENT_${client.name}@`);
    for (const client of taken.udpClients) this.#port(client.localPort, `@CLIENT_${client.name}@`);
    for (const { sessions } of taken.udpUpstreams) for (const { port } of sessions) this.#port(port, '@PROXY@');
    for (const upstream of taken.upstreams) {
      for (const connection of upstream.connections) this.#port(connection.remotePort, '@PROXY@');
    }
    this.#replacements.push([/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>']);
    // The scenario's own come last: they see ports and times by their names.
    for (const mask of scenario.mask) this.#replacements.push([new RegExp(mask.pattern, 'gm'), mask.with]);
  }

  #port(port: number, name: string): void {
    if (port <= 0) return;
    this.#portNames.set(port, name);
    this.#replacements.push([new RegExp(`(?<=:|: |")${port}\\b`, 'g'), name]);
  }

  text(raw: string): string {
    let masked = raw;
    for (const [pattern, replacement] of this.#replacements) masked = masked.replace(pattern, replacement);
    // Numbered by first appearance: the same id in two places must stay the same. The version digit is contract (trace reason).
    return masked.replace(UUID, (id, version: string) => {
      if (this.#scenario.source.includes(id)) return id;
      const known = this.#uuids.get(id) ?? `<uuid ${this.#uuids.size + 1}, version ${version}>`;
      this.#uuids.set(id, known);
      return known;
    });
  }

  bytes(raw: string): string {
    return raw.length > KEEP_BODY_CHARACTERS ? digest(raw) : this.text(raw);
  }

  message(message: WireMessage, view: BodyView): Json {
    const result: Record<string, Json> = {
      start: this.text(message.start),
      headers: message.headers.map((line) => this.#header(line)),
      framing: message.framing,
      body: this.#body(message.body, view),
      complete: message.complete,
    };
    if (message.trailers.length > 0) result['trailers'] = message.trailers.map((line) => this.text(line));
    if (message.problem !== undefined) result['problem'] = this.text(message.problem);
    return result;
  }

  /** Null: nothing came on it. */
  stream(stream: Http2Stream, view: BodyView): Json {
    const lines = (fields: readonly Field[]) => fields.map((field) => this.#header(line(field)));
    if (stream.headers === null && stream.interim.length === 0 && stream.reset === null) return null;
    return {
      ...(stream.interim.length === 0 ? {} : { interim: stream.interim.map((fields) => ({ headers: lines(fields) })) }),
      ...(stream.headers === null
        ? {}
        : { headers: lines(stream.headers), body: this.#body(Buffer.concat(stream.body).toString('latin1'), view) }),
      ...(stream.trailers === null ? {} : { trailers: lines(stream.trailers) }),
      end: stream.end,
      ...(stream.reset === null ? {} : { reset: stream.reset }),
      ...(stream.problem === null ? {} : { problem: this.text(stream.problem) }),
    };
  }

  #header(line: string): string {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    const lower = name.toLowerCase();
    if (lower === 'date' && IMF_DATE.test(value)) return `${name}: <date>`;
    if (lower === 'x-envoy-upstream-service-time' && /^\d+$/.test(value)) return `${name}: <ms>`;
    if (this.#scenario.volatile.includes(lower)) return `${name}: <volatile>`;
    return this.text(line);
  }

  #body(body: string, view: BodyView): Json {
    if (view === 'json' || view === 'json-shape') {
      try {
        const parsed = JSON.parse(body) as Json;
        return view === 'json' ? this.#json(parsed) : shapeOf(parsed);
      } catch {
        return this.text(body);
      }
    }
    if (view === 'text') return body.length > KEEP_BODY_CHARACTERS ? digest(body) : this.text(body);
    const lines = this.text(body).split('\n');
    if (typeof view === 'object') {
      const pattern = new RegExp(view.lines);
      return lines.filter((line) => pattern.test(line));
    }
    // An object, not a list, so that one missing name is one difference.
    const names = lines.map((line) => line.split(/: |\{| (?=\d)/)[0] ?? '');
    return Object.fromEntries(names.filter((name) => name !== '').map((name) => [name, true]));
  }

  /** Masks inside a parsed JSON value, where a port is a number. */
  #json(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.#portNames.get(value) ?? value;
    if (Array.isArray(value)) return value.map((entry) => this.#json(entry));
    if (value === null || typeof value !== 'object') return value;
    return mapEntries(value, (entry) => this.#json(entry));
  }
}

/** Keys in alphabetical order: in JSON it means nothing, and Envoy's differs from run to run. */
function mapEntries(value: { [key: string]: Json }, map: (entry: Json) => Json): Json {
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, map(value[key] ?? null)]));
}

function digest(body: string): string {
  return `<${body.length} bytes, sha256 ${createHash('sha256').update(body, 'latin1').digest('hex')}>`;
}

/** Names and types of a JSON value; a list keeps the distinct shapes of its entries. */
function shapeOf(value: Json): Json {
  if (Array.isArray(value)) {
    const shapes = new Map(value.map((entry) => [JSON.stringify(shapeOf(entry)), shapeOf(entry)]));
    return [...shapes.values()];
  }
  if (value !== null && typeof value === 'object') {
    return mapEntries(value, shapeOf);
  }
  return value === null ? 'null' : typeof value;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
