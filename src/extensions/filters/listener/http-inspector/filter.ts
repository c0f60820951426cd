// Owns the filter that sees which version of HTTP a connection speaks, for filter chains with application_protocols.
import {
  FilterStatus,
  type ListenerFilter,
  type ListenerFilterCallbacks,
  type PeekedBytes,
} from '../../../../listener/api.ts';
import type { Counter } from '../../../../observability/stats/api.ts';
import { HttpDetector, type HttpVersion } from './detector.ts';

/** A request line that is longer has no end. */
const longestLine = 65_536;

export interface HttpInspectorStats {
  readonly readError: Counter;
  readonly notFound: Counter;
  readonly found: Readonly<Record<HttpVersion, Counter>>;
}

/** What chains ask for. */
const protocols: Readonly<Record<HttpVersion, readonly string[]>> = {
  'http/1.0': ['http/1.0'],
  'http/1.1': ['http/1.1'],
  h2c: ['h2c'],
};

export class HttpInspectorFilter implements ListenerFilter {
  readonly maxReadBytes = longestLine;
  readonly #stats: HttpInspectorStats;
  readonly #detector = new HttpDetector();
  #callbacks!: ListenerFilterCallbacks;

  constructor(stats: HttpInspectorStats) {
    this.#stats = stats;
  }

  onAccept(callbacks: ListenerFilterCallbacks): FilterStatus {
    this.#callbacks = callbacks;
    // What TLS hides cannot be seen, and its ALPN is known already.
    return callbacks.accepted.transportProtocol === 'raw_buffer' ? FilterStatus.StopIteration : FilterStatus.Continue;
  }

  onData({ bytes }: PeekedBytes): FilterStatus {
    const version = this.#detector.detect(bytes);
    if (version === 'more') {
      if (bytes.length < longestLine) return FilterStatus.StopIteration;
      this.#stats.readError.inc();
      this.#callbacks.close('');
      return FilterStatus.StopIteration;
    }
    if (version === 'none') this.#stats.notFound.inc();
    else {
      this.#stats.found[version].inc();
      this.#callbacks.accepted.applicationProtocols = protocols[version];
    }
    return FilterStatus.Continue;
  }
}
