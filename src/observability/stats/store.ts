// Owns all statistics of an event loop: who holds which names, their slots, and when they go.
//
// A name belongs to the node of its dotted prefix (`cluster.one.` holds `upstream_rq_total`), wherever it was asked
// from, so that two scopes that spell the same name share one object. A scope refers to the nodes it took names from; a
// node that no scope refers to any more goes with its statistics.
import type { Counter, Gauge, Histogram, HistogramUnit, StatsScope } from './api.ts';
import { type DirtyList, LogLinearHistogram } from './histogram.ts';
import { nullCounter, nullGauge, nullHistograms, SlotCounter, SlotGauge, TextReadout } from './metrics.ts';
import { SlotPages } from './slots.ts';
import type { StatsView } from './view.ts';

/** Keeps a statistic out by its full name (stats_matcher). */
export interface StatsFilter {
  rejects(name: string): boolean;
}

export interface StatsStoreOptions {
  readonly filter?: StatsFilter | null;
}

class Node {
  readonly prefix: string;
  references = 0;
  readonly counters = new Map<string, SlotCounter>();
  gauges: Map<string, SlotGauge> | null = null;
  histograms: Map<string, LogLinearHistogram> | null = null;
  textReadouts: Map<string, TextReadout> | null = null;

  constructor(prefix: string) {
    this.prefix = prefix;
  }
}

/** Name parts from configuration may hold colons (addresses): in names they become underscores, as in Envoy. */
export function sanitizeStatsName(name: string): string {
  return name.includes(':') ? name.replace(/:\/\/|:\/|:/g, '_') : name;
}

export class StatsStore implements StatsScope, StatsView, DirtyList {
  readonly prefix = '';
  readonly #nodes = new Map<string, Node>();
  readonly #slots = new SlotPages();
  #filter: StatsFilter | null;
  #dirty = new Set<LogLinearHistogram>();
  readonly #root: Scope;

  constructor(options: StatsStoreOptions = {}) {
    this.#filter = options.filter ?? null;
    this.#root = new Scope(this, '', null);
  }

  counter(name: string): Counter {
    return this.#root.counter(name);
  }

  gauge(name: string): Gauge {
    return this.#root.gauge(name);
  }

  histogram(name: string, unit: HistogramUnit): Histogram {
    return this.#root.histogram(name, unit);
  }

  textReadout(name: string): TextReadout {
    return this.#root.textReadout(name);
  }

  scope(prefix: string): StatsScope {
    return this.#root.scope(prefix);
  }

  /** Drops every statistic. */
  close(): void {
    this.#root.close();
  }

