// Owns the objects that units hold: a name and a slot. The name is kept in two parts, since the prefix is shared by all
// statistics of a scope and the rest by all scopes of a kind (100 clusters × 60 names would be 400 KB of text).
import type { Counter, Gauge, Histogram, HistogramUnit } from './api.ts';
import { LOST_AND_FOUND, type Slot } from './slots.ts';

abstract class SlotMetric {
  readonly prefix: string;
  readonly leaf: string;
  protected page: Float64Array;
  protected index: number;
  /** Gauges and counters that are 0 again were used all the same. */
  protected touched = false;

  constructor(prefix: string, leaf: string, slot: Slot) {
    this.prefix = prefix;
    this.leaf = leaf;
    this.page = slot.page;
    this.index = slot.index;
  }

  get name(): string {
    return this.prefix + this.leaf;
  }

  get value(): number {
    return this.page[this.index] as number;
  }

  get used(): boolean {
    return this.touched || this.page[this.index] !== 0;
  }

  /** Takes the slot away; whoever still holds the object counts into the void. */
  detach(): Slot {
    const slot = { page: this.page, index: this.index };
    this.page = LOST_AND_FOUND.page;
    this.index = LOST_AND_FOUND.index;
    return slot;
  }
}

export class SlotCounter extends SlotMetric implements Counter {
  inc(): void {
    (this.page[this.index] as number)++;
  }

  add(amount: number): void {
    (this.page[this.index] as number) += amount;
  }

  reset(): void {
    if (this.page[this.index] !== 0) this.touched = true;
    this.page[this.index] = 0;
  }
}

export class SlotGauge extends SlotMetric implements Gauge {
  inc(): void {
    (this.page[this.index] as number)++;
    this.touched = true;
  }

  dec(): void {
    (this.page[this.index] as number)--;
  }

  add(amount: number): void {
    (this.page[this.index] as number) += amount;
    this.touched = true;
  }

  sub(amount: number): void {
    (this.page[this.index] as number) -= amount;
  }

  set(value: number): void {
    this.page[this.index] = value;
    this.touched = true;
  }
}

export class TextReadout {
  readonly name: string;
  value = '';

  constructor(name: string) {
    this.name = name;
  }

  get used(): boolean {
    return this.value !== '';
  }
}

/** Stands for every statistic that stats_matcher keeps out: takes all, holds nothing. */
export const nullCounter: Counter = { name: '', value: 0, used: false, inc() {}, add() {} };

export const nullGauge: Gauge = {
  name: '',
  value: 0,
  used: false,
  inc() {},
  dec() {},
  add() {},
  sub() {},
  set() {},
};

export const nullHistograms: Readonly<Record<HistogramUnit, Histogram>> = {
  milliseconds: { name: '', unit: 'milliseconds', record() {} },
  microseconds: { name: '', unit: 'microseconds', record() {} },
  bytes: { name: '', unit: 'bytes', record() {} },
  percent: { name: '', unit: 'percent', record() {} },
  unspecified: { name: '', unit: 'unspecified', record() {} },
};
