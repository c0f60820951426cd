// Owns the run of a scenario against a running proxy: plays the client's script, lets the scripted upstream answer, and takes
// observations until nothing more is to come. No fixed sleeps decide a result: with a recording at hand a run ends when it equals
// the recording (or a limit passes), without one when everything has been quiet for the scenario's `quiet` time.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../bench/machine/ports.ts';
import { DnsServer } from '../../support/dns-server.ts';
import { ClientConnection } from './client.ts';
import { judge, type Verdict } from './compare.ts';
import type { Http2Peer } from './http2/peer.ts';
import { sendRequest } from './http2/requests.ts';
import { normalise, type Observation } from './observation.ts';
import { PKI_FOLDER, type Pki, pki } from './pki.ts';
import { type ProxyKind, ProxyProcess } from './proxy-process.ts';
import { type ClientStep, defaultRules, type Scenario, type Suite } from './scenario.ts';
import { Signals } from './signals.ts';
import { SilentPort } from './silent-port.ts';
import { UDP_UPSTREAM, UdpClient, UdpUpstream } from './udp.ts';
import { ScriptedUpstream } from './upstream.ts';

const STEP_LIMIT_MS = 3_000;
const OTHERS_LIMIT_MS = 1_000;
const EQUAL_LIMIT_MS = 2_500;
/** After everything equals the recording: long enough for a late close, line or message to show, short enough for hundreds of runs. */
const GRACE_MS = 15;

/** What came of a play; the verdict only where there was something to compare with. */
export interface Played {
  observation: Observation;
  verdict: Verdict | null;
}

/** A suite's proxy with its upstreams, for one scenario after the other. */
export class SuiteRun {
  readonly proxy: ProxyProcess;
  readonly #ports: Record<string, number>;
  readonly #folder: string;
  readonly #upstreams: ScriptedUpstream[];
  readonly #udpUpstreams: UdpUpstream[];
  readonly #silent: SilentPort[];
  /** Null where the suite asks no name server. */
  readonly #dns: DnsServer | null;
  readonly #dnsRecords: Suite['dns'];
  /** Null where the suite has nothing to do with TLS. */
  readonly #pki: Pki | null;
  readonly #logOffsets = new Map<string, number>();

  private constructor(
    proxy: ProxyProcess,
    ports: Record<string, number>,
    folder: string,
    upstreams: ScriptedUpstream[],
    udpUpstreams: UdpUpstream[],
    silent: SilentPort[],
    dns: DnsServer | null,
    dnsRecords: Suite['dns'],
    certificates: Pki | null,
  ) {
    this.#dns = dns;
    this.#dnsRecords = dnsRecords;
    this.proxy = proxy;
    this.#ports = ports;
    this.#folder = folder;
    this.#upstreams = upstreams;
    this.#udpUpstreams = udpUpstreams;
    this.#silent = silent;
    this.#pki = certificates;
  }

