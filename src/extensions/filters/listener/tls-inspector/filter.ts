// Owns the filter that reads the ClientHello at the beginning of a connection without answering it: server name, application
// protocols and fingerprints, for the choice of a filter chain and for logs.
import {
  FilterStatus,
  type ListenerFilter,
  type ListenerFilterCallbacks,
  type PeekedBytes,
} from '../../../../listener/api.ts';
import { type ClientHello, isKnownVersion, readClientHello } from '../../../../tls/api.ts';
import { ja3Fingerprint, ja4Fingerprint } from './fingerprints.ts';
import type { TlsInspectorStats } from './stats.ts';

export interface TlsInspectorSettings {
  readonly stats: TlsInspectorStats;
  readonly ja3: boolean;
  readonly ja4: boolean;
  readonly maxHelloBytes: number;
  /** What cannot be read closes the connection; else it goes on as what it may be. */
  readonly closeOnErrors: boolean;
}

export class TlsInspectorFilter implements ListenerFilter {
  readonly maxReadBytes: number;
  readonly #settings: TlsInspectorSettings;
  #callbacks!: ListenerFilterCallbacks;

  constructor(settings: TlsInspectorSettings) {
    this.#settings = settings;
    this.maxReadBytes = settings.maxHelloBytes;
  }

  onAccept(callbacks: ListenerFilterCallbacks): FilterStatus {
    this.#callbacks = callbacks;
    return FilterStatus.StopIteration;
  }

  onData({ bytes }: PeekedBytes): FilterStatus {
    const { stats, maxHelloBytes, closeOnErrors } = this.#settings;
    const hello = readClientHello(bytes.length > maxHelloBytes ? bytes.subarray(0, maxHelloBytes) : bytes);
    if (hello === 'more') {
      if (bytes.length < maxHelloBytes) return FilterStatus.StopIteration;
      stats.clientHelloTooLarge.inc();
      return this.#refuse();
    }
    if (hello !== 'not-tls' && !isKnownVersion(hello)) {
      // As Envoy, which has looked at the name by then.
      (hello.serverName === '' ? stats.sniNotFound : stats.sniFound).inc();
      stats.tlsNotFound.inc();
      return this.#refuse();
    }
    stats.bytesProcessed.record(bytes.length);
    if (hello !== 'not-tls') {
      this.#learn(hello);
      return FilterStatus.Continue;
    }
    stats.tlsNotFound.inc();
    return closeOnErrors ? this.#refuse() : FilterStatus.Continue;
  }

  #learn(hello: ClientHello): void {
    const { stats, ja3, ja4 } = this.#settings;
    const { accepted } = this.#callbacks;
    stats.tlsFound.inc();
    accepted.transportProtocol = 'tls';
    accepted.serverName = hello.serverName;
    (hello.serverName === '' ? stats.sniNotFound : stats.sniFound).inc();
    accepted.applicationProtocols = hello.applicationProtocols;
    (hello.applicationProtocols.length === 0 ? stats.alpnNotFound : stats.alpnFound).inc();
    if (ja3) accepted.ja3 = ja3Fingerprint(hello);
    if (ja4) accepted.ja4 = ja4Fingerprint(hello);
  }

  #refuse(): FilterStatus {
    this.#callbacks.close('');
    return FilterStatus.StopIteration;
  }
}