  *counters(): Generator<SlotCounter> {
    for (const node of this.#nodes.values()) yield* node.counters.values();
  }

  *gauges(): Generator<SlotGauge> {
    for (const node of this.#nodes.values()) if (node.gauges !== null) yield* node.gauges.values();
  }

  *histograms(): Generator<LogLinearHistogram> {
    for (const node of this.#nodes.values()) if (node.histograms !== null) yield* node.histograms.values();
  }

  *textReadouts(): Generator<TextReadout> {
    for (const node of this.#nodes.values()) if (node.textReadouts !== null) yield* node.textReadouts.values();
  }

  /** Ends the interval of histograms (every stats_flush_interval). Costs nothing for those without new values. */
  flushHistograms(): void {
    for (const histogram of this.#dirty) {
      // One whose interval was not empty stays for another round, so that its interval becomes empty.
      if (!histogram.flush()) this.#dirty.delete(histogram);
    }
  }

  /** POST /reset_counters: counters start again at 0; gauges and histograms stay, as in Envoy. */
  resetCounters(): void {
    for (const counter of this.counters()) counter.reset();
  }

  /** Number of statistics, for server.stats and tests. */
  get size(): number {
    let size = 0;
    for (const node of this.#nodes.values()) {
      size += node.counters.size + (node.gauges?.size ?? 0);
      size += (node.histograms?.size ?? 0) + (node.textReadouts?.size ?? 0);
    }
    return size;
  }

  onDirty(histogram: LogLinearHistogram): void {
    this.#dirty.add(histogram);
  }

  // --- for Scope --------------------------------------------------------------------------------------------------

  rejects(name: string): boolean {
    return this.#filter?.rejects(name) ?? false;
  }

  node(prefix: string): Node {
    let node = this.#nodes.get(prefix);
    if (node === undefined) {
      node = new Node(prefix);
      this.#nodes.set(prefix, node);
    }
    return node;
  }

  newCounter(prefix: string, leaf: string): SlotCounter {
    return new SlotCounter(prefix, leaf, this.#slots.allocate());
  }

  newGauge(prefix: string, leaf: string): SlotGauge {
    return new SlotGauge(prefix, leaf, this.#slots.allocate());
  }

  release(node: Node): void {
    node.references--;
    if (node.references > 0) return;
    this.#nodes.delete(node.prefix);
    for (const counter of node.counters.values()) this.#slots.release(counter.detach());
    if (node.gauges !== null) for (const gauge of node.gauges.values()) this.#slots.release(gauge.detach());
    if (node.histograms !== null) for (const histogram of node.histograms.values()) this.#dirty.delete(histogram);
  }
}

class Scope implements StatsScope {
  readonly prefix: string;
  readonly #store: StatsStore;
  readonly #parent: Scope | null;
  /** Nodes that names of this scope live in; most scopes have one. */
  readonly #nodes = new Set<Node>();
  readonly #children = new Set<Scope>();
  #closed = false;

  constructor(store: StatsStore, prefix: string, parent: Scope | null) {
    this.#store = store;
    this.prefix = prefix;
    this.#parent = parent;
  }

  counter(name: string): Counter {
    if (this.#store.rejects(this.prefix + name)) return nullCounter;
    const node = this.#node(name);
    const leaf = leafOf(name);
    let counter = node.counters.get(leaf);
    if (counter === undefined) {
      counter = this.#store.newCounter(node.prefix, leaf);
      node.counters.set(leaf, counter);
    }
    return counter;
  }

  gauge(name: string): Gauge {
    if (this.#store.rejects(this.prefix + name)) return nullGauge;
    const node = this.#node(name);
    const leaf = leafOf(name);
    node.gauges ??= new Map();
    let gauge = node.gauges.get(leaf);
    if (gauge === undefined) {
      gauge = this.#store.newGauge(node.prefix, leaf);
      node.gauges.set(leaf, gauge);
    }
    return gauge;
  }

  histogram(name: string, unit: HistogramUnit): Histogram {
    const fullName = this.prefix + name;
    if (this.#store.rejects(fullName)) return nullHistograms[unit];
    const node = this.#node(name);
    const leaf = leafOf(name);
    node.histograms ??= new Map();
    let histogram = node.histograms.get(leaf);
    if (histogram === undefined) {
      histogram = new LogLinearHistogram(fullName, unit, this.#store);
      node.histograms.set(leaf, histogram);
    }
    return histogram;
  }

  textReadout(name: string): TextReadout {
    const fullName = this.prefix + name;
    // One that is kept out still has to take a value.
    if (this.#store.rejects(fullName)) return new TextReadout(fullName);
    const node = this.#node(name);
    const leaf = leafOf(name);
    node.textReadouts ??= new Map();
    let readout = node.textReadouts.get(leaf);
    if (readout === undefined) {
      readout = new TextReadout(fullName);
      node.textReadouts.set(leaf, readout);
    }
    return readout;
  }

  scope(prefix: string): StatsScope {
    const clean = sanitizeStatsName(prefix);
    const dotted = clean === '' || clean.endsWith('.') ? clean : `${clean}.`;
    const child = new Scope(this.#store, this.prefix + dotted, this);
    this.#children.add(child);
    return child;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const child of this.#children) child.close();
    for (const node of this.#nodes) this.#store.release(node);
    this.#nodes.clear();
    this.#parent?.forget(this);
  }

  forget(child: Scope): void {
    this.#children.delete(child);
  }

  #node(name: string): Node {
    const dot = name.lastIndexOf('.');
    const node = this.#store.node(dot === -1 ? this.prefix : this.prefix + name.slice(0, dot + 1));
    if (!this.#nodes.has(node)) {
      this.#nodes.add(node);
      node.references++;
    }
    return node;
  }
}

function leafOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot === -1 ? name : name.slice(dot + 1);
}