  static async start(suite: Suite, kind: ProxyKind): Promise<SuiteRun> {
    const folder = mkdtempSync(join(tmpdir(), `parity-${suite.name}-`));
    const ports: Record<string, number> = {};
    const upstreams: ScriptedUpstream[] = [];
    const udpUpstreams: UdpUpstream[] = [];
    const silent: SilentPort[] = [];
    let dns: DnsServer | null = null;
    try {
      const texts = [suite.config, ...Object.values(suite.files)];
      const certificates = texts.some((text) => text.includes(`${PKI_FOLDER}/`)) ? await pki() : null;
      certificates?.write(folder);
      for (const name of new Set(texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map((m) => m[1] ?? '')))) {
        if (name === 'TMP') continue;
        const port = await freePort();
        ports[name] = port;
        if (name.startsWith('SILENT')) silent.push(await SilentPort.open(port));
        if (name.startsWith(UDP_UPSTREAM)) {
          const upstream = new UdpUpstream(name, new Signals());
          await upstream.listen(port, hostOf(name));
          udpUpstreams.push(upstream);
        }
        if (name === 'DNS') {
          dns = await DnsServer.listen(port);
          answerWith(dns, suite.dns);
        }
        if (!name.startsWith('UPSTREAM')) continue;
        const upstream = new ScriptedUpstream(name, new Signals());
        const tls = suite.servers[name];
        if (tls !== undefined) await upstream.secure(tls);
        await upstream.listen(port, hostOf(name));
        upstreams.push(upstream);
      }
      const config = fillIn(suite.config, ports, folder, certificates);
      for (const [name, text] of Object.entries(suite.files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), fillIn(text, ports, folder, certificates));
      }
      for (const [name, target] of Object.entries(suite.links)) symlinkSync(target, join(folder, name));
      const admin = ports['ADMIN'];
      if (admin === undefined) throw new Error(`${suite.folder}/envoy.yaml has no @ADMIN@ port`);
      const proxy = await ProxyProcess.start(kind, config, admin, folder, suite.flags);
      return new SuiteRun(proxy, ports, folder, upstreams, udpUpstreams, silent, dns, suite.dns, certificates);
    } catch (error) {
      for (const port of [...upstreams, ...udpUpstreams, ...silent]) port.close();
      dns?.close();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    for (const port of [...this.#upstreams, ...this.#udpUpstreams, ...this.#silent]) port.close();
    this.#dns?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Plays it on a proxy of its own where it says `fresh`, else on the suite's. */
  async playIsolated(suite: Suite, scenario: Scenario, expected: Observation | null): Promise<Played> {
    if (!scenario.fresh) return this.play(scenario, expected);
    const own = await SuiteRun.start(suite, this.proxy.kind);
    try {
      return await own.play(scenario, expected);
    } finally {
      await own.stop();
    }
  }

  /** Plays it once. With `expected` the run is over when it equals that, otherwise when it is quiet. */
  async play(scenario: Scenario, expected: Observation | null): Promise<Played> {
    const signals = new Signals();
    for (const upstream of this.#upstreams)
      upstream.begin(scenario.upstream[upstream.name] ?? defaultRules(), signals, {
        raw: scenario.raw === true,
        http2: scenario.http2[upstream.name] ?? {},
      });
    for (const upstream of this.#udpUpstreams) upstream.begin(scenario.upstream[upstream.name], signals);
    for (const log of scenario.logs) this.#logOffsets.set(log, this.#logSize(log));
    this.#dns?.records.clear();
    answerWith(this.#dns, { ...this.#dnsRecords, ...scenario.dns });
    const names = [...scenario.stats, ...scenario.gauges];
    const before = await this.proxy.stats(names);
    const clients = new Map<string, ClientConnection>();
    const udpClients = new Map<string, UdpClient>();
    const observe = async (): Promise<Observation> =>
      normalise(scenario, {
        clients: [...clients.values()],
        upstreams: this.#upstreams,
        udpClients: [...udpClients.values()],
        udpUpstreams: this.#udpUpstreams,
        logs: this.#logLines(scenario),
        stats: await this.#stats(scenario, before),
        ports: this.#ports,
        folder: this.#folder,
        fingerprints: this.#pki?.fingerprints ?? [],
      });
    try {
      for (const step of scenario.client) await this.#step(step, scenario, clients, udpClients, signals);
      if (expected === null) return { observation: await this.#whenQuiet(scenario, signals, observe), verdict: null };
      return await this.#whenEqual(scenario, expected, signals, observe);
    } finally {
      for (const client of udpClients.values()) client.leave();
      await this.#leave([...clients.values()], scenario);
      signals.end();
    }
  }

  async #step(
    step: ClientStep,
    scenario: Scenario,
    clients: Map<string, ClientConnection>,
    udpClients: Map<string, UdpClient>,
    signals: Signals,
  ): Promise<void> {
    if ('upstream' in step) {
      const seen = (): number =>
        this.#upstreams.reduce((sum, u) => sum + u.requests, 0) +
        this.#udpUpstreams.reduce((sum, u) => sum + u.datagrams, 0);
      await signals.within(STEP_LIMIT_MS, () => seen() >= step.upstream);
      return;
    }
    if ('datagram' in step || 'datagrams' in step) {
      const client = await this.#udpClient(step.on ?? 'a', scenario, udpClients, signals);
      if ('datagrams' in step) await client.has(step.datagrams, STEP_LIMIT_MS);
      else await client.send(this.#fill(step.datagram.repeat(step.times ?? 1)));
      return;
    }
    if ('signal' in step) {
      signals.give(step.signal);
      return;
    }
    if ('move' in step) {
      renameSync(join(this.#folder, step.move), join(this.#folder, step.to));
      return;
    }
    if ('stat' in step) {
      await this.#untilStat(step.stat, step.is);
      return;
    }
    if ('answer' in step) {
      answerWith(this.#dns, step.answer);
      return;
    }
    const name = step.on ?? 'a';
    if (!scenario.overlap) {
      // One connection after the other, or the order of what the upstream and the log see would be a race.
      const others = [...clients.values()].filter((other) => other.name !== name);
      await signals.within(OTHERS_LIMIT_MS, () => others.every((other) => other.answered || other.closed));
    }
    const client = await this.#client(name, scenario, clients, signals);
    if (client.http2 !== null && (await this.#http2Step(step, client, client.http2))) return;
    if ('send' in step) {
      await client.send(
        this.#fill(step.send.repeat(step.times ?? 1)),
        scenario.raw !== false || client.http2 !== null ? [] : (step.methods ?? methodsOf(step.send)),
      );
    } else if ('frames' in step) {
      throw new Error(`${scenario.folder}: connection ${name} is none of HTTP/2: say so under http2`);
    } else if ('request' in step) {
      const bytes = compose(step.request, (step.headers ?? []).map(String), step.body?.toString());
      await client.send(this.#fill(bytes), [step.request.split(' ')[0] ?? 'GET']);
      if (step.wait ?? true) await client.nextResponse(STEP_LIMIT_MS);
    } else if ('bytes' in step) {
      await client.received(step.bytes, step.stream, STEP_LIMIT_MS);
    } else if ('await' in step) {
      if (step.await === 'response') await client.nextResponse(STEP_LIMIT_MS);
      else if (step.await === 'head') await client.nextHead(STEP_LIMIT_MS);
      else if (step.await === 'interim') await client.nextInterim(STEP_LIMIT_MS);
      else if (step.await === 'closed') await client.closes(STEP_LIMIT_MS);
      else throw new Error(`${scenario.folder}: connection ${name} is none of HTTP/2: it has no ${step.await}`);
    } else if ('connect' in step) {
      // Opening it was all.
    } else if ('end' in step) {
      client.end();
    } else {
      client.reset();
    }
  }

  /** True where the step is one that HTTP/2 has in its own way. */
  async #http2Step(step: ClientStep, client: ClientConnection, peer: Http2Peer): Promise<boolean> {
    if ('frames' in step) {
      peer.send(step.frames, step.stream);
      await client.turn();
    } else if ('request' in step) {
      const scheme = client.handshake === null ? 'http' : 'https';
      const stream = sendRequest(peer, step, scheme, (text) => this.#fill(text));
      await client.turn();
      if (step.wait ?? true) await client.on('response', stream, STEP_LIMIT_MS);
    } else if ('await' in step && step.await !== 'closed') {
      await client.on(step.await, step.stream, STEP_LIMIT_MS);
    } else {
      return false;
    }
    return true;
  }

  async #udpClient(
    name: string,
    scenario: Scenario,
    clients: Map<string, UdpClient>,
    signals: Signals,
  ): Promise<UdpClient> {
    const known = clients.get(name);
    if (known) return known;
    const { placeholder, port } = this.#destination(name, scenario);
    const client = await UdpClient.open(name, { port, host: hostOf(placeholder) }, signals);
    clients.set(name, client);
    return client;
  }

  #destination(name: string, scenario: Scenario): { placeholder: string; port: number } {
    const placeholder = scenario.connections[name] ?? scenario.listen;
    const port = this.#ports[placeholder];
    if (port === undefined) throw new Error(`${scenario.folder}: envoy.yaml has no @${placeholder}@`);
    return { placeholder, port };
  }

  async #client(
    name: string,
    scenario: Scenario,
    clients: Map<string, ClientConnection>,
    signals: Signals,
  ): Promise<ClientConnection> {
    const known = clients.get(name);
    if (known) return known;
    const { placeholder, port } = this.#destination(name, scenario);
    const tls = name in scenario.tls || placeholder === 'ADMIN' ? scenario.tls[name] : scenario.tls['*'];
    const resumed = tls?.resume === undefined ? undefined : clients.get(tls.resume);
    const session = resumed?.handshake?.session ?? null;
    const at = { port, host: hostOf(placeholder) };
    const named = name in scenario.http2 || placeholder === 'ADMIN';
    const http2 = scenario.http2[named ? name : '*'];
    const client = await ClientConnection.open(
      name,
      at,
      signals,
      tls ?? null,
      session,
      scenario.raw !== false,
      http2 ?? null,
    );
    clients.set(name, client);
    return client;
  }

  /** Placeholders in what a client sends stand for their ports, as in the bootstrap. */
  #fill(text: string): string {
    if (!text.includes('@')) return text;
    return text.replace(/@([A-Z][A-Z0-9_]*)@/g, (whole, name: string) => String(this.#ports[name] ?? whole));
  }

  async #untilStat(name: string, value: number): Promise<void> {
    const deadline = Date.now() + STEP_LIMIT_MS;
    while (Date.now() < deadline && (await this.proxy.stats([name])).get(name) !== value) await delay(5);
  }

  async #whenQuiet(scenario: Scenario, signals: Signals, observe: () => Promise<Observation>): Promise<Observation> {
    let last = '';
    let since = Date.now();
    const deadline = Date.now() + 20_000;
    while (Date.now() < deadline) {
      const now = `${signals.events} ${JSON.stringify(await observe())}`;
      if (now !== last) {
        last = now;
        since = Date.now();
      } else if (Date.now() - since >= scenario.quiet) break;
      await delay(10);
    }
    return observe();
  }

  async #whenEqual(
    scenario: Scenario,
    expected: Observation,
    signals: Signals,
    observe: () => Promise<Observation>,
  ): Promise<Played> {
    const deadline = Date.now() + Math.max(EQUAL_LIMIT_MS, 2 * scenario.quiet);
    for (;;) {
      const observation = await observe();
      const verdict = judge(expected, observation, scenario.differences);
      const equal = verdict.unexpected.length === 0 && verdict.unused.length === 0;
      if (equal) {
        await delay(GRACE_MS);
        const later = await observe();
        const again = judge(expected, later, scenario.differences);
        return { observation: later, verdict: again };
      }
      if (Date.now() > deadline || this.proxy.exited !== null) return { observation, verdict };
      const events = signals.events;
      await signals.within(10, () => signals.events !== events);
    }
  }

  /** Leaves the proxy with nothing open, so that the next scenario starts clean and no late log line falls into it. */
  async #leave(clients: readonly ClientConnection[], scenario: Scenario): Promise<void> {
    const unfinished = clients.some((client) => !client.finished);
    for (const client of clients) client.leave();
    await Promise.all(this.#upstreams.map((upstream) => upstream.settle(1_000)));
    const deadline = Date.now() + 1_000;
    while (Date.now() < deadline && this.proxy.exited === null) {
      if ((await this.proxy.openWork().catch(() => 0)) === 0) break;
      await delay(5);
    }
    if (unfinished && scenario.logs.length > 0) await delay(30);
  }

  async #stats(scenario: Scenario, before: Map<string, number>): Promise<Record<string, number | string>> {
    const after = await this.proxy.stats([...scenario.stats, ...scenario.gauges]);
    const result: Record<string, number | string> = {};
    for (const name of scenario.stats) {
      const value = after.get(name);
      result[name] = value === undefined ? 'absent' : value - (before.get(name) ?? 0);
    }
    for (const name of scenario.gauges) result[name] = after.get(name) ?? 'absent';
    return result;
  }

  #logSize(name: string): number {
    const file = join(this.#folder, name);
    return existsSync(file) ? statSync(file).size : 0;
  }

  #logLines(scenario: Scenario): Record<string, string[]> {
    const result: Record<string, string[]> = {};
    for (const name of scenario.logs) {
      const file = join(this.#folder, name);
      if (!existsSync(file)) {
        result[name] = [];
        continue;
      }
      const text = readFileSync(file)
        .subarray(this.#logOffsets.get(name) ?? 0)
        .toString('utf8');
      // A line without its end is still being written.
      result[name] = text.split('\n').slice(0, -1);
    }
    return result;
  }
}

function answerWith(server: DnsServer | null, records: Suite['dns']): void {
  for (const [name, record] of Object.entries(records)) server?.records.set(name, record);
}

const PLACEHOLDER = /@([A-Z][A-Z0-9_]*)@/g;

/** Ports are of 127.0.0.1, or of ::1 where the name says so. */
function hostOf(placeholder: string): string {
  return placeholder.endsWith('_V6') ? '::1' : '127.0.0.1';
}

/** Where a placeholder is a whole value it stands in quotes, to be YAML before it is filled in. */
function fillIn(
  text: string,
  ports: Readonly<Record<string, number>>,
  folder: string,
  certificates: Pki | null,
): string {
  let filled = text.replaceAll('@TMP@', folder);
  for (const [name, hash] of certificates?.hashes ?? []) filled = filled.replaceAll(`@${name}@`, hash);
  for (const [name, port] of Object.entries(ports)) {
    filled = filled.replaceAll(`"@${name}@"`, String(port)).replaceAll(`@${name}@`, String(port));
  }
  return filled;
}

/** The methods of the requests that start in those bytes, as a lenient eye sees them. */
function methodsOf(data: string): string[] {
  return [...data.matchAll(/(?:^|\n|\r)([A-Za-z]+) \S+ HTTP\/1/g)].map((match) => match[1] ?? 'GET');
}

function compose(line: string, headers: readonly string[], body: string | undefined): string {
  const lines = [`${line} HTTP/1.1`];
  if (!headers.some((h) => /^host:/i.test(h))) lines.push('Host: parity.test');
  lines.push(...headers);
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body, 'latin1')}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}
